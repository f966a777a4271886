# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import dataclasses
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, OKPKey

from wire.errors import BadSignature, Malformed, UnknownKind, WireError
from wire.ids import KeyId
from wire.signing import Algorithm, Kind, SigningKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = SigningKey.generate(KeyId("kiosk-a#1"))
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2
OTHER = SigningKey.generate(KeyId("kiosk-a#1"))


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _reheaded(signed: bytes, header: dict[str, object]) -> bytes:
    _, payload, signature = signed.split(b".")
    return b".".join((_b64(json.dumps(header).encode()), payload, signature))


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_what_was_signed_comes_back_byte_for_byte(algorithm: Algorithm) -> None:
    key = SigningKey.generate(KeyId("kiosk-a#1"), algorithm)
    payload = b'{ "spaces":   1 }\n'
    assert key.public().verify(Kind.EVENT, key.sign(Kind.EVENT, payload)) == payload


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_a_key_survives_its_file(algorithm: Algorithm) -> None:
    key = SigningKey.generate(KeyId("kiosk-a#1"), algorithm)
    again = SigningKey.from_jwk(json.loads(json.dumps(key.jwk())))
    assert VerifyKey.from_jwk(key.public().jwk()).verify(Kind.ASK, again.sign(Kind.ASK, b"x")) == b"x"


def test_a_public_key_file_holds_no_private_part() -> None:
    assert "d" not in KEY.public().jwk()
    with pytest.raises(Malformed):
        SigningKey.from_jwk(KEY.public().jwk())


def test_a_receipt_is_never_taken_for_an_event() -> None:
    with pytest.raises(UnknownKind):
        KEY.public().verify(Kind.EVENT, KEY.sign(Kind.RECEIPT, b"{}"))


def test_another_key_with_the_same_id_is_refused() -> None:
    with pytest.raises(BadSignature):
        KEY.public().verify(Kind.EVENT, OTHER.sign(Kind.EVENT, b"{}"))


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES256", "EdDSA"])
def test_the_algorithm_is_the_registered_one_and_never_the_message_s(algorithm: str) -> None:
    forged = _reheaded(KEY.sign(Kind.EVENT, b"{}"), {"alg": algorithm, "kid": "kiosk-a#1", "typ": "dipchip-event"})
    with pytest.raises(WireError):
        KEY.public().verify(Kind.EVENT, forged)


def test_a_mac_under_the_public_key_is_no_signature() -> None:
    secret = OctKey.import_key(json.dumps(KEY.public().jwk()))
    header = {"alg": "HS256", "kid": "kiosk-a#1", "typ": "dipchip-event"}
    forged = jws.serialize_compact(header, b"{}", secret, algorithms=["HS256"]).encode()
    with pytest.raises(BadSignature):
        KEY.public().verify(Kind.EVENT, forged)


@pytest.mark.parametrize("extra", [{"crit": ["b64"], "b64": False}, {"jwk": {}}, {"jku": "x"}, {"cty": "x"}])
def test_a_header_with_anything_more_is_refused(extra: dict[str, object]) -> None:
    header: dict[str, object] = {"alg": "Ed25519", "kid": "kiosk-a#1", "typ": "dipchip-event", **extra}
    with pytest.raises(Malformed):
        KEY.public().verify(Kind.EVENT, _reheaded(KEY.sign(Kind.EVENT, b"{}"), header))


def test_one_changed_character_anywhere_is_refused() -> None:
    signed = KEY.sign(Kind.EVENT, b'{"a":1}')
    for position in range(len(signed)):
        changed = bytearray(signed)
        changed[position] ^= 1
        with pytest.raises(WireError):
            KEY.public().verify(Kind.EVENT, bytes(changed))


def test_a_message_has_one_signature_so_that_nobody_between_can_give_it_another_digest() -> None:
    key = SigningKey.generate(KeyId("kiosk-a#1"), Algorithm.ES256)
    for n in range(20):  # half of all plain ECDSA signatures have the high s
        signed = key.sign(Kind.EVENT, str(n).encode())
        head, _, tail = signed.rpartition(b".")
        raw = base64.urlsafe_b64decode(tail + b"==")
        mirrored = P256_ORDER - int.from_bytes(raw[32:], "big")
        other = head + b"." + _b64(raw[:32] + mirrored.to_bytes(32, "big"))
        assert key.public().verify(Kind.EVENT, signed) == str(n).encode()
        with pytest.raises(BadSignature):
            key.public().verify(Kind.EVENT, other)


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_a_refusal(message: bytes) -> None:
    with pytest.raises(WireError):
        KEY.public().verify(Kind.EVENT, message)


def outcome(key: VerifyKey, kind: Kind, message: bytes) -> bytes | type[WireError]:
    try:
        return key.verify(kind, message)
    except WireError as refusal:
        return type(refusal)


def spoiled(part: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def spoil(message: bytes) -> bytes:
        parts = message.split(b".")
        parts[part] = change(parts[part])
        return b".".join(parts)

    return spoil


SPOILED: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda message: message,
    "a part less": lambda message: message.rpartition(b".")[0],
    "a part more": lambda message: message + b".AA",
    "a byte behind": lambda message: message + b"\n",
    "a byte before": lambda message: b" " + message,
    "padding on the header": spoiled(0, lambda part: part + b"="),
    "padding on the payload": spoiled(1, lambda part: part + b"="),
    "padding on the signature": spoiled(2, lambda part: part + b"=="),
    "another alphabet in the payload": spoiled(1, lambda part: part[:-4] + b"-_+/"),
    "another alphabet in the signature": spoiled(2, lambda part: b"+" + part[1:]),
    "no header": spoiled(0, lambda _: b""),
    "no payload": spoiled(1, lambda _: b""),
    "no signature": spoiled(2, lambda _: b""),
    "a short signature": spoiled(2, lambda part: part[:-4]),
    "a long signature": spoiled(2, lambda part: part + b"AAAA"),
    "a signature of zeroes": spoiled(2, lambda part: b"A" * len(part)),
    "a signature that ends in another spelling": spoiled(2, lambda part: part[:-1] + bytes([part[-1] ^ 1])),
    "a payload that ends in another spelling": spoiled(
        1, lambda part: part[:-1] + bytes(byte ^ 1 for byte in part[-1:])
    ),
    "a header in another order": lambda message: _reheaded(
        message, {"typ": "dipchip-event", "kid": "kiosk-a#1", "alg": "Ed25519"}
    ),
    "too long to be any message": spoiled(1, lambda part: part + b"A" * 130_000),
}


@pytest.mark.parametrize("what", SPOILED)
@pytest.mark.parametrize("kind", [Kind.EVENT, Kind.HELLO])
@pytest.mark.parametrize("payload", [b"", b"{}", b"abc", b"x" * 700])
def test_what_is_checked_directly_is_what_the_library_says(what: str, kind: Kind, payload: bytes) -> None:
    direct = KEY.public()
    by_library = dataclasses.replace(direct, direct=None)
    message = SPOILED[what](KEY.sign(Kind.EVENT, payload))
    assert outcome(direct, kind, message) == outcome(by_library, kind, message)


@given(
    st.binary(max_size=60),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3)), max_size=4),
)
def test_no_change_makes_the_direct_check_and_the_library_disagree(
    payload: bytes, changes: list[tuple[int, bytes, int]]
) -> None:
    direct = KEY.public()
    by_library = dataclasses.replace(direct, direct=None)
    message = KEY.sign(Kind.EVENT, payload)
    for place, new, gone in changes:
        at = place % (len(message) + 1)
        message = message[:at] + new + message[at + gone :]
    assert outcome(direct, Kind.EVENT, message) == outcome(by_library, Kind.EVENT, message)


@pytest.mark.parametrize("purpose", [{"use": "enc"}, {"use": "sig"}, {"key_ops": ["sign"]}, {"key_ops": ["verify"]}])
def test_a_key_that_says_what_it_is_for_is_held_to_it(purpose: dict[str, object]) -> None:
    key = VerifyKey.from_jwk({**KEY.public().jwk(), **purpose})
    by_library = dataclasses.replace(key, direct=None)
    message = KEY.sign(Kind.EVENT, b"{}")
    assert outcome(key, Kind.EVENT, message) == outcome(by_library, Kind.EVENT, message)


@pytest.mark.parametrize("kind", list(Kind))
def test_what_a_key_signs_itself_needs_no_library_to_be_believed(kind: Kind) -> None:
    key = KEY.public()
    assert key.direct is not None
    assert key.direct.verify(kind, KEY.sign(kind, b"{}")) == b"{}"


def test_a_key_never_prints_itself() -> None:
    assert repr(KEY) == "SigningKey('kiosk-a#1')"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("payload", [b"", b"{}", bytes(range(256)), b"x" * 50_000])
def test_what_is_signed_directly_is_what_the_library_makes(kind: Kind, payload: bytes) -> None:
    header = {"alg": "Ed25519", "kid": KEY.kid, "typ": str(kind)}
    made = jws.serialize_compact(header, payload, OKPKey.import_key(KEY.jwk()), algorithms=["Ed25519"])
    assert KEY.sign(kind, payload) == made.encode()


def test_a_key_that_may_not_sign_does_not() -> None:
    key = SigningKey.from_jwk({**KEY.jwk(), "key_ops": ["verify"]})
    with pytest.raises(JoseError):
        key.sign(Kind.EVENT, b"{}")
