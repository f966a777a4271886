# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.bodies import Count
from wire.envelope import MESSAGE_BYTES, Sealed, decode, digest, encode, join, open_message, seal_message, split
from wire.errors import BadSignature, Malformed, TooLarge, WireError
from wire.ids import KeyId
from wire.receipts import Receipt
from wire.signing import Kind, SigningKey

KEY = SigningKey.generate(KeyId("kiosk-a#1"))


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A body with room for an attachment."""

    n: Count
    sealed: Sealed | None = None


def test_a_message_opens_to_what_was_sealed() -> None:
    attachment = bytes(range(256))
    body = Body(1, Sealed.of(KeyId("relay#1"), attachment))
    message = seal_message(KEY, Kind.EVENT, body, attachment)
    assert open_message(message, Kind.EVENT, KEY.public(), Body) == (body, attachment)


def test_the_digest_does_not_depend_on_the_attachment_so_that_it_can_be_erased() -> None:
    attachment = b"sealed"
    signed = KEY.sign(Kind.EVENT, encode(Body(1, Sealed.of(KeyId("relay#1"), attachment))))
    assert digest(split(join(signed, attachment))[0]) == digest(signed) == hashlib.sha256(signed).digest()


def test_another_attachment_is_refused() -> None:
    body = Body(1, Sealed.of(KeyId("relay#1"), b"this"))
    with pytest.raises(BadSignature):
        open_message(seal_message(KEY, Kind.EVENT, body, b"that"), Kind.EVENT, KEY.public(), Body)


@pytest.mark.parametrize(("sealed", "attachment"), [(Sealed.of(KeyId("relay#1"), b"this"), None), (None, b"extra")])
def test_an_attachment_missing_or_not_spoken_for_is_refused(sealed: Sealed | None, attachment: bytes | None) -> None:
    body = Body(1, sealed)
    with pytest.raises(Malformed):
        open_message(seal_message(KEY, Kind.EVENT, body, attachment), Kind.EVENT, KEY.public(), Body)


def test_an_oversized_message_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(TooLarge):
        split(b"~" * (MESSAGE_BYTES + 1))


@pytest.mark.parametrize(
    "payload",
    [
        b'{"n":1,"more":2}',
        b'{"n":1,"n":2}',
        b'{"n":NaN}',
        b'{"n":1e400}',
        b'{"n":"1"}',
        b"{}",
        b"",
        b"[]",
        b"[" * 10_000,
        b'{"n":1,"sealed":' + b'{"a":' * 50 + b"1" + b"}" * 51,
        b'{"n":1}{"n":1}',
        b'{"n":\xff}',
        b'{"n":99999999999999999999999999}',
    ],
)
def test_a_payload_that_is_not_exactly_the_schema_is_refused(payload: bytes) -> None:
    with pytest.raises(Malformed):
        decode(payload, Body)


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_refusal(message: bytes) -> None:
    with pytest.raises(WireError):
        open_message(message, Kind.EVENT, KEY.public(), Body)


@given(st.binary(max_size=200))
def test_no_signed_bytes_raise_anything_but_a_refusal(payload: bytes) -> None:
    with pytest.raises(Malformed):
        open_message(KEY.sign(Kind.RECEIPT, payload), Kind.RECEIPT, KEY.public(), Receipt)


@pytest.mark.parametrize("tail", [b"AA==", b"AB", b"A", b"A+A/", b"AA AA", b"AA~AA"])
def test_an_attachment_has_one_spelling(tail: bytes) -> None:
    with pytest.raises(Malformed):
        split(b"a.b.c~" + tail)


_MANY_THREADS = """
import sys, threading, msgspec
from wire.envelope import decode, encode
sys.setswitchinterval(1e-6)
fields = [(f"f{n}", int | None, None) for n in range(20)]
def meet(body, barrier):
    barrier.wait()
    decode(b'{"one":{"f0":1},"two":{"f1":1}}', body)
for _ in range(500):
    inner = msgspec.defstruct("Inner", fields, omit_defaults=True)
    body = msgspec.defstruct("Outer", [("one", inner), ("two", inner)])
    barrier = threading.Barrier(4)
    threads = [threading.Thread(target=meet, args=(body, barrier)) for _ in range(4)]
    for each in threads: each.start()
    for each in threads: each.join()
"""


def test_threads_that_meet_a_body_for_the_first_time_together_do_not_end_the_process() -> None:
    ended = subprocess.run([sys.executable, "-c", _MANY_THREADS], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
