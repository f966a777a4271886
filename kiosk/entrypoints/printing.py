# SPDX-License-Identifier: Apache-2.0
"""The process that prints one slip and ends, which is the wipe: it is told all by standard input and keeps nothing.

1. Draw the words.
2. Ask the printer for its paper, where it answers.
3. Send the dots and the cut, and never wait past a limit.
4. Ask for the paper once more: it may have ended on the way.

It says nothing when the slip came out, else one code of `Trouble`. It never writes into a file.
Source: Epson, ESC/POS command reference: ESC @, DLE EOT 4, GS v 0, ESC d, GS V.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import sys
import time
import tty
from typing import TYPE_CHECKING

import msgspec
from escpos.constants import ESC, GS, HW_INIT, PAPER_PART_CUT, RT_MASK_NOPAPER, RT_MASK_PAPER, RT_STATUS_PAPER
from escpos.image import EscposImage

from kiosk import device
from kiosk.entrypoints.fonts import font_with
from kiosk.entrypoints.slip_picture import drawn, letters
from kiosk.entrypoints.slips import Job, Trouble

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

    from kiosk.screens.slip import Line

_SEND_S = 5.0  # what the printer is given for all of it
_ANSWER_S = 0.5  # what it is given to say whether it has paper; many never say
_BAND_DOTS = 256  # rows sent in one command: small printers have no room for a whole slip
_STATUS_FIXED = 0x93  # DLE EOT: the bits that are the same in every answer
_FEED_LINES = 4  # from the last row to where paper is cut or torn
_FONT = "Loma"


class PrintError(Exception):
    """No slip comes out of this printer now."""

    def __init__(self, trouble: Trouble) -> None:
        """Keep the code."""
        super().__init__(trouble)
        self.trouble = trouble


def main() -> None:
    """Print what standard input holds."""
    device.keep_memory_private()
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    try:
        send(job.device, commands(drawn(job.lines, job.width_dots, _font(job.lines))))
    except PrintError as error:
        sys.stdout.write(error.trouble)


def _font(lines: tuple[Line, ...]) -> Path:
    font = font_with(letters(lines), rather=_FONT)
    if font is None:
        raise PrintError(Trouble.NO_FONT)
    return font


def commands(picture: Image.Image) -> bytes:
    """Return what a printer is told to print this picture and cut the paper; one that cannot cut leaves it out."""
    told = bytearray(HW_INIT)
    for top in range(0, picture.height, _BAND_DOTS):
        band = EscposImage(picture.crop((0, top, picture.width, min(top + _BAND_DOTS, picture.height))))
        size = band.width_bytes.to_bytes(2, "little") + band.height.to_bytes(2, "little")
        told += GS + b"v0\x00" + size + band.to_raster_format()
    return bytes(told + ESC + b"d" + bytes([_FEED_LINES]) + PAPER_PART_CUT)


def send(path: str, told: bytes, *, within_s: float = _SEND_S) -> None:
    """Hand all of it to the printer.

    Raises:
        PrintError: when it is not there, has no paper, or takes no more in time.
    """
    until_s = time.monotonic() + within_s
    try:
        printer = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        raise PrintError(Trouble.ABSENT) from error
    try:
        if not stat.S_ISCHR(os.fstat(printer).st_mode):  # a file would keep the code
            raise PrintError(Trouble.ABSENT)
        if os.isatty(printer):
            tty.setraw(printer)
        answers = _check_paper(printer, until_s)
        _write(printer, told, until_s)
        if answers:
            _check_paper(printer, until_s)
    except OSError as error:
        raise PrintError(Trouble.NO_PAPER if error.errno == errno.ENOSPC else Trouble.ABSENT) from error
    finally:
        os.close(printer)


def _check_paper(printer: int, until_s: float) -> bool:
    """Ask whether there is paper; False when the printer does not say, which many never do."""
    _write(printer, RT_STATUS_PAPER, until_s)
    if not select.select([printer], [], [], _ANSWER_S)[0]:
        return False
    try:
        answer = os.read(printer, 64)
    except OSError:
        return False  # a printer that can only be written to
    if not answer or answer[-1] & _STATUS_FIXED != RT_MASK_PAPER:
        return False
    if answer[-1] & RT_MASK_NOPAPER == RT_MASK_NOPAPER:
        raise PrintError(Trouble.NO_PAPER)
    return True


def _write(printer: int, told: bytes, until_s: float) -> None:
    """Write all of it, and wait until the driver has passed it on: what it still holds is lost when it is closed."""
    left = memoryview(told)
    while left:
        _wait_until_writable(printer, until_s)
        try:
            left = left[os.write(printer, left) :]
        except BlockingIOError:
            continue
    _wait_until_writable(printer, until_s)


def _wait_until_writable(printer: int, until_s: float) -> None:
    if not select.select([], [printer], [], max(0.0, until_s - time.monotonic()))[1]:
        raise PrintError(Trouble.SILENT)


if __name__ == "__main__":
    main()
