# SPDX-License-Identifier: Apache-2.0
"""What the courier makes of a card that was copied while its kiosk ran, or restored over events that never left it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fleet.store.tables import alarm, event, quarantine
from tests.simulators.kiosk_wire import cloned
from wire.events import Counted
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet

ATTACHMENT = b"sealed"


def kinds(fleet: Fleet) -> list[str]:
    return [row.kind for row in fleet.rows(alarm)]


def test_a_kiosk_that_goes_on_after_its_copy_has_taken_up_its_stream_is_a_fork(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    copy = cloned(kiosk)
    fleet.deliver(copy, copy.enrol()[1])
    assert kinds(fleet) == []
    forked = kiosk.enrol()[1]
    fleet.deliver(kiosk, forked)
    assert kinds(fleet) == ["fork"]
    assert (fleet.count(event), fleet.rows(quarantine)[0].message) == (2, forked)


def test_both_in_one_batch_are_told_apart_as_well(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    copy = cloned(kiosk)
    fleet.deliver(kiosk, copy.enrol()[1], kiosk.enrol()[1])
    assert (kinds(fleet), fleet.count(event)) == (["fork"], 2)


def test_once_a_card_that_forgot_was_believed_one_that_remembers_is_a_fork(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    copy = cloned(kiosk)
    fleet.deliver(kiosk, kiosk.enrol()[1])
    fleet.deliver(copy, copy.enrol()[1])
    assert kinds(fleet) == ["rollback"]
    fleet.deliver(kiosk, kiosk.enrol()[1])
    kiosk.restart()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    assert kinds(fleet) == ["rollback", "fork", "fork"]
    assert fleet.count(event) == 3


def test_events_that_a_device_counted_and_its_card_forgot_are_an_alarm(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    body = msgspec.structs.replace(kiosk.body(ATTACHMENT), counter=Counted(value=3, lost=2))
    message = kiosk.sign(body, ATTACHMENT)
    fleet.deliver(kiosk, message)
    fleet.deliver(kiosk, message)
    assert [(row.kind, row.stream, row.seq) for row in fleet.rows(alarm)] == [("lost", kiosk.stream, 1)]
    assert fleet.count(event) == 1


def test_the_answer_to_a_hello_names_every_stream_that_it_names(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    streams: list[str] = []
    for _ in range(80):
        fleet.deliver(kiosk, kiosk.enrol()[1])
        streams.append(kiosk.stream)
        kiosk.restart()
    unheard = "f" * 24
    (answer,) = fleet.deliver(kiosk, kiosk.hello(pruned=dict.fromkeys([*streams, unheard], 0)), kind=Up.HELLO)
    held = {name: mark.acked for name, mark in answer.marks.items()}
    assert held == dict.fromkeys(streams, 1) | {unheard: 0}
    assert kinds(fleet) == []
