# SPDX-License-Identifier: Apache-2.0
"""A complaint is one of a short list under a drawn number; a receipt that names it is what settles it."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from wire.complaints import Complaint, grouped, new_number, ticket_number
from wire.envelope import decode, encode
from wire.errors import Malformed
from wire.events import ClockSync, Moment, Profile
from wire.hello import Heartbeat
from wire.opinions import Category, Place
from wire.receipts import Receipt

GOLDEN = (
    '{"v":1,"id":"55555555555555555555555555555555","kiosk":"k-udon-01","number":"48217306","category":"card",'
    '"place":"problem","day":"2026-11-27","profile":"test","release":"0.2.0","screen":"ok","reader":"absent",'
    '"camera":"ok","link":"down"}'
)
COMPLAINT = Complaint(
    v=1,
    id="5" * 32,
    kiosk="k-udon-01",
    number="48217306",
    category=Category.CARD,
    place=Place.PROBLEM,
    day=date(2026, 11, 27),
    profile=Profile.TEST,
    release="0.2.0",
    screen="ok",
    reader="absent",
    camera="ok",
    link="down",
)


def test_the_bytes_of_a_complaint_do_not_change() -> None:
    assert encode(COMPLAINT).decode() == GOLDEN
    assert decode(GOLDEN.encode(), Complaint) == COMPLAINT


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "my neighbour"},
        {"words": "my name is"},
        {"number": "1101700203451"},
        {"number": "4821730"},
        {"number": "๔๘๒๑๗๓๐๖"},
        {"place": "accepted"},
        {"day": "27 November"},
        {"screen": "x\u001b[2J"},
        {"reader": "x" * 65},
        {"id": "5" * 31},
        {"profile": "official"},
        {"event": "0199"},
        {"v": 2},
    ],
)
def test_nothing_but_one_of_the_list_and_codes_is_a_complaint(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        decode(msgspec.json.encode(msgspec.json.decode(GOLDEN) | changes), Complaint)


def test_a_number_is_drawn_and_read_back_as_people_write_it() -> None:
    drawn = {new_number() for _ in range(200)}
    assert len(drawn) > 190
    assert all(ticket_number(grouped(each)) == each for each in drawn)
    for typed in ("4821-730", "4821-73066", "๔๘๒๑-๗๓๐๖", "abcd-efgh"):
        with pytest.raises(Malformed):
            ticket_number(typed)


def test_a_receipt_without_complaints_has_the_bytes_that_it_always_had() -> None:
    receipt = Receipt(v=1, kiosk="k-udon-01", nonce=None, marks={}, at_ms=1)
    assert encode(receipt).decode() == '{"v":1,"kiosk":"k-udon-01","nonce":null,"marks":{},"at_ms":1}'
    told = msgspec.structs.replace(receipt, complaints=("5" * 32,))
    assert encode(told).decode().endswith('"at_ms":1,"complaints":["55555555555555555555555555555555"]}')
    with pytest.raises(Malformed):
        decode(encode(msgspec.structs.replace(receipt, complaints=("5" * 32,) * 65)), Receipt)


def test_a_heartbeat_that_does_not_say_its_profile_has_the_bytes_that_it_always_had() -> None:
    beat = Heartbeat(
        v=1,
        kiosk="k-udon-01",
        at=Moment("0" * 32, 1, 2, ClockSync.SYNCED),
        release="0.2.0",
        outbox=0,
        oldest_unacked_s=None,
        screen="ok",
        reader="absent",
        camera="ok",
        disk_free_mib=1,
        sessions={"opinion.rated_5": 3},
    )
    assert encode(beat).endswith(b'"sessions":{"opinion.rated_5":3}}')
    assert encode(msgspec.structs.replace(beat, profile=Profile.LIVE)).endswith(b',"profile":"live"}')
