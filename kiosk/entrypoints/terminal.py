# SPDX-License-Identifier: Apache-2.0
"""Asks the terminal, before the first screen, whether it draws sixels and how large its cells are.

Two of xterm's control sequences ask for both: CSI 16 t for a cell's size, and CSI c for the Primary Device Attributes,
where 4 stands for sixel. Every terminal answers the second, so its answer ends the wait.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from kiosk.screens.sixel import Cell, Graphics, Sixel, SixelError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger()

_QUESTIONS = b"\x1b[16t\x1b[c"
_CELL = re.compile(rb"\x1b\[6;([0-9]{1,4});([0-9]{1,4})t")  # height; width
_ATTRIBUTES = re.compile(rb"\x1b\[\?([0-9;]{1,64})c")
_SIXEL = b"4"
_PATIENCE_S = 2.0  # foot answers in milliseconds once it is up; a Pi that has just started is slower
_ANSWER_BYTES = 4096


def graphics(reads: int = 0, writes: int = 2) -> Graphics | None:
    """What the terminal at these descriptors can draw; None where half blocks must do, and the log says why."""
    if not (os.isatty(reads) and os.isatty(writes)):
        return None
    answer = _ask(reads, writes)
    attributes, cell = _ATTRIBUTES.search(answer), _CELL.search(answer)
    if attributes is None or cell is None or _SIXEL not in attributes[1].split(b";"):
        return None
    height_px, width_px = int(cell[1]), int(cell[2])
    if not (height_px and width_px):
        return None
    try:
        return Graphics(Cell(width_px, height_px), Sixel())
    except SixelError as error:
        log.warning("sixel_unavailable", technician=str(error))
        return None


def _ask(reads: int, writes: int) -> bytes:
    """Put both questions and return what comes until the second is answered, or until it is too late."""
    answer = b""
    until_s = time.monotonic() + _PATIENCE_S
    with _unbuffered(reads):
        os.write(writes, _QUESTIONS)
        while _ATTRIBUTES.search(answer) is None and len(answer) < _ANSWER_BYTES:
            left_s = until_s - time.monotonic()
            if left_s <= 0 or not select.select([reads], [], [], left_s)[0]:
                break
            data = os.read(reads, _ANSWER_BYTES)
            if not data:
                break
            answer += data
    return answer


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    """Let what the terminal says be read at once, and not be written back to it."""
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSANOW, before)
