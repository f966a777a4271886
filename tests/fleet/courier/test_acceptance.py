# SPDX-License-Identifier: Apache-2.0
"""What the courier makes of a kiosk's events: order, repetition, and the cards that were restored or copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from fleet.courier.reception import Incoming
from fleet.store.tables import alarm, enrollment, event, event_content, quarantine, refusal, stream, workload_day
from tests.simulators.kiosk_wire import cloned, identity_record
from wire.events import Profile
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

ATTACHMENT = b"sealed"


def alarms(fleet: Fleet) -> list[tuple[str, str, str, int]]:
    return [(row.kiosk, row.kind, row.stream, row.seq) for row in fleet.rows(alarm)]


def captured(fleet: Fleet) -> int:
    return sum(row.captured for row in fleet.rows(workload_day))


def filed(kiosk: WireKiosk, count: int) -> list[bytes]:
    return [kiosk.enrol()[1] for _ in range(count)]


def test_events_in_order_are_committed_and_receipted_once_for_the_batch(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    receipts = fleet.deliver(kiosk, *filed(kiosk, 3))
    assert [receipt.marks[kiosk.stream].acked for receipt in receipts] == [3]
    assert fleet.count(event) == fleet.count(enrollment) == captured(fleet) == 3


def test_nothing_is_called_archived_while_no_verified_backup_exists(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    (receipt,) = fleet.deliver(kiosk, *filed(kiosk, 2))
    assert receipt.marks[kiosk.stream].archived == 0


def test_an_event_that_comes_again_is_receipted_again_and_counted_once(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    (message,) = filed(kiosk, 1)
    fleet.deliver(kiosk, message)
    (receipt,) = fleet.deliver(kiosk, message)
    assert receipt.marks[kiosk.stream].acked == 1
    assert (fleet.count(event), captured(fleet), fleet.count(refusal)) == (1, 1, 0)


def test_an_event_twice_in_one_batch_is_counted_once(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    (message,) = filed(kiosk, 1)
    (receipt,) = fleet.deliver(kiosk, message, message)
    assert (receipt.marks[kiosk.stream].acked, captured(fleet)) == (1, 1)


def test_an_event_behind_a_gap_waits_and_the_receipt_shows_where_the_gap_is(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    first, second, third = filed(kiosk, 3)
    fleet.deliver(kiosk, first)
    (receipt,) = fleet.deliver(kiosk, third)
    assert receipt.marks[kiosk.stream].acked == 1
    (receipt,) = fleet.deliver(kiosk, second, third)
    assert (receipt.marks[kiosk.stream].acked, fleet.count(quarantine)) == (3, 0)


def test_a_stream_that_is_not_held_at_all_is_marked_zero(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    _, second = filed(kiosk, 2)
    (receipt,) = fleet.deliver(kiosk, second)
    assert receipt.marks[kiosk.stream].acked == 0


def test_a_restart_continues_the_chain_without_an_alarm(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *filed(kiosk, 2))
    before = kiosk.stream
    kiosk.restart()
    (receipt,) = fleet.deliver(kiosk, *filed(kiosk, 1))
    assert {before: 2, kiosk.stream: 1} == {name: mark.acked for name, mark in receipt.marks.items()}
    assert alarms(fleet) == []


def test_other_bytes_at_the_same_place_are_an_equivocation_kept_whole(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    head = kiosk.head
    (message,) = filed(kiosk, 1)
    fleet.deliver(kiosk, message)
    kiosk.head = head
    (other,) = filed(kiosk, 1)
    fleet.deliver(kiosk, other)
    assert alarms(fleet) == [(kiosk.id, "equivocation", kiosk.stream, 1)]
    assert [(row.reason, row.message) for row in fleet.rows(quarantine)] == [("equivocation", other)]
    assert fleet.count(event) == 1


def test_a_copied_card_is_a_fork_by_its_first_event(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *filed(kiosk, 2))
    clone = cloned(kiosk)
    kiosk.restart()
    fleet.deliver(kiosk, *filed(kiosk, 1))
    (forked,) = filed(clone, 1)
    fleet.deliver(clone, forked)
    assert alarms(fleet) == [(kiosk.id, "fork", clone.stream, 1)]
    assert (fleet.count(event), fleet.rows(quarantine)[0].message) == (3, forked)


def test_a_restored_card_is_a_rollback_and_its_person_still_counts(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *filed(kiosk, 1))
    image = kiosk.head
    fleet.deliver(kiosk, *filed(kiosk, 1))
    kiosk.head = image
    kiosk.restart()
    (receipt,) = fleet.deliver(kiosk, *filed(kiosk, 1))
    assert alarms(fleet) == [(kiosk.id, "rollback", kiosk.stream, 1)]
    assert (receipt.marks[kiosk.stream].acked, captured(fleet)) == (1, 3)


def test_an_erased_card_that_forgot_everything_is_a_rollback(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *filed(kiosk, 2))
    kiosk.head = None
    kiosk.restart()
    fleet.deliver(kiosk, *filed(kiosk, 1))
    assert [kind for _, kind, _, _ in alarms(fleet)] == ["rollback"]


def test_an_id_that_another_event_has_is_kept_aside_and_nobody_is_overwritten(fleet: Fleet) -> None:
    kiosk, thief = fleet.kiosk("udon-01"), fleet.kiosk("loei-02", province="42", facility="11447")
    event_id, message = kiosk.enrol()
    fleet.deliver(kiosk, message)
    fleet.deliver(thief, thief.enrol(event_id=event_id)[1])
    assert [(row.kiosk, row.reason) for row in fleet.rows(quarantine)] == [(thief.id, "id_taken")]
    assert [row.kiosk for row in fleet.rows(event)] == [kiosk.id]


def test_workload_counts_where_the_kiosk_is_registered_and_not_where_an_event_says(fleet: Fleet) -> None:
    kiosk = fleet.kiosk(province="41", facility="10661")
    fleet.deliver(kiosk, kiosk.enrol(identity_record(province="10"), facility="99999")[1])
    assert [(row.province, row.facility, row.captured) for row in fleet.rows(workload_day)] == [("41", "10661", 1)]


def test_a_receipt_names_the_streams_that_moved_last_and_the_one_just_heard_of(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    first = filed(kiosk, 1)[0]
    oldest = kiosk.stream
    fleet.deliver(kiosk, first)
    later = []
    for n in range(70):
        kiosk.restart()
        later.append(Incoming(kiosk.topic(Up.EVENT), kiosk.enrol()[1], fleet.clock() + n))
    fleet.committer.take(later)
    (receipt,) = fleet.deliver(kiosk, later[-1].payload)
    assert (len(receipt.marks), oldest in receipt.marks, kiosk.stream in receipt.marks) == (64, False, True)
    (receipt,) = fleet.deliver(kiosk, first)
    assert receipt.marks[oldest].acked == 1


def test_both_profiles_are_kept_apart_from_the_first_row_on(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol()[1], kiosk.enrol(profile=Profile.LIVE)[1])
    assert sorted(row.profile for row in fleet.rows(workload_day)) == ["live", "test"]


def test_the_signed_bytes_are_stored_as_they_came(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    _, message = kiosk.enrol()
    fleet.deliver(kiosk, message)
    (row,), (content,) = fleet.rows(event), fleet.rows(event_content)
    signed, _, sealed = message.partition(b"~")
    assert (content.event, content.received_ms) == (row.id, row.received_ms)
    assert (content.signed, len(content.attachment) > 0, bool(sealed)) == (signed, True, True)
    assert [held.head for held in fleet.rows(stream)] == [row.digest]


def test_a_body_that_names_an_impossible_parent_is_only_a_gap(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    body = kiosk.body(ATTACHMENT)
    impossible = msgspec.structs.replace(body, prev=None, seq=9_007_199_254_740_991)
    (receipt,) = fleet.deliver(kiosk, kiosk.sign(impossible, ATTACHMENT))
    assert (receipt.marks[kiosk.stream].acked, fleet.count(event)) == (0, 0)
