# SPDX-License-Identifier: Apache-2.0
"""Runs one of the product's processes altered: in a hurry to erase, or without one of the protocol's rules.

`python -m tests.torture.altered PROCESS [--hasty] [--without RULE] ...`. A hasty kiosk keeps what a backup holds for
seconds instead of thirty days, and looks every other second instead of every hour; it does so by the product's code.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from fleet.entrypoints import cli as fleet_cli
from kiosk.entrypoints import cli as kiosk_cli
from kiosk.entrypoints import courier as kiosk_courier
from tests.torture import screen
from tests.torture.rules_off import KIOSK_COURIER, RULES, switch_off
from wire.chain import marks

if TYPE_CHECKING:
    from collections.abc import Callable

_RETENTION_MS = 4_000
_HOUSEKEEPING_S = 2.0
KEPT_S = _RETENTION_MS / 1000 + 2 * _HOUSEKEEPING_S  # after so long a hasty kiosk has erased what it may


def main() -> None:
    """Run the process."""
    processes: dict[str, tuple[tuple[str, ...], Callable[[], None]]] = {
        KIOSK_COURIER: (("courier",), kiosk_cli.main),
        "fleet-courier": (("courier",), fleet_cli.main),
        "screen": ((), screen.main),
    }
    arguments = ArgumentParser(description=__doc__)
    arguments.add_argument("process", choices=processes)
    arguments.add_argument("--hasty", action="store_true")
    arguments.add_argument("--without", choices=RULES)
    given, rest = arguments.parse_known_args()
    words, run = processes[given.process]
    sys.argv[1:] = [*words, *rest]
    with ExitStack() as stack:
        if given.hasty:
            stack.enter_context(patch.object(marks, "RETENTION_MS", _RETENTION_MS))
            stack.enter_context(patch.object(kiosk_courier, "_HOUSEKEEPING_S", _HOUSEKEEPING_S))
        if given.without is not None:
            switch_off(given.without, given.process, Path(rest[rest.index("--config") + 1]), stack)
        run()


if __name__ == "__main__":
    main()
