# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.asks import answer_info, ask_info, identity_info
from wire.errors import Malformed
from wire.ids import KeyId
from wire.sealing import OpeningKey, SealingKey, padded, unpadded

KEY = OpeningKey.generate(KeyId("relay#1"))
INFO = identity_info("kiosk-a", "event-1")


def test_only_the_owner_opens_what_was_sealed() -> None:
    sealed = KEY.public().seal(b"somebody", INFO)
    assert KEY.open(sealed, INFO) == b"somebody"
    with pytest.raises(Malformed):
        OpeningKey.generate(KeyId("relay#1")).open(sealed, INFO)


@pytest.mark.parametrize(
    "info",
    [identity_info("kiosk-b", "event-1"), identity_info("kiosk-a", "event-2"), ask_info("kiosk-a", "event-1"), b""],
)
def test_a_sealed_body_moved_to_another_use_does_not_open(info: bytes) -> None:
    with pytest.raises(Malformed):
        KEY.open(KEY.public().seal(b"somebody", INFO), info)


def test_the_three_uses_never_share_an_info() -> None:
    assert len({identity_info("k", "x"), ask_info("k", "x"), answer_info("k", "x")}) == 3


def test_the_size_does_not_tell_the_length_of_a_name() -> None:
    sizes = {len(KEY.public().seal(b"x" * n, INFO)) for n in range(0, 250, 10)}
    assert len(sizes) == 1


@given(st.binary(max_size=600))
def test_padding_comes_off_again(plaintext: bytes) -> None:
    assert unpadded(padded(plaintext)) == plaintext
    assert len(padded(plaintext)) % 256 == 0


@given(st.binary(max_size=400))
def test_no_bytes_raise_anything_but_a_refusal(sealed: bytes) -> None:
    with pytest.raises(Malformed):
        KEY.open(sealed, INFO)


def test_a_key_survives_its_file_and_never_prints_itself() -> None:
    again = OpeningKey.from_jwk(json.loads(json.dumps(KEY.jwk())))
    assert again.open(SealingKey.from_jwk(KEY.public().jwk()).seal(b"x", INFO), INFO) == b"x"
    assert repr(KEY) == "OpeningKey('relay#1')"
    assert "d" not in KEY.public().jwk()


@pytest.mark.parametrize("jwk", [{}, {"kty": "OKP", "crv": "X25519", "kid": "a#1"}, {"kty": "EC"}])
def test_what_is_no_key_is_refused(jwk: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        SealingKey.from_jwk(jwk)
