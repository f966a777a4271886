# SPDX-License-Identifier: Apache-2.0
"""A conductor at work in a thread of its own, and the world that a test plays to it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.conductor import Conductor
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Farewell, Intent, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.evidence import Enrollment, FaceFindings
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.ports import CardReader, CardWatcher, FaceObserver, ReadObserver, StaffTask
    from wire.opinions import Opinion


class Reader:
    """A card reader whose card does what the test says. It may be touched by one thread only, as a real one."""

    def __init__(self, card: Callable[[], Identity]) -> None:
        self._card = card
        self._left: list[str] = []
        self.reads = 0
        self.threads: set[int] = set()

    def read(self, observer: ReadObserver) -> Identity:
        self.threads.add(threading.get_ident())
        self.reads += 1
        observer.named("นายทดสอบ ส•••", "Mr. Test M•••")
        observer.progressed(0.5)
        self._left.append("half a card")
        return self._card()

    def forget(self) -> None:
        self.threads.add(threading.get_ident())
        self._left.clear()

    @property
    def is_wiped(self) -> bool:
        return not self._left


class World:
    """The other ports of a session, played by the test, and the reader. `read` is what the card does."""

    def __init__(self, read: Callable[[], Identity]) -> None:
        self.reader = Reader(read)
        self._stopped = threading.Event()
        self.changed: Callable[[Presence], None] = lambda _: None
        self.watching = threading.Event()
        self.states: list[State] = []
        self.forgot = False
        self.help: list[bool] = []
        self.opinions: list[Opinion] = []
        self.complaints: list[on.FileComplaint] = []
        self.slips: list[on.PrintSlip] = []
        self.meters: list[Meters] = []

    def watch(self, changed: Callable[[Presence], None]) -> None:
        self.changed = changed
        changed(Presence.ABSENT)
        self.watching.set()
        self._stopped.wait(20)

    def stop(self) -> None:
        self._stopped.set()

    def check_ready(self) -> None:
        pass

    def examine(self, portrait_jpeg: bytes, observer: FaceObserver, stop: threading.Event) -> FaceFindings:
        raise NotImplementedError

    def ask_status(self, identity: Identity) -> None:
        pass

    def ask_new_code(self, proven: Enrollment) -> None:
        pass

    def ask_staff(self, identity: Identity, task: StaffTask) -> None:
        pass

    def file(self, enrollment: Enrollment, kept_hours: int | None = None) -> None:
        pass

    def forget(self) -> None:
        self.forgot = True

    def show(self, state: State) -> None:
        self.states.append(state)

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        pass

    def measure(self, meters: Meters) -> None:
        self.meters.append(meters)

    def card_seen(self, presence: Presence) -> None:
        pass

    def help_asked(self, asked: on.AskForHelp) -> None:
        self.help.append(asked.wanted)

    def slip_asked(self, slip: on.PrintSlip) -> None:
        self.slips.append(slip)

    def opined(self, opinion: Opinion) -> None:
        self.opinions.append(opinion)

    def complained(self, complaint: on.FileComplaint) -> None:
        self.complaints.append(complaint)


class Running:
    """A session under way; `reader` and `watcher` may be real ones."""

    def __init__(self, world: World, reader: CardReader | None = None, watcher: CardWatcher | None = None) -> None:
        self.world = world
        self.ended: list[Farewell] = []
        self.raised: list[Exception] = []
        self.conductor = Conductor(
            reader=reader or world.reader,
            watcher=watcher or world,
            examiner=world,
            keeper=world,
            stage=world,
            clock=lambda: on.Now(time.monotonic(), datetime(2026, 11, 24, tzinfo=UTC)),
            policy=SessionPolicy(farewell_s=0.0),
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        if watcher is None:
            assert world.watching.wait(10)

    def _run(self) -> None:
        try:
            self.ended.append(self.conductor.run())
        except ZeroDivisionError as error:
            self.raised.append(error)

    def to_insert_card(self) -> None:
        for intent in (Intent.START, Intent.ENROLL, Intent.TICK, Intent.AGREE):
            self.conductor.tell(on.PersonSaid(intent))
        wait_for(lambda: at.InsertCard() in self.world.states)

    def to_reading(self) -> None:
        self.to_insert_card()
        self.world.changed(Presence.PRESENT)
        wait_for(lambda: at.Reading() in self.world.states)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        time.sleep(0.01)
