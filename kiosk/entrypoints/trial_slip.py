# SPDX-License-Identifier: Apache-2.0
"""Prints a slip that is good for nothing: a technician sees paper, letters and cut before anybody needs them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from kiosk import config, device
from kiosk.entrypoints.slips import TECHNICIAN, Job, print_now
from kiosk.screens.slip import lines
from kiosk.screens.wording import load_wordings

if TYPE_CHECKING:
    from pathlib import Path

PRINTED, NO_PRINTER = "printed", "printer_not_set"
_CODE = "000000"


def printed(settings_file: Path, language: str) -> str:
    """Print it: `printed`, `printer_not_set`, or a code of `Trouble`, whose sentence goes to standard error."""
    settings = config.read(settings_file)
    if not settings.printer.device:
        sys.stderr.write("No printer is set. Set printer.device in kiosk.toml, as docs/hardware.md says.\n")
        return NO_PRINTER
    slip = lines(
        load_wordings()[language],
        code=_CODE,
        valid_until_ms=device.wall_ms(),
        test=True,
        link="",
        kiosk=settings.kiosk,
    )
    trouble = print_now(Job(settings.printer.device, settings.printer.width_dots, slip))
    if trouble is None:
        return PRINTED
    sys.stderr.write(f"{TECHNICIAN[trouble]}\n")
    return str(trouble)
