# SPDX-License-Identifier: Apache-2.0
"""How a kiosk claims its name, and later asks for its next certificate: the code, the two requests and their answers.

A claim is signed by the event key that it brings along: it proves that whoever asks holds that key, and nothing else;
the code is what is believed. A renewal is signed by the event key that was registered. Source: docs/adr/0037.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, NewType

import msgspec
from msgspec import Meta

from wire import certificates, words
from wire.bodies import FacilityText, KioskText, Version1
from wire.envelope import open_message, unverified
from wire.errors import Malformed
from wire.events import Profile
from wire.ids import facility_code, key_id, shard
from wire.provinces import province_code
from wire.registration import Trust
from wire.signing import Algorithm, Kind, VerifyKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec


CLAIM, RENEWAL = "/claim/v1", "/renewal/v1"
MEDIA_TYPE = "application/jose"  # RFC 7515, 9.2.1
REQUEST_BYTES = 8_000
ANSWER_BYTES = 200_000  # a face policy and two certificates, and some

# In a kiosk's spool: what its event key has signed, and what the signer said to it.
RENEWAL_REQUEST, RENEWAL_ANSWER = "renewal.jws", "renewal.json"
RENEWAL_WANTED = "wanted"  # an empty file: ask now, whatever the certificate's age

# Digits and capitals of which none is taken for another one: no 0 O, 1 I L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LETTERS = 8
LIVES_MS = 15 * 60 * 1000
UNNAMED_EVENT_KEY, UNNAMED_COURIER_KEY = key_id("unnamed#1"), key_id("unnamed#2")  # until the answer brings the name

ClaimCode = NewType("ClaimCode", str)
_SCHEME = "dipchip-claim:1?"
_QR = re.compile(rf"dipchip-claim:1\?code=([{ALPHABET}]{{{CODE_LETTERS}}})&facility=([0-9]{{5}})")
_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LETTERS}}}")

# Each algorithm's kind of key, and what its public JWK says (RFC 7518, 6.2.1; RFC 8037, 2).
_BARE = {
    Algorithm.ED25519: ({"OKP", "Ed25519"}, {"kty", "crv", "x", "kid", "alg"}),
    Algorithm.ES256: ({"EC", "P-256"}, {"kty", "crv", "x", "y", "kid", "alg"}),
}

CodeText = Annotated[str, Meta(pattern=rf"^[{ALPHABET}]{{{CODE_LETTERS}}}\Z")]
RequestText = Annotated[str, Meta(max_length=2_000)]
HostText = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}\Z")]
RootsVersion = Annotated[int, Meta(ge=1, le=1_000_000)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Why(StrEnum):
    """Why a claim or a renewal was not granted."""

    NOT_KNOWN = "claim_not_known"  # a guess, or another facility's
    EXPIRED = "claim_expired"
    USED = "claim_used"  # by other keys
    TOO_MANY = "too_many_tries"
    NAME_TAKEN = "name_taken"  # registered in another way meanwhile
    REVOKED = "kiosk_revoked"
    STRANGER = "kiosk_not_known"  # no such kiosk, or not its key
    NOT_DUE = "renewal_not_due"
    MALFORMED = "malformed"


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The answer that grants nothing."""

    v: Version1
    why: Why


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a kiosk without a name asks: the code, where it stands, two public JWKs, its TLS key's PKCS#10 request.

    `roots` is the version of the roots in its image, where there is one; then it is answered with those that follow.
    """

    v: Version1
    code: CodeText
    facility: FacilityText
    event_key: dict[str, Any]
    courier_key: dict[str, Any]
    request: RequestText
    roots: RootsVersion | None = None

    def __post_init__(self) -> None:
        """Refuse what the strict parsers refuse.

        Raises:
            Malformed: naming the field.
        """
        event_key, courier_key = _bare(self.event_key), _bare(self.courier_key)
        if (event_key.kid, courier_key.kid) != (UNNAMED_EVENT_KEY, UNNAMED_COURIER_KEY):
            message = f"the keys must be called {UNNAMED_EVENT_KEY} and {UNNAMED_COURIER_KEY}"
            raise Malformed(message)
        if event_key.thumbprint() == courier_key.thumbprint():
            message = "one key stands for two"
            raise Malformed(message)

    def fingerprint(self) -> bytes:
        """What stands for its keys, here and on the other side's screen."""
        return fingerprint(self.event_key, self.courier_key, certificates.requested_key(self.request))


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name or address, and a port."""

    host: HostText
    port: Port


class Bundle(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a claim is answered with: who the kiosk is, its certificate, whom it trusts and whom it reaches.

    `certificate` is its chain and `root` the fleet's root, as PEM; `policy` is the signed face policy, if there is one.
    `roots` are the versions of the roots after the one that the kiosk has said it has: `wire.roots`.
    """

    v: Version1
    kiosk: KioskText
    facility: FacilityText
    province: str
    shard: str
    profile: Profile
    certificate: str
    root: str
    trust: Trust
    brokers: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=8)]
    https: Address
    policy: str | None = None
    roots: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what the strict parsers refuse.

        Raises:
            Malformed: naming the field.
        """
        facility_code(self.facility)
        province_code(self.province)
        shard(self.shard)
        self.trust.receipts(), self.trust.answers(), self.trust.sealing(), self.trust.policies()


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a kiosk asks whose certificate is half over, or wholly: a PKCS#10 request of a new TLS key.

    `roots` is the version that it believes; one that believes none does not say so, and is told none.
    """

    v: Version1
    kiosk: KioskText
    request: RequestText
    roots: RootsVersion | None = None


class Renewed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The answer: the chain, as PEM, and the versions of the roots after the kiosk's."""

    v: Version1
    kiosk: KioskText
    certificate: str
    roots: tuple[str, ...] = ()


class Introduction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an image knows of its fleet: the door, the root as PEM, and the roots if there are some. It is public."""

    v: Version1
    door: Address
    root: str
    roots: str | None = None


def new_code() -> ClaimCode:
    """Draw a code."""
    return ClaimCode("".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS)))


def claim_code(typed: str) -> ClaimCode:
    """Read a code as a person types it: in small letters, with a dash or spaces.

    Raises:
        Malformed: when it is none.
    """
    code = re.sub(r"[\s-]", "", typed).upper()
    if not _CODE.fullmatch(code):
        message = f"a claim's code is {CODE_LETTERS} of {ALPHABET}"
        raise Malformed(message)
    return ClaimCode(code)


def shown(code: ClaimCode) -> str:
    """A code as it is shown and read aloud."""
    return f"{code[:4]}-{code[4:]}"


def qr_payload(code: ClaimCode, facility: str) -> str:
    """What the QR code holds."""
    return f"{_SCHEME}code={code}&facility={facility}"


def scanned(payload: str) -> tuple[ClaimCode, str]:
    """The code and the facility of a QR code.

    Raises:
        Malformed: when it is another kind of QR code.
    """
    found = _QR.fullmatch(payload)
    if found is None:
        message = "not the QR code of a claim"
        raise Malformed(message)
    return ClaimCode(found[1]), found[2]


def fingerprint(event_key: dict[str, Any], courier_key: dict[str, Any], tls_key: ec.EllipticCurvePublicKey) -> bytes:
    """SHA-256 over a kiosk's three public keys; what they are called is no part of it."""
    parts = [VerifyKey.from_jwk(jwk).thumbprint() for jwk in (event_key, courier_key)]
    parts.append(certificates.key_digest(tls_key))
    return hashlib.sha256(b"dipchip-keys-1\0" + "\0".join(parts).encode("ascii")).digest()


def words_of(digest: bytes) -> str:
    """A fingerprint as people compare it, in Thai and in English."""
    return f"{words.thai(digest)} ({words.english(digest)})"


def open_claim(message: bytes) -> Claim:
    """Read a claim that is signed by the very event key in it.

    Raises:
        WireError: too large, malformed, or not so signed; nothing in it is believed by that but who holds the key.
    """
    body = unverified(message, Claim, REQUEST_BYTES)
    verified, _ = open_message(message, Kind.CLAIM, VerifyKey.from_jwk(body.event_key), Claim)
    certificates.requested_key(verified.request)
    return verified


def who_renews(message: bytes) -> str:
    """Which kiosk a renewal says it is of, before anything of it is believed.

    Raises:
        WireError: when it is none.
    """
    return unverified(message, Renewal, REQUEST_BYTES).kiosk


def open_renewal(message: bytes, key: VerifyKey) -> Renewal:
    """Read a renewal that is signed by the registered event key.

    Raises:
        WireError: when it is not.
    """
    verified, _ = open_message(message, Kind.RENEWAL, key, Renewal)
    certificates.requested_key(verified.request)
    return verified


def _bare(jwk: dict[str, Any]) -> VerifyKey:
    """A public key and nothing else: whoever claims is anybody, and what is registered is kept for ever."""
    if jwk.get("alg") not in _BARE or {jwk.get("kty"), jwk.get("crv")} != _BARE[jwk["alg"]][0]:
        text = "a kiosk's key is Ed25519, or P-256 for ES256"
        raise Malformed(text)
    if jwk.keys() != _BARE[jwk["alg"]][1]:
        text = "a kiosk's key is public and says no more than it must"
        raise Malformed(text)
    return VerifyKey.from_jwk(jwk)
