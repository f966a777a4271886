# SPDX-License-Identifier: Apache-2.0
"""The kiosk's command with a defect: `python -m tests.simulators.failing_screen ui ...` fails where F9 is pressed.

The defect is in every screen, and where one shows the person's name its error holds that name, as a real one could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.entrypoints.cli import main
from kiosk.screens.moment import Moment

if TYPE_CHECKING:
    from kiosk.enrollment.states import State


def _fail(screen: Moment[State]) -> None:
    name = getattr(screen.state, "name_th", "nobody")
    raise RuntimeError(name)


Moment.key_f9 = _fail  # type: ignore[attr-defined] # Textual finds it by its name

if __name__ == "__main__":
    main()
