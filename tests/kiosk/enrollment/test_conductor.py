# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.conductor import Conductor
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Farewell, Intent, State
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiosk.enrollment.evidence import Enrollment, FaceFindings
    from kiosk.enrollment.identity import Identity
    from kiosk.enrollment.ports import FaceObserver, ReadObserver


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

    def file(self, enrollment: Enrollment) -> None:
        pass

    def forget(self) -> None:
        self.forgot = True

    def show(self, state: State) -> None:
        self.states.append(state)

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        pass

    def card_seen(self, presence: Presence) -> None:
        pass


class Running:
    """A conductor at work in a thread of its own."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ended: list[Farewell] = []
        self.raised: list[Exception] = []
        self.conductor = Conductor(
            reader=world.reader,
            watcher=world,
            examiner=world,
            keeper=world,
            stage=world,
            clock=lambda: on.Now(time.monotonic(), datetime(2026, 11, 24, tzinfo=UTC)),
            policy=SessionPolicy(farewell_s=0.0),
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert world.watching.wait(10)

    def _run(self) -> None:
        try:
            self.ended.append(self.conductor.run())
        except ZeroDivisionError as error:
            self.raised.append(error)

    def to_reading(self) -> None:
        for intent in (Intent.START, Intent.TICK, Intent.AGREE):
            self.conductor.tell(on.PersonSaid(intent))
        self.world.changed(Presence.PRESENT)
        wait_for(lambda: at.Reading() in self.world.states)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "the condition never came"
        time.sleep(0.01)


@pytest.fixture
def release() -> Iterator[threading.Event]:
    """Let a device that hangs go when the test is over."""
    event = threading.Event()
    yield event
    event.set()


def test_a_card_is_read_and_shown_and_its_removal_ends_the_session() -> None:
    running = Running(World(identity))
    running.to_reading()
    wait_for(lambda: isinstance(running.conductor.state, at.ConfirmIdentity))
    running.world.changed(Presence.ABSENT)
    running.thread.join(10)
    assert running.ended == [Farewell.CARD_REMOVED]
    assert at.Reading(0.5, "นายทดสอบ ส•••", "Mr. Test M•••") in running.world.states
    assert running.world.forgot


def test_what_was_read_is_wiped_when_the_session_ends_by_the_thread_that_read_it() -> None:
    running = Running(World(identity))
    running.to_reading()
    wait_for(lambda: isinstance(running.conductor.state, at.ConfirmIdentity))
    assert not running.world.reader.is_wiped
    running.world.changed(Presence.ABSENT)
    running.thread.join(10)
    assert running.world.reader.is_wiped
    assert len(running.world.reader.threads) == 1


def test_leaving_wipes_what_was_read_while_the_card_is_still_waited_for() -> None:
    running = Running(World(identity))
    running.to_reading()
    wait_for(lambda: isinstance(running.conductor.state, at.ConfirmIdentity))
    running.conductor.tell(on.PersonSaid(Intent.NO))
    wait_for(lambda: running.world.reader.is_wiped)
    assert running.conductor.state == at.TakeCard(Farewell.CANCELLED)
    running.world.changed(Presence.ABSENT)
    running.thread.join(10)
    assert running.ended == [Farewell.CANCELLED]


def test_what_the_reader_could_not_do_is_told_to_the_person() -> None:
    def unreadable() -> Identity:
        raise CardReadError(Failure.CARD_UNREADABLE, "Clean the contacts.")

    running = Running(World(unreadable))
    running.to_reading()
    wait_for(lambda: running.conductor.state == at.Problem(Failure.CARD_UNREADABLE, retry=True))
    running.conductor.tell(on.PersonSaid(Intent.DONE))
    running.world.changed(Presence.ABSENT)
    running.thread.join(10)
    assert not running.thread.is_alive()


def test_a_device_that_hangs_does_not_hold_the_end_of_a_session(release: threading.Event) -> None:
    def hangs() -> Identity:
        release.wait(30)
        return identity()

    running = Running(World(hangs))
    running.to_reading()
    running.conductor.tell(on.PersonSaid(Intent.CANCEL))
    running.world.changed(Presence.ABSENT)
    running.thread.join(10)
    assert running.ended == [Farewell.CANCELLED]


def test_a_defect_in_device_work_ends_the_session_instead_of_leaving_it_waiting() -> None:
    running = Running(World(lambda: 1 // 0))  # type: ignore[arg-type,return-value] # a defect
    running.to_reading()
    running.thread.join(10)
    assert len(running.raised) == 1
    assert running.world.forgot
