# SPDX-License-Identifier: Apache-2.0
"""Who comes is read as it was signed, by the kiosk it was signed for and in time; a name is only letters."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wire.envelope import decode, encode, seal_message
from wire.errors import BadSignature, Malformed, NotForYou, TooLarge, UnknownKind, WireError
from wire.events import ClockSync, Moment
from wire.hello import Heartbeat
from wire.help_calls import HelpAcknowledged, helper_name, open_help_acknowledged
from wire.ids import KeyId, kiosk_id
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("controller#1"))
KIOSK = kiosk_id("k-udon-01")
CALL = "5" * 32
BODY = {"v": 1, "kiosk": KIOSK, "call": CALL, "name": "สมชาย", "wait_s": 180, "at_ms": 1_000, "expires_ms": 9_000}


def signed(**changes: Any) -> bytes:  # noqa: ANN401 - whatever a hostile body may hold
    return KEY.sign(Kind.HELP, msgspec.json.encode(BODY | changes))


def opened(message: bytes, now_ms: int = 2_000) -> HelpAcknowledged:
    return open_help_acknowledged(message, KEY.public(), KIOSK, now_ms)


def test_who_comes_opens_to_what_was_sealed() -> None:
    told = HelpAcknowledged(v=1, kiosk=KIOSK, call=CALL, name="สมชาย", wait_s=180, at_ms=1_000, expires_ms=9_000)
    assert opened(seal_message(KEY, Kind.HELP, told)) == told


def test_the_bytes_of_an_acknowledgement_do_not_change_and_it_prints_no_name() -> None:
    told = decode(msgspec.json.encode(BODY), HelpAcknowledged)
    assert encode(told).decode() == (
        f'{{"v":1,"kiosk":"k-udon-01","call":"{CALL}","name":"สมชาย","wait_s":180,"at_ms":1000,"expires_ms":9000}}'
    )
    assert "สมชาย" not in repr(told)


def test_the_widest_name_fits_the_bound() -> None:
    assert opened(signed(name="ที่ที่ที่ที่ที่ที่ที่ที่ที่ ที่ที่ที่ที่", wait_s=1_800)).wait_s == 1_800


def test_only_the_registered_key_this_kind_this_kiosk_and_its_own_time_are_believed() -> None:
    payload = msgspec.json.encode(BODY)
    impostor = SigningKey.generate(KeyId("controller#1"))
    refused: list[tuple[bytes, type[WireError]]] = [
        (impostor.sign(Kind.HELP, payload), BadSignature),
        (payload, Malformed),
        (KEY.sign(Kind.RECEIPT, payload), UnknownKind),
        (signed(kiosk="k-loei-01"), NotForYou),
        (signed(expires_ms=2_000), NotForYou),
        (signed() + b"~AAAA", Malformed),
        (signed() + b"x" * 1_000, TooLarge),
        (b"", Malformed),
    ]
    for message, reason in refused:
        with pytest.raises(reason):
            opened(message)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "สมชาย 2"},
        {"name": "x\u001b[2J"},
        {"name": "a b c"},
        {"name": "กกกกกกกกกกกกกกกกกกก"},
        {"name": "ก" + "\u0e49" * 9},
        {"wait_s": -1},
        {"wait_s": 1_801},
        {"call": "5" * 31},
        {"v": 2},
        {"more": 1},
    ],
)
def test_what_no_screen_may_show_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        opened(signed(**changes))


@pytest.mark.parametrize(
    "name", ["สมชาย", "พยาบาล", "คุณัญญา", "เอื้อ", "น้ำ", "เภสัชกร", "ทฤษฎี", "ก็", "Nurse Malee", "José", "พี่ Lek", "เกาะ"]
)
def test_first_names_and_roles_are_names(name: str) -> None:
    assert helper_name(f"  {name} ") == name


@pytest.mark.parametrize(
    "text",
    ["", " ", "1", "๑", "สมชาย1", "somchai@example", "<b>", "[red]", "ก\u200bข", "ก\u202eข", "\u0e31", "Аня", "山田"],
)
def test_what_is_not_written_in_thai_or_latin_letters_is_refused_and_says_what_is_needed(text: str) -> None:
    with pytest.raises(Malformed, match="a first name or a role"):
        helper_name(text)


@pytest.mark.parametrize("text", ["a\nb c", "ก" * 19, "\u0e40\u0e40\u0e40", "O'Neil", "😀", "ก" + "\u0e49" * 3])
def test_what_would_not_stand_on_one_line_or_is_no_writing_is_refused(text: str) -> None:
    with pytest.raises(Malformed, match="a first name or a role"):
        helper_name(text)


def test_a_heartbeat_says_nothing_of_a_call_while_there_is_none_as_before() -> None:
    at = Moment("b" * 32, 1, 1, ClockSync.UNSYNCED)
    beat = Heartbeat(1, KIOSK, at, "0.1.0", 0, None, "ok", "absent", "ok", 1, {})
    assert b"call" not in encode(beat)
    calling = msgspec.structs.replace(beat, call=CALL)
    assert encode(calling) == encode(beat)[:-1] + f',"call":"{CALL}"}}'.encode()
    assert decode(encode(calling), Heartbeat).call == CALL
