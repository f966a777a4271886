# SPDX-License-Identifier: Apache-2.0
"""A slip printer behind a character device of its own: it decodes ESC/POS back into the dots that it would burn.

The device is a pseudo terminal, opened and written as /dev/usb/lp0 is. It can be out of paper, hang, go away in the
middle, or never answer. Source: Epson, ESC/POS command reference.
"""

from __future__ import annotations

import os
import pty
import select
import threading
import time
import tty
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAPER, _NO_PAPER = b"\x12", b"\x72"  # answers to DLE EOT 4


class NotEscPosError(AssertionError):
    """Bytes that this printer would burn as rubbish."""


@dataclass
class Printer:
    """A printer; what it does wrong is set before something is printed.

    Args:
        device: the path that is printed to.
        has_paper: whether there is any; `paper_ends_after` bytes there is none any more.
        answers: whether it says how it is: many never do.
        hangs_after: it reads no more after so many bytes.
        goes_after: it is gone after so many bytes.
    """

    device: str
    has_paper: bool = True
    answers: bool = True
    paper_ends_after: int | None = None
    hangs_after: int | None = None
    goes_after: int | None = None
    received: bytearray = field(default_factory=bytearray)
    gone: threading.Event = field(default_factory=threading.Event)

    def slip(self) -> Image.Image:
        """What is on the paper that was cut off: `1`, 0 where a dot is burned, without what was fed at its end."""
        (slip,) = self.slips()
        return slip

    def slips(self) -> list[Image.Image]:
        """Each piece of paper that was cut off."""
        return list(_burned(bytes(self.received)))

    def wait(self, true: Callable[[], object], seconds: float = 10.0) -> bool:
        """Wait for the other side."""
        end = time.monotonic() + seconds
        while not true():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True


@contextmanager
def printer(**faults: object) -> Iterator[Printer]:
    """A printer that is on until the end of the block."""
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    machine = Printer(os.ttyname(theirs), **faults)  # type: ignore[arg-type] # the fields above
    wake, stop = os.pipe()
    serving = threading.Thread(target=_serve, args=(machine, ours, theirs, wake), name="printer", daemon=True)
    serving.start()
    try:
        yield machine
    finally:
        os.close(stop)
        serving.join(5)
        os.close(wake)


def _serve(machine: Printer, ours: int, theirs: int, wake: int) -> None:
    try:
        while True:
            hangs = machine.hangs_after is not None and len(machine.received) >= machine.hangs_after
            ready, _, _ = select.select([wake] if hangs else [wake, ours], [], [])
            if wake in ready:
                return
            with suppress(OSError):
                machine.received += _heard(machine, ours)
            if machine.goes_after is not None and len(machine.received) >= machine.goes_after:
                return
    finally:
        os.close(theirs)
        os.close(ours)
        machine.gone.set()


def _heard(machine: Printer, ours: int) -> bytes:
    heard = os.read(ours, 1024)
    if machine.answers:  # at once, whatever is being printed
        for _ in range(heard.count(b"\x10\x04\x04")):
            ended = machine.paper_ends_after is not None and len(machine.received) > machine.paper_ends_after
            os.write(ours, _PAPER if machine.has_paper and not ended else _NO_PAPER)
    return heard


def _burned(told: bytes) -> Iterator[Image.Image]:
    bands: list[Image.Image] = []
    at = 0
    while at < len(told):
        match told[at : at + 2]:
            case b"\x1b@":  # ESC @: begin anew
                at += 2
            case b"\x10\x04":  # DLE EOT n: answered where it is heard
                at += 3
            case b"\x1bd":  # ESC d n: feed
                at += 3
            case b"\x1dv":  # GS v 0 m xL xH yL yH
                across = int.from_bytes(told[at + 4 : at + 6], "little")
                rows = int.from_bytes(told[at + 6 : at + 8], "little")
                dots = told[at + 8 : at + 8 + across * rows]
                if told[at + 2 : at + 4] != b"0\x00" or len(dots) != across * rows:
                    message = "not a whole raster of single dots"
                    raise NotEscPosError(message)
                black_is_one = Image.frombytes("1", (across * 8, rows), dots)
                bands.append(black_is_one.point([255] + [0] * 255, "1"))
                at += 8 + across * rows
            case b"\x1dV":  # GS V m: cut
                at += 3
                yield _joined(bands)
                bands = []
            case other:
                message = f"{other.hex()} is no command that it knows, at byte {at}"
                raise NotEscPosError(message)
    if bands:
        message = "the paper was never cut"
        raise NotEscPosError(message)


def _joined(bands: list[Image.Image]) -> Image.Image:
    width = max(band.width for band in bands)
    paper = Image.new("1", (width, sum(band.height for band in bands)), 1)
    top = 0
    for band in bands:
        paper.paste(band, (0, top))
        top += band.height
    return paper
