# SPDX-License-Identifier: Apache-2.0
"""Each person's process is loaded while the one before is served, told to begin once, and never used twice."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from kiosk.entrypoints.people import PeopleAhead
from kiosk.records import pipe
from tests.kiosk.records.acted_lobby import ActedPerson

if TYPE_CHECKING:
    from collections.abc import Iterator


class Machine:
    """Starts processes that the test plays; `room` says whether there is any for another."""

    def __init__(self) -> None:
        self.started: list[ActedPerson] = []
        self.room = True
        self.people = PeopleAhead(self.fresh)  # type: ignore[arg-type] # played ones have no interpreter of their own

    def fresh(self) -> ActedPerson:
        if not self.room:
            raise OSError(errno.EAGAIN, "no more processes")
        self.started.append(ActedPerson())
        return self.started[-1]


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine()
    yield machine
    for person in machine.started:
        person.end()
        person.inside.close()


def test_the_first_person_waits_for_a_process_and_the_next_has_one_that_is_loaded(machine: Machine) -> None:
    first = machine.people.start(0)
    machine.people.prepare()
    assert len(machine.started) == 2
    second = machine.people.start(7)
    assert [first, second] == machine.started
    assert machine.started[0].heard() == pipe.Begin(0)
    assert machine.started[1].heard() == pipe.Begin(7)


def test_one_waits_and_no_more(machine: Machine) -> None:
    machine.people.prepare()
    machine.people.prepare()
    assert len(machine.started) == 1


def test_nobody_is_told_to_begin_before_a_person_is_to_be_served(machine: Machine) -> None:
    machine.people.prepare()
    assert machine.started[0].inside.receive(0.05) is None


def test_no_process_serves_twice(machine: Machine) -> None:
    machine.people.prepare()
    assert machine.people.start(0) is not machine.people.start(0)


def test_one_that_died_while_it_waited_is_replaced(machine: Machine) -> None:
    machine.people.prepare()
    machine.started[0].inside.close()
    assert machine.people.start(3) is machine.started[1]
    assert machine.started[1].heard() == pipe.Begin(3)


def test_where_no_process_has_room_to_wait_the_next_person_has_one_all_the_same(machine: Machine) -> None:
    machine.room = False
    machine.people.prepare()
    machine.room = True
    assert machine.people.start(0) is machine.started[0]


def test_a_machine_without_room_for_anybody_says_so(machine: Machine) -> None:
    machine.room = False
    with pytest.raises(OSError, match="no more processes"):
        machine.people.start(0)


def test_dismissing_ends_the_one_that_waits(machine: Machine) -> None:
    machine.people.prepare()
    machine.people.dismiss()
    with pytest.raises(pipe.PipeClosedError):
        machine.started[0].inside.receive(1)
    machine.people.dismiss()
