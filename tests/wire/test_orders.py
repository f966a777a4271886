# SPDX-License-Identifier: Apache-2.0
"""An order is read as it was signed and by the kiosk it was signed for; a result can name nobody."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from wire.envelope import decode, encode, seal_message
from wire.errors import BadSignature, Malformed, NotForYou, TooLarge, UnknownKind, WireError
from wire.events import ClockSync, Moment
from wire.hello import Heartbeat
from wire.ids import KeyId, kiosk_id
from wire.orders import ORDER_BYTES, Diagnosis, Op, Order, OrderResult, Outcome, open_order
from wire.receipts import Receipt
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("controller#1"))
KIOSK = kiosk_id("k-udon-01")
NONCE = "5" * 32
AT = Moment("b" * 32, 1, 2, ClockSync.UNSYNCED)
BODY: dict[str, Any] = {"v": 1, "kiosk": KIOSK, "nonce": NONCE, "n": 7, "op": "close", "ttl_s": 300}
MACHINE = Diagnosis(
    release="0.1.0",
    python="3.11.2",
    system="6.6.31+rpt-rpi-v8",
    uptime_s=1,
    process_s=1,
    temperature_c=61,
    memory_free_mib=900,
    disk_free_mib=8_000,
    outbox=0,
    oldest_unacked_s=None,
    link="up",
    screen="ok",
    reader="absent",
    camera="ok",
    certificate_ms=None,
    card_reads={"ok": 3},
    endings={"filed": 2},
)


def signed(**changes: Any) -> bytes:  # noqa: ANN401 - whatever a hostile body may hold
    return KEY.sign(Kind.ORDER, msgspec.json.encode(BODY | changes))


def opened(message: bytes) -> Order:
    return open_order(message, KEY.public(), KIOSK)


def result(**changes: Any) -> OrderResult:  # noqa: ANN401 - as above
    body = {"v": 1, "kiosk": KIOSK, "n": 7, "op": "diagnose", "outcome": "done", "at": msgspec.to_builtins(AT)}
    return decode(msgspec.json.encode(body | changes), OrderResult)


def test_an_update_names_a_release_and_nothing_else_does() -> None:
    assert opened(signed(op="update", release="0.2.0")).release == "0.2.0"
    for wrong in (
        {"op": "update"},
        {"release": "0.2.0"},
        {"op": "update", "release": "0.2"},
        {"op": "update", "release": "9" * 300},
    ):
        with pytest.raises(Malformed):
            opened(signed(**wrong))


def test_an_order_opens_to_what_was_sealed() -> None:
    order = Order(v=1, kiosk=KIOSK, nonce=NONCE, n=7, op=Op.CLOSE, ttl_s=300)
    assert opened(seal_message(KEY, Kind.ORDER, order)) == order


def test_the_bytes_of_an_order_do_not_change() -> None:
    assert encode(opened(signed())).decode() == (
        f'{{"v":1,"kiosk":"k-udon-01","nonce":"{NONCE}","n":7,"op":"close","ttl_s":300}}'
    )


def test_the_bytes_of_a_result_do_not_change() -> None:
    begin = f'{{"v":1,"kiosk":"k-udon-01","n":7,"op":"restart","outcome":"taken","at":{encode(AT).decode()}}}'
    assert encode(OrderResult(1, KIOSK, 7, Op.RESTART, Outcome.TAKEN, AT)).decode() == begin
    refused = OrderResult(1, KIOSK, 7, "wipe", Outcome.REFUSED, AT, reason="unknown_op")
    assert encode(refused).decode().endswith(',"reason":"unknown_op"}')
    told = encode(OrderResult(1, KIOSK, 7, Op.DIAGNOSE, Outcome.DONE, AT, diagnosis=MACHINE)).decode()
    assert told.endswith(
        ',"diagnosis":{"release":"0.1.0","python":"3.11.2","system":"6.6.31+rpt-rpi-v8","uptime_s":1,"process_s":1,'
        '"temperature_c":61,"memory_free_mib":900,"disk_free_mib":8000,"outbox":0,"oldest_unacked_s":null,'
        '"link":"up","screen":"ok","reader":"absent","camera":"ok","certificate_ms":null,'
        '"card_reads":{"ok":3},"endings":{"filed":2}}}'
    )


def test_the_longest_order_fits_the_bound() -> None:
    longest = KEY.sign(Kind.ORDER, msgspec.json.encode(BODY | {"kiosk": "k" * 32, "op": "o" * 64, "n": 10**14}))
    assert len(longest) < ORDER_BYTES / 2


def test_the_longest_diagnosis_is_small() -> None:
    many = {f"{n:064d}": 2**53 - 1 for n in range(16)}
    most = msgspec.structs.replace(MACHINE, card_reads=many, endings=many, system="s" * 64, screen="s" * 64)
    body = OrderResult(1, KIOSK, 7, Op.DIAGNOSE, Outcome.DONE, AT, diagnosis=most)
    message = seal_message(KEY, Kind.RESULT, body)
    assert decode(encode(body), OrderResult) == body
    assert len(message) < 6_000


def test_only_the_registered_key_this_kind_and_this_kiosk_are_believed() -> None:
    payload = msgspec.json.encode(BODY)
    impostor = SigningKey.generate(KeyId("controller#1"))
    refused: list[tuple[bytes, type[WireError]]] = [
        (impostor.sign(Kind.ORDER, payload), BadSignature),
        (payload, Malformed),
        (KEY.sign(Kind.RECEIPT, payload), UnknownKind),
        (KEY.sign(Kind.HELP, payload), UnknownKind),
        (signed(kiosk="k-loei-01"), NotForYou),
        (signed() + b"~AAAA", Malformed),
        (signed() + b"x" * ORDER_BYTES, TooLarge),
        (b"", Malformed),
    ]
    for message, reason in refused:
        with pytest.raises(reason):
            opened(message)


def test_one_changed_character_and_a_truncated_order_are_refused() -> None:
    message = signed()
    for end in (1, 20, len(message) // 2):
        with pytest.raises(WireError):
            opened(message[:-end])
    for place in (5, len(message) // 2, len(message) - 5):
        other = b"A" if message[place : place + 1] != b"A" else b"B"
        with pytest.raises(WireError):
            opened(message[:place] + other + message[place + 1 :])


@pytest.mark.parametrize(
    "changes",
    [
        {"ttl_s": 0},
        {"ttl_s": 301},
        {"ttl_s": 300.5},
        {"nonce": "5" * 31},
        {"nonce": None},
        {"n": -1},
        {"op": ""},
        {"op": "rm -rf /"},
        {"op": ["close"]},
        {"args": "; reboot"},
        {"v": 2},
    ],
)
def test_what_is_no_order_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        opened(signed(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "refused"},
        {"outcome": "done", "reason": "unknown_op"},
        {"outcome": "rather"},
        {"op": "close", "diagnosis": msgspec.to_builtins(MACHINE)},
        {"outcome": "taken", "diagnosis": msgspec.to_builtins(MACHINE)},
        {"diagnosis": msgspec.to_builtins(MACHINE) | {"release": "สมชาย"}},
        {"diagnosis": msgspec.to_builtins(MACHINE) | {"screen": "Mr. Somchai"}},
        {"diagnosis": msgspec.to_builtins(MACHINE) | {"note": "words"}},
        {"diagnosis": msgspec.to_builtins(MACHINE) | {"endings": {f"e{n}": 1 for n in range(17)}}},
    ],
)
def test_a_result_that_makes_no_sense_or_could_name_somebody_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        result(**changes)


def test_a_receipt_and_a_heartbeat_without_orders_are_as_they_were() -> None:
    receipt = Receipt(v=1, kiosk=KIOSK, nonce=None, marks={}, at_ms=1)
    assert encode(receipt) == b'{"v":1,"kiosk":"k-udon-01","nonce":null,"marks":{},"at_ms":1}'
    named = msgspec.structs.replace(receipt, results=("a" * 64,))
    assert decode(encode(named), Receipt) == named
    beat = Heartbeat(1, KIOSK, AT, "0.1.0", 0, None, "ok", "absent", "ok", 1, {})
    assert b"order_nonce" not in encode(beat)
    taking = msgspec.structs.replace(beat, order_nonce=NONCE)
    assert encode(taking) == encode(beat)[:-1] + f',"order_nonce":"{NONCE}"}}'.encode()
