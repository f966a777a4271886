# SPDX-License-Identifier: Apache-2.0
"""The roots file: whom kiosks believe and seal to, signed by two of three keys that no running machine holds.

A JWS in JSON serialization with several signatures (RFC 7515, 7.2.1), each as a message of ours has one. The next
version is signed by two of the keys of the version before it and by two of its own, so that whoever holds one version
can follow to the newest, and nobody goes back. A file of several versions has one on each line.
Source: docs/adr/0039; the root role of The Update Framework (5.3); security design, 2.4.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode
from msgspec import Meta

from wire.bodies import Instant, Sha256Hex, Version1
from wire.envelope import decode, encode
from wire.errors import BadSignature, Malformed, TooLarge, WireError
from wire.registration import Trust
from wire.signing import Kind, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wire.signing import SigningKey

THRESHOLD, KEYS = 2, 3
ROOTS_BYTES = 16_000  # of one version
LATER = "roots/later.jsonl"  # beside a kiosk's trust.json: the versions that came after the one in it
_SIGNATURES = 8
_VERSIONS = 64


class Roots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version: the three root keys, what they vouch for, and until when.

    `trust` holds the receipt key, which signs orders too, the relay's answer key and the key that identities are sealed
    to, and the policy key; `root` is the SHA-256 of the fleet's root certificate (DER), in hexadecimal.
    """

    v: Version1
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    issued_ms: Instant
    expires_ms: Instant
    threshold: Literal[2]
    root_keys: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]
    trust: Trust
    root: Sha256Hex

    def __post_init__(self) -> None:
        """Refuse what the strict parsers refuse, and one key that stands for two.

        Raises:
            Malformed: naming the field.
        """
        keys = self.signers()
        if len({key.kid for key in keys}) < KEYS or len({key.thumbprint() for key in keys}) < KEYS:
            message = "the three root keys must be three"
            raise Malformed(message)
        self.trust.receipts(), self.trust.answers(), self.trust.sealing(), self.trust.policies()

    def signers(self) -> list[VerifyKey]:
        """The public root keys."""
        return [VerifyKey.from_jwk(jwk) for jwk in self.root_keys]

    def is_over(self, now_ms: int) -> bool:
        """Whether nobody may begin to trust it any more; who does already goes on."""
        return self.expires_ms <= now_ms


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One signature, with its protected header."""

    protected: Annotated[str, Meta(max_length=400)]
    signature: Annotated[str, Meta(max_length=200)]


class SignedRoots(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The exact bytes that were signed, in base64url, and who signed them."""

    payload: str
    signatures: Annotated[tuple[Signature, ...], Meta(max_length=_SIGNATURES)]

    def by(self, keys: Iterable[VerifyKey]) -> int:
        """How many of these keys have signed; two signatures of one key count as one."""
        return sum(any(self._holds(each, key) for each in self.signatures) for key in keys)

    def _holds(self, signature: Signature, key: VerifyKey) -> bool:
        compact = f"{signature.protected}.{self.payload}.{signature.signature}"
        try:
            key.verify(Kind.ROOTS, compact.encode("ascii"))
        except (WireError, UnicodeEncodeError):
            return False
        return True


def unsigned(roots: Roots) -> bytes:
    """A draft: what is to be signed, and no signature yet."""
    return msgspec.json.encode(SignedRoots(urlsafe_b64encode(encode(roots)).decode("ascii"), ()))


def with_signature(content: bytes, key: SigningKey) -> bytes:
    """The same with this key's signature beside the others, in place of an older one of its own.

    Raises:
        WireError: it is no draft and no roots file.
    """
    signed, _ = read(content)
    protected, payload, signature = key.sign(Kind.ROOTS, urlsafe_b64decode(signed.payload.encode())).split(b".")
    if payload.decode("ascii") != signed.payload:
        message = "the payload is not base64url as it must be"
        raise Malformed(message)
    fresh = Signature(protected.decode("ascii"), signature.decode("ascii"))
    others = tuple(each for each in signed.signatures if each.protected != fresh.protected)
    return msgspec.json.encode(SignedRoots(signed.payload, (*others, fresh)))


def joined(contents: Iterable[bytes]) -> bytes:
    """One file with the signatures of several that say the same.

    Raises:
        WireError: one is no roots file, or they do not say the same.
    """
    files = [read(content)[0] for content in contents]
    if len({each.payload for each in files}) != 1:
        message = "the files do not say the same"
        raise Malformed(message)
    every = {signature.protected: signature for each in files for signature in each.signatures}
    return msgspec.json.encode(SignedRoots(files[0].payload, tuple(every.values())))


def read(content: bytes) -> tuple[SignedRoots, Roots]:
    """What a file says, before anything of it is believed.

    Raises:
        WireError: it is none.
    """
    if len(content) > ROOTS_BYTES:
        message = f"a version of the roots has at most {ROOTS_BYTES} bytes"
        raise TooLarge(message)
    signed = decode(content, SignedRoots)
    try:
        payload = urlsafe_b64decode(signed.payload.encode("ascii"))
    except ValueError as error:
        message = "the payload is not base64url"
        raise Malformed(message) from error
    return signed, decode(payload, Roots)


def first(content: bytes) -> Roots:
    """The version to begin with, which came by a road that is believed; its own keys must have signed it.

    Raises:
        WireError: it is none, or fewer than two of its own keys have.
    """
    signed, roots = read(content)
    _require(signed, roots, "its own keys")
    return roots


def succeeding(current: Roots, content: bytes) -> Roots:
    """The very next version.

    1. Its number follows.
    2. Two of the keys of the version before it have signed it.
    3. So have two of its own.
    4. It is of the same fleet: the root certificate is the same.

    Raises:
        WireError: in that order.
    """
    signed, roots = read(content)
    if roots.version != current.version + 1:  # 1
        message = f"version {roots.version} of the roots does not follow version {current.version}"
        raise BadSignature(message)
    _require(signed, current, f"the keys of version {current.version}")  # 2
    _require(signed, roots, "its own keys")  # 3
    if roots.root != current.root:  # 4
        message = "the roots are for another root certificate"
        raise BadSignature(message)
    return roots


def followed(begun: Roots, later: Iterable[bytes]) -> Roots:
    """The newest version that leads on from the one that is trusted; what is not newer is passed over.

    Raises:
        WireError: one of them does not follow.
    """
    current = begun
    for content in later:
        if read(content)[1].version > current.version:
            current = succeeding(current, content)
    return current


def versions(content: bytes) -> list[bytes]:
    """The versions in a file, as they stand there.

    Raises:
        TooLarge: there are too many.
    """
    lines = [line for line in content.split(b"\n") if line.strip()]
    if len(lines) > _VERSIONS:
        message = f"at most {_VERSIONS} versions of the roots"
        raise TooLarge(message)
    return lines


def is_roots(content: bytes) -> bool:
    """Whether a trust file is signed by offline keys, or says itself whom to believe."""
    try:
        return "signatures" in msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return False


def trust_in(content: bytes, later: bytes = b"") -> Trust:
    """Whom a trust file says to believe: the newest of its roots, or what stands in a file without any.

    Raises:
        WireError: it is neither, or not signed as it must be.
    """
    if not is_roots(content):
        trust = decode(content, Trust)
        trust.receipts(), trust.answers(), trust.sealing(), trust.policies()
        return trust
    return followed(first(content.strip()), versions(later)).trust


def _require(signed: SignedRoots, of: Roots, whose: str) -> None:
    found = signed.by(of.signers())
    if found < of.threshold:
        message = f"the roots are signed by {found} of {whose}, not by {of.threshold}"
        raise BadSignature(message)
