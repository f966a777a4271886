# SPDX-License-Identifier: Apache-2.0
"""A number that people are told to call is a Thai one, signed for this kiosk, and costs nobody more than a call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wire.envelope import encode, seal_message
from wire.errors import BadSignature, Malformed, NotForYou, TooLarge, UnknownKind, WireError
from wire.help_numbers import HelpNumberTold, open_help_number
from wire.ids import KeyId, kiosk_id
from wire.phones import CENTRAL, HelpNumber, help_number, written
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("controller#1"))
KIOSK = kiosk_id("k-udon-01")
BODY = {"v": 1, "kiosk": KIOSK, "at_ms": 1_000, "number": "042222111"}


def signed(**changes: Any) -> bytes:  # noqa: ANN401 - whatever a hostile body may hold
    return KEY.sign(Kind.HELP_NUMBER, msgspec.json.encode(BODY | changes))


def test_a_number_opens_to_what_was_sealed_and_its_bytes_do_not_change() -> None:
    told = HelpNumberTold(v=1, kiosk=KIOSK, at_ms=1_000, number="042222111")
    assert encode(told).decode() == '{"v":1,"kiosk":"k-udon-01","at_ms":1000,"number":"042222111"}'
    assert open_help_number(seal_message(KEY, Kind.HELP_NUMBER, told), KEY.public(), KIOSK) == told
    assert told.of_its_own == HelpNumber("042222111")


def test_no_number_leaves_a_kiosk_with_the_one_it_was_set_up_with() -> None:
    assert open_help_number(signed(number=""), KEY.public(), KIOSK).of_its_own is None


def test_only_the_registered_key_this_kind_and_this_kiosk_are_believed() -> None:
    payload = msgspec.json.encode(BODY)
    impostor = SigningKey.generate(KeyId("controller#1"))
    refused: list[tuple[bytes, type[WireError]]] = [
        (impostor.sign(Kind.HELP_NUMBER, payload), BadSignature),
        (KEY.sign(Kind.ANNOUNCEMENTS, payload), UnknownKind),
        (signed(kiosk="k-loei-01"), NotForYou),
        (signed() + b"~AAAA", Malformed),
        (signed() + b"x" * 1_000, TooLarge),
        (payload, Malformed),
    ]
    for message, reason in refused:
        with pytest.raises(reason):
            open_help_number(message, KEY.public(), KIOSK)


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "1900123456"},  # paid for by the minute
        {"number": "0012345678901"},
        {"number": "042222111\n"},
        {"number": "0-4222-1111"},
        {"number": "1101700203451"},
        {"number": "ตลก"},
        {"at_ms": -1},
        {"v": 2},
        {"words": "call me"},
    ],
)
def test_what_is_signed_and_still_not_a_number_for_a_screen_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        open_help_number(signed(**changes), KEY.public(), KIOSK)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0-2257-7119", "0-2257-7119"),
        ("042 222 111", "0-4222-2111"),
        ("๐๔๒-๒๒๒๑๑๑", "0-4222-2111"),
        ("+66 42 222 111", "0-4222-2111"),
        ("081-234-5678", "08-1234-5678"),
        ("1669", "1669"),
        ("191", "191"),
        ("1800 123 456", "1800-123-456"),
    ],
)
def test_a_number_is_read_as_people_write_it_and_written_in_one_way(typed: str, read: str) -> None:
    assert written(help_number(typed)) == read


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12",
        "1900 123 456",
        "1900",
        "+1 202 555 0100",
        "0412345678",
        "042 222 111 ต่อ 5",
        "0012025550100",
        "๐๔",
        "0" * 40,
    ],
)
def test_what_would_cost_more_or_reach_nobody_is_no_number(typed: str) -> None:
    with pytest.raises(Malformed, match="not a number for a screen"):
        help_number(typed)


def test_the_central_number_is_written_as_the_ministry_writes_it() -> None:
    assert written(CENTRAL) == "0-2257-7119"
