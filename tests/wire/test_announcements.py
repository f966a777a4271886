# SPDX-License-Identifier: Apache-2.0
"""A list of announcements is read as it was signed, for the kiosk it was signed for, and nothing else is."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from wire.announcements import Announcement, Announcements, holds_a_citizen_number, open_announcements
from wire.envelope import encode, seal_message
from wire.errors import BadSignature, Malformed, NotForYou, UnknownKind, WireError
from wire.ids import KeyId, kiosk_id
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("controller#1"))
KIOSK = kiosk_id("k-udon-01")
ITEM = {"th": "ฉีดวัคซีนฟรี อาคาร ๒", "en": "Free flu shots, building 2", "first": "2026-12-01", "last": "2026-12-31"}


def body(*items: dict[str, Any], **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever a hostile body may hold
    return {"v": 1, "kiosk": KIOSK, "at_ms": 1_790_000_000_000, "items": list(items), **changes}


def signed(what: dict[str, Any]) -> bytes:
    return KEY.sign(Kind.ANNOUNCEMENTS, msgspec.json.encode(what))


def test_a_list_opens_to_what_was_sealed() -> None:
    item = Announcement("ฉีดวัคซีนฟรี", "Free flu shots", date(2026, 12, 1), date(2026, 12, 31))
    told = Announcements(v=1, kiosk=KIOSK, at_ms=1, items=(item,) * 10)
    assert open_announcements(seal_message(KEY, Kind.ANNOUNCEMENTS, told), KEY.public(), KIOSK) == told


def test_the_bytes_of_a_list_do_not_change() -> None:
    item = Announcement("ก", "a", date(2026, 12, 1), date(2026, 12, 31))
    golden = (
        '{"v":1,"kiosk":"k-udon-01","at_ms":1,"items":[{"th":"ก","en":"a","first":"2026-12-01","last":"2026-12-31"}]}'
    )
    assert encode(Announcements(v=1, kiosk=KIOSK, at_ms=1, items=(item,))).decode() == golden


def test_an_empty_list_takes_everything_back() -> None:
    assert open_announcements(signed(body()), KEY.public(), KIOSK).items == ()


@pytest.mark.parametrize(
    "hostile",
    [
        body(*[ITEM] * 11),
        body(ITEM | {"th": ""}),
        body(ITEM | {"th": "   "}),
        body(ITEM | {"th": "ก" * 101}),
        body(ITEM | {"en": "x\u001b[2J"}),
        body(ITEM | {"en": "two\nlines"}),
        body(ITEM | {"en": "c1 \u009b2J"}),
        body(ITEM | {"en": "turned \u202e round"}),
        body(ITEM | {"th": "1101700203451"}),
        body(ITEM | {"en": "1 1017 00203 45 1 has won"}),
        body(ITEM | {"last": "2026-11-30"}),
        body(ITEM | {"first": "2026-13-01"}),
        body(ITEM | {"last": "2026-12-31T00:00:00Z"}),
        body(ITEM | {"link": "x"}),
        body({"th": "ก", "en": "a"}),
        body(ITEM, v=2),
        body(ITEM, at_ms=-1),
        body(ITEM, more=1),
    ],
)
def test_what_no_screen_may_show_is_refused_whole(hostile: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        open_announcements(signed(hostile), KEY.public(), KIOSK)


def test_a_list_for_another_kiosk_is_refused() -> None:
    with pytest.raises(NotForYou):
        open_announcements(signed(body(ITEM)), KEY.public(), kiosk_id("k-loei-01"))


def test_only_the_registered_key_and_only_this_kind_is_believed() -> None:
    payload = msgspec.json.encode(body(ITEM))
    impostor = SigningKey.generate(KeyId("controller#1"))
    refused: list[tuple[bytes, type[WireError]]] = [
        (impostor.sign(Kind.ANNOUNCEMENTS, payload), BadSignature),
        (KEY.sign(Kind.RECEIPT, payload), UnknownKind),
        (signed(body(ITEM)) + b"~AAAA", Malformed),
        (b"", Malformed),
    ]
    for message, reason in refused:
        with pytest.raises(reason):
            open_announcements(message, KEY.public(), KIOSK)


@pytest.mark.parametrize("words", ["1101700203451", "๑๑๐๑๗๐๐๒๐๓๔๕๑", "x1-1017-00203-45-1x"])
def test_a_citizen_number_is_known_by_its_digits_as_they_stand_on_the_card(words: str) -> None:
    assert holds_a_citizen_number(words)


@pytest.mark.parametrize("words", ["โทร 1669", "042-123-4567, 042-765-4321", "1/12/2569 - 31/12/2569"])
def test_telephones_and_days_are_no_citizen_numbers(words: str) -> None:
    assert not holds_a_citizen_number(words)
