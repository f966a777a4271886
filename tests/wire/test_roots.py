# SPDX-License-Identifier: Apache-2.0
"""Whom the roots make a kiosk believe: two of three, each version by the one before, and nothing else."""

from __future__ import annotations

import json

import msgspec
import pytest
from joserfc import jws
from joserfc.jwk import KeySet, OKPKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from tests.simulators.root_keys import YEAR_MS, holder, roots, signed
from wire.errors import BadSignature, Malformed, TooLarge, WireError
from wire.ids import key_id
from wire.registration import Trust
from wire.roots import (
    ROOTS_BYTES,
    Roots,
    Signature,
    SignedRoots,
    first,
    followed,
    joined,
    read,
    succeeding,
    trust_in,
    unsigned,
    versions,
    with_signature,
)
from wire.sealing import OpeningKey
from wire.signing import Kind, SigningKey

NOW = 1_800_000_000_000
A, B, C, D, E = (holder(name) for name in "abcde")
THREE = (A, B, C)


def sealing() -> dict[str, object]:
    return OpeningKey.generate(key_id("relay-sealing#1")).public().jwk()


def trust() -> Trust:
    receipts, answers = (SigningKey.generate(key_id(name)).public().jwk() for name in ("controller#1", "relay#1"))
    return Trust(1, receipts, answers, sealing())


TRUST = trust()
ONE = roots(1, THREE, TRUST, NOW)
TWO = roots(2, THREE, trust(), NOW + YEAR_MS)


@pytest.mark.parametrize("holders", [(A, B), (A, C), (B, C), (A, B, C)], ids=["ab", "ac", "bc", "abc"])
def test_any_two_of_its_own_three_keys_make_a_first_version(holders: tuple[SigningKey, ...]) -> None:
    assert first(signed(ONE, *holders)) == ONE


@pytest.mark.parametrize("holders", [(), (A,), (A, D), (D, E)], ids=["none", "one", "one and a stranger", "strangers"])
def test_fewer_than_two_do_not(holders: tuple[SigningKey, ...]) -> None:
    with pytest.raises(BadSignature, match="not by 2"):
        first(signed(ONE, *holders))


def test_one_key_that_signs_twice_counts_once() -> None:
    content = msgspec.json.decode(signed(ONE, A), type=SignedRoots)
    with pytest.raises(BadSignature, match="signed by 1"):
        first(msgspec.json.encode(msgspec.structs.replace(content, signatures=content.signatures * 2)))


def test_one_key_under_two_names_is_one_key() -> None:
    with pytest.raises(Malformed, match="must be three"):
        roots(1, (A, A.named(key_id("root-other#1")), B), TRUST, NOW)


def test_two_keys_under_one_name_are_no_two_names() -> None:
    with pytest.raises(Malformed, match="must be three"):
        roots(1, (A, D.named(A.kid), B), TRUST, NOW)


def test_a_stranger_under_a_holders_name_is_not_that_holder() -> None:
    with pytest.raises(BadSignature):
        first(signed(ONE, A, D.named(B.kid)))


def test_another_threshold_is_no_roots_file() -> None:
    content = msgspec.json.decode(unsigned(ONE), type=SignedRoots)
    body = json.loads(urlsafe_b64decode(content.payload.encode())) | {"threshold": 1}
    lowered = SignedRoots(urlsafe_b64encode(json.dumps(body).encode()).decode(), ())
    with pytest.raises(Malformed):
        read(with_signature_of(lowered, A))


def with_signature_of(content: SignedRoots, key: SigningKey) -> bytes:
    protected, _, signature = key.sign(Kind.ROOTS, urlsafe_b64decode(content.payload.encode())).decode().split(".")
    return msgspec.json.encode(msgspec.structs.replace(content, signatures=(Signature(protected, signature),)))


def test_the_next_version_needs_two_of_the_version_before_and_two_of_its_own() -> None:
    rotated = roots(2, (C, D, E), TRUST, NOW)
    assert succeeding(ONE, signed(rotated, B, C, D)) == rotated  # C is of both
    for short in ((D, E), (A, B), (A, B, D), (C, D, E)):
        with pytest.raises(BadSignature, match="signed by"):
            succeeding(ONE, signed(rotated, *short))


def test_after_a_rotation_the_keys_that_left_count_no_more() -> None:
    rotated = roots(2, (C, D, E), TRUST, NOW)
    third = roots(3, THREE, TRUST, NOW)
    assert followed(ONE, [signed(rotated, A, C, D), signed(third, D, E, A, B)]) == third
    with pytest.raises(BadSignature, match="keys of version 2"):
        followed(ONE, [signed(rotated, A, C, D), signed(third, A, B)])


@pytest.mark.parametrize("version", [1, 3, 7])
def test_a_version_that_does_not_follow_is_refused(version: int) -> None:
    with pytest.raises(BadSignature, match="does not follow"):
        succeeding(ONE, signed(roots(version, THREE, TRUST, NOW), A, B))


def test_a_lower_version_never_takes_the_place_of_a_higher_one() -> None:
    one, two = signed(ONE, A, B), signed(TWO, A, B)
    assert followed(first(one), [two, one, two]) == TWO
    assert followed(first(two), [one]) == TWO


def test_a_version_of_another_fleet_is_refused() -> None:
    with pytest.raises(BadSignature, match="another root certificate"):
        succeeding(ONE, signed(roots(2, THREE, TRUST, NOW, root="cd" * 32), A, B))


def test_a_sealing_key_that_was_swapped_breaks_every_signature() -> None:
    content = msgspec.json.decode(signed(ONE, A, B, C), type=SignedRoots)
    swapped = msgspec.structs.replace(ONE, trust=msgspec.structs.replace(TRUST, sealing_key=sealing()))
    other = msgspec.json.decode(unsigned(swapped), type=SignedRoots)
    with pytest.raises(BadSignature, match="signed by 0"):
        first(msgspec.json.encode(msgspec.structs.replace(content, payload=other.payload)))


def test_a_signature_of_another_kind_is_none() -> None:
    message = D.sign(Kind.FACE_POLICY, msgspec.json.encode(ONE)).decode().split(".")
    forged = SignedRoots(message[1], (Signature(message[0], message[2]),))
    assert forged.by([D.public()]) == 0


def test_another_library_reads_it_as_json_web_signatures() -> None:
    holders = KeySet([OKPKey.import_key(key.public().jwk()) for key in (A, B)])
    checked = jws.deserialize_json(json.loads(signed(ONE, A, B)), holders, algorithms=["Ed25519"])
    assert msgspec.json.decode(checked.payload, type=Roots) == ONE


def test_signatures_of_several_copies_are_joined_and_of_other_drafts_are_not() -> None:
    assert first(joined([signed(ONE, A), signed(ONE, C)])) == ONE
    with pytest.raises(Malformed, match="not say the same"):
        joined([signed(ONE, A), signed(TWO, C)])
    again = with_signature(signed(ONE, A, B), A)
    assert len(msgspec.json.decode(again, type=SignedRoots).signatures) == 2


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b'{"payload":"!","signatures":[]}', b'{"payload":"e30","signatures":[]}']
)
def test_what_is_no_roots_file_is_refused(content: bytes) -> None:
    with pytest.raises(WireError):
        read(content)


def test_what_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooLarge):
        read(b" " * (ROOTS_BYTES + 1))
    with pytest.raises(TooLarge):
        versions(b"{}\n" * 65)


def test_a_trust_file_is_a_signed_one_with_what_came_later_or_a_bare_one() -> None:
    one, two = signed(ONE, A, B), signed(TWO, B, C)
    assert trust_in(one + b"\n") == ONE.trust
    assert trust_in(one, two + b"\n") == TWO.trust
    assert trust_in(two, two + b"\n") == TWO.trust
    assert trust_in(msgspec.json.encode(TRUST)) == TRUST
    with pytest.raises(BadSignature):
        trust_in(one, signed(TWO, B) + b"\n")
    with pytest.raises(BadSignature):
        trust_in(signed(ONE, A))
