# SPDX-License-Identifier: Apache-2.0
"""Has a slip printed by a process of its own, so that a printer that hangs holds up nobody and keeps nothing.

The words go in by standard input: no code stands in a process list, a file or the log. When nothing comes out the
technician is told why, by a code and a sentence.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
import structlog

from kiosk.screens.slip import Line

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.happenings import PrintSlip

log = structlog.get_logger()

WITHIN_S = 8.0  # from the touch to the last byte; a slip takes one or two
_PROGRAM = (sys.executable, "-m", "kiosk.entrypoints.printing")


class Trouble(StrEnum):
    """Why no slip came out."""

    ABSENT = "printer_absent"
    NO_PAPER = "printer_no_paper"
    SILENT = "printer_silent"
    NO_FONT = "printer_no_font"
    DEFECT = "printer_defect"


TECHNICIAN = {
    Trouble.ABSENT: "The printer cannot be opened or went away. Check its cable, its power, and printer.device.",
    Trouble.NO_PAPER: "The printer says that it has no paper. Put in a roll and close the lid.",
    Trouble.SILENT: "The printer takes no more data. Open and close its lid, check the paper, turn it off and on.",
    Trouble.NO_FONT: "No font has the letters of the slip. Install one: apt-get install fonts-tlwg-loma-ttf.",
    Trouble.DEFECT: "The program that prints stopped. Install the release again; if it happens again, send the log.",
}


class Job(msgspec.Struct, frozen=True):
    """What the printing process is told."""

    device: str
    width_dots: int
    lines: tuple[Line, ...]


class NoPrinter:
    """A kiosk without a printer: nothing is offered, and whoever asks gets no slip."""

    def print(self, slip: PrintSlip, ended: Callable[[bool], None]) -> None:  # noqa: ARG002 - the port's signature
        """Say at once that there is none."""
        ended(False)  # noqa: FBT003 - the port's signature

    def give_up(self) -> None:
        """See `SlipPrinter`."""


@dataclass(slots=True)
class ProcessPrinter:
    """One slip at a time.

    Args:
        device: the printer's character device.
        width_dots: how many dots it prints across the paper.
        written: the words of a slip, in the language of the moment.
        within_s: the printing process is killed after so long.
        program: what prints.
    """

    device: str
    width_dots: int
    written: Callable[[PrintSlip], tuple[Line, ...]]
    within_s: float = WITHIN_S
    program: tuple[str, ...] = _PROGRAM
    _printing: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def print(self, slip: PrintSlip, ended: Callable[[bool], None]) -> None:
        """See `SlipPrinter`."""
        self.give_up()
        job = msgspec.json.encode(Job(self.device, self.width_dots, self.written(slip)))
        try:
            printing = subprocess.Popen(  # noqa: S603 - our own module with our own interpreter
                self.program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError:
            _tell(Trouble.DEFECT)
            ended(False)  # noqa: FBT003 - the port's signature
            return
        self._printing = printing
        threading.Thread(target=self._see_through, args=(printing, job, ended), name="slip", daemon=True).start()

    def give_up(self) -> None:
        """See `SlipPrinter`."""
        printing, self._printing = self._printing, None
        if printing is not None:
            printing.kill()  # its thread collects it

    def _see_through(self, printing: subprocess.Popen[bytes], job: bytes, ended: Callable[[bool], None]) -> None:
        try:
            said, _ = printing.communicate(job, timeout=self.within_s)
        except subprocess.TimeoutExpired:
            printing.kill()
            trouble: Trouble | None = Trouble.SILENT
        else:
            trouble = _trouble(said, printing.returncode)
        given_up = self._printing is not printing
        if trouble is not None and not given_up:
            _tell(trouble)
        ended(trouble is None)
        if trouble is Trouble.SILENT:  # killed, perhaps: one that is stuck in the kernel dies when that lets go of it
            printing.communicate()


def print_now(job: Job, program: tuple[str, ...] = _PROGRAM) -> Trouble | None:
    """Print one slip and wait for it; why none came out, or None."""
    try:
        ran = subprocess.run(  # noqa: S603 - our own module with our own interpreter
            program, input=msgspec.json.encode(job), capture_output=True, check=False, timeout=WITHIN_S
        )
    except subprocess.TimeoutExpired:
        return Trouble.SILENT
    except OSError:
        return Trouble.DEFECT
    return _trouble(ran.stdout, ran.returncode)


def _trouble(said: bytes, exit_code: int) -> Trouble | None:
    if exit_code == 0 and not said:
        return None
    try:
        return Trouble(said.decode("ascii"))
    except ValueError:
        return Trouble.DEFECT


def _tell(trouble: Trouble) -> None:
    log.error("slip_not_printed", code=trouble, technician=TECHNICIAN[trouble])
