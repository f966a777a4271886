# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.measures import Meters
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.running import Running, World, wait_for
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.enrollment.identity import Identity


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


def test_where_the_person_stands_is_shown_and_changes_no_state() -> None:
    running = Running(World(identity))
    running.to_insert_card()
    shown = list(running.world.states)
    running.conductor.measured(Meters(2, 7))
    assert (running.world.meters, running.world.states) == ([Meters(2, 7)], shown)
    running.conductor.tell(on.PersonSaid(Intent.CANCEL))
    running.thread.join(10)
