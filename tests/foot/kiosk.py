# SPDX-License-Identifier: Apache-2.0
"""Runs inside foot: the kiosk's own app and its own transitions, with nobody's card and a face that passes; or, told
`look`, the camera's screen alone, and when /run/next is there the screen after it.

Everything that a touch changes is the product's. Only the card, the camera and the central system are played, by what
they would tell the session. Each state shown and each intent heard is a line of the journal; what the app writes to the
terminal is kept as it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import pty
import sys
import termios
import time
import tty
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.measures import Meters
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.entrypoints.terminal import graphics
from kiosk.screens.app import KioskApp, Looks
from kiosk.screens.picture import Frame
from kiosk.screens.wording import load_wordings
from tests.kiosk.enrollment.walk import Walk, findings
from tests.kiosk.screens.pictures import FRAME_HEIGHT, FRAME_WIDTH, stand_in_frame
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.states import Intent

OUT = Path("/out")
JOURNAL, WRITTEN = OUT / "journal.jsonl", OUT / "written.bin"
NEXT = Path("/run/next")
PACE_S = 3.0  # how long a state stays that asks for no touch
VALID_UNTIL_MS = 1_796_032_800_000
_CHUNK_BYTES = 65536
_EVERY_S = 0.1  # a frame
_FINER = 4
FRAME = Frame(FRAME_WIDTH * _FINER, FRAME_HEIGHT * _FINER, stand_in_frame(_FINER))


class Session:
    """The session's own transitions behind the app, and a world that answers after a while."""

    def __init__(self) -> None:
        self._walk = Walk()
        self.app = app(self._hear)

    def begin(self) -> None:
        """Show the welcome and let the world go on."""
        self.app.set_interval(PACE_S, self._go_on)
        self.app.set_interval(_EVERY_S, lambda: self.app.preview(FRAME.width, FRAME.height, FRAME.rgb))
        self.app.set_interval(0.4, lambda: self.app.measure(Meters(4, 5)))
        self._show()

    def _hear(self, intent: Intent) -> None:
        note(heard=intent)
        self._walk.say(intent)
        self._show()

    def _go_on(self) -> None:
        before = self._walk.state, self._walk.session.ended
        match self._walk.state:
            case at.InsertCard():
                self._walk.tell(on.CardChanged(Presence.PRESENT))
            case at.Reading():
                self._walk.tell(on.IdentityRead(identity()))
            case at.Looking():
                self._walk.tell(on.FaceJudged(findings()))
            case at.Checking() if self._walk.session.filing:
                self._walk.tell(on.Filed("ABCD-1234"), on.PinIssued("482913", VALID_UNTIL_MS, sandbox=True))
            case at.Checking():
                self._walk.tell(on.StatusKnown(Enrolled.NOT_YET))
            case at.TakeCard():
                self._walk.tell(on.CardChanged(Presence.ABSENT))
        if (self._walk.state, self._walk.session.ended) != before:
            self._show()

    def _show(self) -> None:
        state = self._walk.state
        self.app.show(state)
        note(shown=type(state).__name__, ended=self._walk.session.ended)


def app(send: Callable[[Intent], None]) -> KioskApp:
    """Make the kiosk's app for the terminal that this runs in."""
    return KioskApp(send=send, wordings=load_wordings(), looks=Looks(graphics=graphics()))


def note(**what: object) -> None:
    """Write one line of the journal."""
    with JOURNAL.open("a", encoding="utf-8") as journal:
        journal.write(json.dumps({"at": time.monotonic(), **what}) + "\n")


def serve() -> None:
    """Run the app until the terminal goes."""
    session = Session()
    session.app.call_later(session.begin)
    session.app.run()


def look() -> None:
    """Show the camera's screen, and the one after it when told."""
    kiosk = app(lambda _: None)

    def go_on() -> None:
        kiosk.preview(FRAME.width, FRAME.height, FRAME.rgb)
        kiosk.show(at.Checking() if NEXT.exists() else at.Looking())

    kiosk.call_later(kiosk.set_interval, _EVERY_S, go_on)
    kiosk.run()


def record() -> None:
    """Run this module once more in a terminal of its own, and keep what it writes on its way to foot."""
    size = fcntl.ioctl(0, termios.TIOCGWINSZ, bytes(8))
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        os.execv(sys.executable, [sys.executable, "-m", "tests.foot.kiosk", "serve"])  # noqa: S606 - ourselves

    tty.setraw(0)  # foot's touches pass as they are

    def read(descriptor: int) -> bytes:
        data = os.read(descriptor, _CHUNK_BYTES)
        if descriptor == terminal:
            written.write(data)
        return data

    with WRITTEN.open("ab", buffering=0) as written:
        pty._copy(terminal, master_read=read)  # type: ignore[attr-defined] # noqa: SLF001 - what pty.spawn does after its fork


if __name__ == "__main__":
    {"serve": serve, "look": look, "record": record}[sys.argv[1]]()
