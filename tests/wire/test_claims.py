# SPDX-License-Identifier: Apache-2.0
"""A claim's code, its two requests, and the words that stand for a kiosk's keys."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from wire import certificates, words
from wire.claims import (
    ALPHABET,
    REQUEST_BYTES,
    UNNAMED_COURIER_KEY,
    UNNAMED_EVENT_KEY,
    Claim,
    ClaimCode,
    Renewal,
    claim_code,
    fingerprint,
    new_code,
    open_claim,
    open_renewal,
    qr_payload,
    scanned,
    shown,
    who_renews,
    words_of,
)
from wire.envelope import seal_message
from wire.errors import BadSignature, Malformed, TooLarge, UnknownKind, WireError
from wire.ids import key_id
from wire.signing import Algorithm, Kind, SigningKey

EVENT, COURIER = SigningKey.generate(UNNAMED_EVENT_KEY), SigningKey.generate(UNNAMED_COURIER_KEY)
TLS = certificates.new_key()
P384 = {**ECKey.generate_key("P-384").as_dict(private=False), "kid": UNNAMED_EVENT_KEY, "alg": "ES256"}


def claim(**changes: Any) -> Claim:  # noqa: ANN401 - any of its fields
    asked: dict[str, Any] = {"v": 1, "code": "K7WM3QXD", "facility": "10670", "request": certificates.request(TLS)}
    asked |= {"event_key": EVENT.public().jwk(), "courier_key": COURIER.public().jwk()}
    return Claim(**(asked | changes))


def test_a_code_is_drawn_of_letters_that_nobody_takes_for_others() -> None:
    assert len(set(ALPHABET)) == 31
    assert not set("01ILO") & set(ALPHABET)
    drawn = {new_code() for _ in range(50)}
    assert len(drawn) == 50
    assert all(claim_code(code) == code for code in drawn)


@pytest.mark.parametrize("typed", ["k7wm-3qxd", "K7WM 3QXD", " k7wm3qxd\n"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert claim_code(typed) == "K7WM3QXD"
    assert shown(claim_code(typed)) == "K7WM-3QXD"


@pytest.mark.parametrize("typed", ["", "K7WM3QX", "K7WM3QXDD", "K7WM3QXO", "K7WM3QX๗"])
def test_what_is_no_code_is_said_so(typed: str) -> None:
    with pytest.raises(Malformed, match="8 of"):
        claim_code(typed)


def test_the_qr_code_holds_code_and_facility_and_nothing_else_is_taken_for_one() -> None:
    payload = qr_payload(ClaimCode("K7WM3QXD"), "10670")
    assert scanned(payload) == ("K7WM3QXD", "10670")
    for other in (payload + "&x=1", payload.replace("10670", "1067"), "https://example.org", ""):
        with pytest.raises(Malformed):
            scanned(other)


def test_there_is_a_word_for_each_byte_and_none_twice() -> None:
    assert len(words.WORDS) == 256
    assert all(len({pair[language] for pair in words.WORDS}) == 256 for language in (0, 1))


def test_the_words_of_a_fingerprint_never_change() -> None:
    assert words_of(bytes([0, 1, 2, 3, 4])) == "ช้าง-ทะเล-ดาว-ข้าว (elephant-sea-star-rice)"
    assert words.english(bytes([252, 253, 254, 255])) == "hippo-jar-basin-icecream"


def test_a_fingerprint_is_of_the_keys_and_not_of_their_names() -> None:
    event, courier = (key.named(key_id(f"k-udon-01#{n}")).public().jwk() for n, key in ((1, EVENT), (2, COURIER)))
    assert fingerprint(event, courier, TLS.public_key()) == claim().fingerprint()
    other = SigningKey.generate(UNNAMED_EVENT_KEY).public().jwk()
    assert fingerprint(other, courier, TLS.public_key()) != claim().fingerprint()
    assert fingerprint(event, courier, certificates.new_key().public_key()) != claim().fingerprint()


@pytest.mark.parametrize("algorithm", Algorithm)
def test_a_claim_is_signed_by_the_event_key_that_it_brings(algorithm: Algorithm) -> None:
    event = SigningKey.generate(UNNAMED_EVENT_KEY, algorithm)
    body = claim(event_key=event.public().jwk())
    assert open_claim(seal_message(event, Kind.CLAIM, body)) == body


def test_whoever_does_not_hold_the_event_key_cannot_claim_with_it() -> None:
    stranger = SigningKey.generate(UNNAMED_EVENT_KEY)
    with pytest.raises(BadSignature):
        open_claim(seal_message(stranger, Kind.CLAIM, claim()))


def test_whoever_does_not_hold_the_tls_key_cannot_claim_with_it() -> None:
    der = certificates.request(TLS)
    other = certificates.request(certificates.new_key())
    # The other's signature under this one's key: the last lines of the two requests changed places.
    forged = "\n".join([*der.splitlines()[:3], *other.splitlines()[3:]]) + "\n"
    with pytest.raises(WireError):
        open_claim(seal_message(EVENT, Kind.CLAIM, claim(request=forged)))


def test_a_request_for_another_kind_of_key_is_refused() -> None:
    other = certificates.request(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(Malformed, match="P-256"):
        open_claim(seal_message(EVENT, Kind.CLAIM, claim(request=other)))


def test_a_heartbeat_cannot_be_taken_for_a_claim() -> None:
    with pytest.raises(UnknownKind):
        open_claim(seal_message(EVENT, Kind.HEARTBEAT, claim()))


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "K7WM3QXO"},
        {"facility": "1067"},
        {"event_key": SigningKey.generate(key_id("k-udon-01#1")).public().jwk()},
        {"event_key": EVENT.jwk()},
        {"event_key": {**EVENT.public().jwk(), "use": "enc"}},
        {"event_key": {**EVENT.public().jwk(), "alg": "ES256"}},
        {"event_key": {**EVENT.public().jwk(), "alg": ["Ed25519"]}},
        {"event_key": P384},
        {"courier_key": {**EVENT.public().jwk(), "kid": UNNAMED_COURIER_KEY}},
        {"request": "x" * 2001},
        {"request": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"},
    ],
)
def test_what_is_no_claim_is_malformed(changes: dict[str, Any]) -> None:
    body = msgspec.to_builtins(claim()) | changes
    message = EVENT.sign(Kind.CLAIM, msgspec.json.encode(body))
    with pytest.raises(Malformed):
        open_claim(message)


def test_a_claim_that_is_too_large_is_not_looked_at() -> None:
    with pytest.raises(TooLarge):
        open_claim(b"x" * (REQUEST_BYTES + 1))


@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_be_refused(noise: bytes) -> None:
    for read in (open_claim, who_renews, lambda message: open_renewal(message, EVENT.public())):
        with pytest.raises(WireError):
            read(noise)


def test_a_renewal_says_whose_it_is_and_is_believed_by_the_registered_key_only() -> None:
    body = Renewal(1, "k-udon-01", certificates.request(TLS))
    message = seal_message(EVENT, Kind.RENEWAL, body)
    assert who_renews(message) == "k-udon-01"
    assert open_renewal(message, EVENT.public()) == body
    stranger = SigningKey.generate(UNNAMED_EVENT_KEY)
    with pytest.raises(BadSignature):
        open_renewal(message, stranger.public())


def test_a_key_under_another_name_signs_the_same() -> None:
    renamed = EVENT.named(key_id("k-udon-01#1"))
    assert renamed.public().thumbprint() == EVENT.public().thumbprint()
    assert replace(renamed.public(), direct=None).verify(Kind.CLAIM, renamed.sign(Kind.CLAIM, b"x")) == b"x"
