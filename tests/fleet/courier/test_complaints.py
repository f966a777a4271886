# SPDX-License-Identifier: Apache-2.0
"""A complaint that a kiosk's screen has signed becomes one ticket, and the receipt after the commit names it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from fleet.complaints.acceptance import OPEN_AT_MOST
from fleet.store.complaint_tables import complaint
from fleet.store.session import unit_of_work
from fleet.store.tables import quarantine, refusal
from wire.events import Profile
from wire.opinions import Category
from wire.signing import Kind
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet

HOUR_MS = 3_600_000


def refused(fleet: Fleet) -> dict[tuple[str, str], int]:
    return {(row.kind, row.reason): row.n for row in fleet.rows(refusal)}


def test_a_complaint_becomes_a_ticket_where_its_kiosk_stands_and_its_receipt_names_it(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    ident, message = kiosk.complaint()
    (receipt,) = fleet.deliver(kiosk, message, kind=Up.COMPLAINT)
    assert (receipt.complaints, receipt.nonce, receipt.marks) == ((ident,), None, {})
    (row,) = fleet.rows(complaint)
    assert (row.number, row.province, row.facility, row.kiosk) == ("48217306", "41", "10661", kiosk.id)
    assert (row.source, row.category, row.term, row.state, row.profile) == ("kiosk", "card", "short", "new", "test")
    assert json.loads(row.codes)["reader"] == "absent"
    assert row.words == ""


def test_the_books_keep_only_the_hour_in_which_it_came(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.complaint()[1], kind=Up.COMPLAINT)
    (row,) = fleet.rows(complaint)
    assert row.opened_ms % HOUR_MS == 0
    assert 0 <= fleet.clock() - row.opened_ms < HOUR_MS
    assert row.due_ms == row.opened_ms + 24 * HOUR_MS


def test_what_is_not_understood_is_seen_to_in_a_month(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.complaint(category=Category.WORDS)[1], kind=Up.COMPLAINT)
    (row,) = fleet.rows(complaint)
    assert (row.term, row.due_ms - row.opened_ms) == ("long", 30 * 24 * HOUR_MS)


def test_the_same_complaint_again_is_one_ticket_and_is_settled_again(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    ident, message = kiosk.complaint()
    told = [fleet.deliver(kiosk, message, message, kind=Up.COMPLAINT), fleet.deliver(kiosk, message, kind=Up.COMPLAINT)]
    assert [receipts[0].complaints for receipts in told] == [(ident, ident), (ident,)]
    assert fleet.count(complaint) == 1


def test_a_restored_controller_gets_it_again_because_no_receipt_came(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    _, message = kiosk.complaint()
    fleet.deliver(kiosk, message, kind=Up.COMPLAINT)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(complaint.delete())  # as a backup from before it
    fleet.deliver(kiosk, message, kind=Up.COMPLAINT)
    assert fleet.count(complaint) == 1


def test_a_complaint_and_an_event_of_one_kiosk_share_one_receipt(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    ident, message = kiosk.complaint()
    receipts = fleet.take((kiosk.topic(Up.EVENT), kiosk.enrol()[1]), (kiosk.topic(Up.COMPLAINT), message))
    told = [kiosk.read_receipt(each.payload, fleet.receipt_key.public()) for each in receipts]
    assert [(len(each.marks), each.complaints) for each in told] == [(1, (ident,))]


def test_the_process_with_the_network_cannot_make_up_a_complaint(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    kiosk.key = kiosk.courier_key
    assert fleet.deliver(kiosk, kiosk.complaint()[1], kind=Up.COMPLAINT) == []
    assert refused(fleet) == {("complaint", "bad_signature"): 1}
    assert fleet.count(complaint) == 0


def test_hostile_complaints_are_refused_and_kept_aside(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk("udon-01"), fleet.kiosk("loei-02")
    payload = msgspec.json.decode(kiosk.key.public().verify(Kind.COMPLAINT, kiosk.complaint()[1]))

    def signed(**changes: Any) -> bytes:  # noqa: ANN401 - whatever a hostile body may hold
        return kiosk.key.sign(Kind.COMPLAINT, msgspec.json.encode(payload | changes))

    topic = kiosk.topic(Up.COMPLAINT)
    fleet.take(
        (topic, signed(words="her name is")),
        (topic, signed(category="1101700203451")),
        (topic, signed(kiosk="loei-02")),
        (topic, signed() + b"~AAAA"),
        (topic, b"a" * 60_001),
        (other.topic(Up.COMPLAINT), signed()),
        (topic, kiosk.heartbeat()),
    )
    kinds = {reason: n for (_, reason), n in refused(fleet).items()}
    assert kinds == {"malformed": 3, "not_for_you": 1, "too_large": 1, "bad_signature": 1, "unknown_kind": 1}
    assert fleet.count(complaint) == 0
    assert sum(row.message is not None for row in fleet.rows(quarantine)) == 4


def test_a_kiosk_that_is_played_with_fills_its_share_and_no_more(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk("udon-01"), fleet.kiosk("loei-02", facility="11444", province="42")
    messages = [kiosk.complaint(f"{n:08}")[1] for n in range(1, OPEN_AT_MOST + 6)]
    fleet.deliver(kiosk, *messages, kind=Up.COMPLAINT)
    fleet.deliver(other, other.complaint()[1], kind=Up.COMPLAINT)
    assert fleet.count(complaint) == OPEN_AT_MOST + 1
    assert refused(fleet) == {("complaint", "too_many"): 5}


def test_a_simulated_kiosk_complains_for_nobody_real(fleet: Fleet) -> None:
    for name in ("sim-00001", "udon-01"):
        kiosk = fleet.kiosk(name)
        fleet.deliver(kiosk, kiosk.complaint(profile=Profile.LIVE)[1], kind=Up.COMPLAINT)
    assert {row.kiosk: row.profile for row in fleet.rows(complaint)} == {"sim-00001": "test", "udon-01": "live"}
