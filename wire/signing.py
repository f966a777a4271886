# SPDX-License-Identifier: Apache-2.0
"""Compact JWS over exact bytes (RFC 7515), with the algorithm fixed by the registered key and never negotiated.

Source: security design, section 2.1; RFC 7515; RFC 9864 (`Ed25519`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from wire.errors import BadSignature, Malformed, UnknownKind
from wire.ids import KeyId, key_id
from wire.token import TokenKey

if TYPE_CHECKING:
    from collections.abc import Callable


class Kind(StrEnum):
    """The `typ` of a signed message: a receipt can never be taken for a command."""

    EVENT = "dipchip-event"
    HELLO = "dipchip-hello"
    HEARTBEAT = "dipchip-heartbeat"
    ASK = "dipchip-ask"
    RESULT = "dipchip-result"
    COMPLAINT = "dipchip-complaint"
    RECEIPT = "dipchip-receipt"
    ANSWER = "dipchip-answer"
    ANNOUNCEMENTS = "dipchip-announcements"
    HELP = "dipchip-help"
    ORDER = "dipchip-order"
    HELP_NUMBER = "dipchip-number"
    FACE_POLICY = "dipchip-face-policy"  # a file, not a message
    ROOTS = "dipchip-roots"  # likewise
    CLAIM = "dipchip-claim"  # these three are requests to the signer, on no topic
    RENEWAL = "dipchip-renewal"
    SELF_TEST = "dipchip-self-test"


class Algorithm(StrEnum):
    """The two algorithms a key may be registered with: software keys and TPM keys."""

    ED25519 = "Ed25519"  # RFC 9864
    ES256 = "ES256"  # RFC 7518, 3.4


# The chain links digests of whole messages. Of the two ECDSA signatures that hold for one message only the one with the
# low s is made and taken, else whoever carries it could give it another digest and cut the chain behind it.
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # SEC 2, 2.4.2
_HALF_BYTES = 32  # RFC 7518, 3.4: r and s, big endian

_HEADER_FIELDS = frozenset({"alg", "kid", "typ"})
_SIGNATURE_CHARACTERS = 86  # 64 bytes, RFC 8032, 5.1.6
_DIRECT_BYTES = 60_000  # of a JWS; joserfc's own bound is looser, and beyond this it decides
_DOES_NOT_HOLD = "the signature does not hold"
_WHERE = "pkcs11"  # a member of ours: where the private half is (RFC 7517, 4 allows for further ones)
_PURPOSES = frozenset({"use", "key_ops"})  # RFC 7517, 4.2 and 4.3


def _imported(algorithm: Algorithm, jwk: dict[str, Any]) -> OKPKey | ECKey:
    key_type: type[OKPKey | ECKey] = OKPKey if algorithm is Algorithm.ED25519 else ECKey
    try:
        return key_type.import_key(dict(jwk))
    except (JoseError, ValueError, TypeError, KeyError) as error:
        message = f"the key is not a JWK for {algorithm}"
        raise Malformed(message) from error


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key with its id and its one algorithm. One that is in a token has only its public half here."""

    kid: KeyId
    algorithm: Algorithm
    _key: OKPKey | ECKey
    _token: str | None = None  # a PKCS#11 URI

    @classmethod
    def generate(cls, kid: KeyId, algorithm: Algorithm = Algorithm.ED25519) -> Self:
        """Make a fresh key."""
        fresh = OKPKey.generate_key("Ed25519") if algorithm is Algorithm.ED25519 else ECKey.generate_key("P-256")
        return cls(kid, algorithm, fresh)

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> Self:
        """Read a private JWK that carries `kid` and `alg`, or a public one that names its private half by `pkcs11`.

        Raises:
            Malformed: when it is neither.
        """
        verify = VerifyKey.from_jwk(jwk)
        if _WHERE in jwk:
            return cls._in_token(verify, jwk)
        if "d" not in jwk:
            message = "the key file holds no private key"
            raise Malformed(message)
        return cls(verify.kid, verify.algorithm, _imported(verify.algorithm, jwk))

    @classmethod
    def _in_token(cls, verify: VerifyKey, jwk: dict[str, Any]) -> Self:
        uri = jwk[_WHERE]
        if verify.algorithm is not Algorithm.ES256 or not isinstance(uri, str) or "d" in jwk:
            message = (
                "a key in a token is named by a PKCS#11 URI, signs with ES256, and has no private half in the file"
            )
            raise Malformed(message)
        TokenKey.at(uri)
        return cls(verify.kid, verify.algorithm, _imported(verify.algorithm, _public(jwk)), uri)

    @classmethod
    def in_token(cls, kid: KeyId, uri: str) -> Self:
        """The P-256 key that a PKCS#11 URI names.

        Raises:
            Malformed: when it is not there.
        """
        return cls.from_jwk({**TokenKey.at(uri).public(), "kid": kid, "alg": str(Algorithm.ES256), _WHERE: uri})

    def named(self, kid: KeyId) -> Self:
        """The same key under another name."""
        return type(self).from_jwk({**self.jwk(), "kid": kid})

    @property
    def is_in_token(self) -> bool:
        """Whether the private half is in a token, and not here."""
        return self._token is not None

    def jwk(self) -> dict[str, Any]:
        """The private JWK, for a file that only its owner reads; of a key in a token, where that is."""
        if self._token is not None:
            return {**self._described(private=False), _WHERE: self._token}
        return self._described(private=True)

    def public(self) -> VerifyKey:
        """The public half."""
        return VerifyKey.from_jwk(self._described(private=False))

    def _described(self, *, private: bool) -> dict[str, Any]:
        return {**self._key.as_dict(private=private), "kid": self.kid, "alg": str(self.algorithm)}

    def sign(self, kind: Kind, payload: bytes) -> bytes:
        """Sign exactly these bytes as this kind."""
        if self._token is not None:
            signed = _header(self.kid, self.algorithm, kind) + b"." + urlsafe_b64encode(payload)
            return _with_low_s(signed + b"." + urlsafe_b64encode(TokenKey.at(self._token).sign(signed)))
        private = self._key.private_key
        if isinstance(private, Ed25519PrivateKey) and not _says_its_purpose(self._key):
            signed = _header(self.kid, self.algorithm, kind) + b"." + urlsafe_b64encode(payload)
            return signed + b"." + urlsafe_b64encode(private.sign(signed))  # the very bytes that joserfc makes
        header = {"alg": str(self.algorithm), "kid": self.kid, "typ": str(kind)}
        signed = jws.serialize_compact(header, payload, self._key, algorithms=[str(self.algorithm)]).encode("ascii")
        return signed if self.algorithm is not Algorithm.ES256 else _with_low_s(signed)

    def __repr__(self) -> str:
        """Show the id and never the key."""
        return f"SigningKey({self.kid!r})"


def _with_low_s(signed: bytes) -> bytes:
    head, _, tail = signed.rpartition(b".")
    signature = urlsafe_b64decode(tail)
    s = int.from_bytes(signature[_HALF_BYTES:], "big")
    low = min(s, _P256_ORDER - s).to_bytes(_HALF_BYTES, "big")
    return head + b"." + urlsafe_b64encode(signature[:_HALF_BYTES] + low)


@dataclass(frozen=True, slots=True)
class DirectCheck:
    """An Ed25519 key and the very headers that its own signer writes: what can be checked without a JOSE library.

    It says yes or no only where joserfc would say the same, and leaves everything else to it. `quick` is asked first
    whether a signature over some bytes holds; only its yes is believed.
    """

    key: Ed25519PublicKey
    headers: dict[Kind, bytes]
    quick: Callable[[bytes, bytes], bool] | None = None

    @classmethod
    def of(cls, kid: KeyId, algorithm: Algorithm, key: OKPKey | ECKey) -> Self | None:
        """None for a key of another algorithm, or one that says what it may be used for."""
        public = key.public_key
        if not isinstance(public, Ed25519PublicKey) or _says_its_purpose(key):
            return None
        return cls(public, {kind: _header(kid, algorithm, kind) for kind in Kind})

    def verify(self, kind: Kind, signed: bytes) -> bytes | None:
        """The bytes that were signed; None when somebody else must look at it.

        Raises:
            BadSignature: when all is as it should be but the signature does not hold.
        """
        header, _, rest = signed.partition(b".")
        payload_part, _, signature_part = rest.partition(b".")
        if len(signed) > _DIRECT_BYTES or header != self.headers[kind] or len(signature_part) != _SIGNATURE_CHARACTERS:
            return None
        try:
            payload, signature = urlsafe_b64decode(payload_part), urlsafe_b64decode(signature_part)
        except ValueError:
            return None
        covered = signed[: -_SIGNATURE_CHARACTERS - 1]
        if self.quick is not None and self.quick(signature, covered):
            return payload
        try:
            self.key.verify(signature, covered)
        except InvalidSignature as error:
            raise BadSignature(_DOES_NOT_HOLD) from error
        return payload


def _public(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in ("d", _WHERE)}


def _says_its_purpose(key: OKPKey | ECKey) -> bool:
    """Whether joserfc would have to look whether the key may be used for this."""
    return bool(_PURPOSES & key.dict_value.keys())


@lru_cache(maxsize=256)
def _header(kid: KeyId, algorithm: Algorithm, kind: Kind) -> bytes:
    header = {"alg": str(algorithm), "kid": kid, "typ": str(kind)}
    return urlsafe_b64encode(json.dumps(header, separators=(",", ":")).encode())


@dataclass(frozen=True, slots=True)
class VerifyKey:
    """A registered public key with its id and its one algorithm; `direct` checks what its own signer writes."""

    kid: KeyId
    algorithm: Algorithm
    _key: OKPKey | ECKey
    direct: DirectCheck | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> Self:
        """Read a JWK that carries `kid` and `alg`; a private part is dropped.

        Raises:
            Malformed: when it is no such key.
        """
        try:
            algorithm = Algorithm(jwk["alg"])
            kid = key_id(jwk["kid"])
        except (KeyError, ValueError, TypeError) as error:
            message = "a key needs `kid` and one of the algorithms Ed25519 and ES256"
            raise Malformed(message) from error
        key = _imported(algorithm, _public(jwk))
        return cls(kid, algorithm, key, DirectCheck.of(kid, algorithm, key))

    def hastened(self, check_of: Callable[[bytes], Callable[[bytes, bytes], bool]]) -> Self:
        """The same key, checked first by a quicker library, made for its raw bytes; what it refuses is looked at again.

        A key of the other algorithm stays as it is.
        """
        if self.direct is None:
            return self
        return replace(self, direct=replace(self.direct, quick=check_of(self.direct.key.public_bytes_raw())))

    def jwk(self) -> dict[str, Any]:
        """The public JWK."""
        return {**self._key.as_dict(private=False), "kid": self.kid, "alg": str(self.algorithm)}

    def thumbprint(self) -> str:
        """SHA-256 of the key itself (RFC 7638), in base64url: the same whatever it is called."""
        return str(self._key.thumbprint())

    def verify(self, kind: Kind, signed: bytes) -> bytes:
        """Check a compact JWS and return the exact bytes that were signed.

        1. The three parts are there and the header is exactly `{alg, kid, typ}`.
        2. `typ` is the expected kind.
        3. `alg` and `kid` are this key's.
        4. The signature holds, and is the one of its kind.

        Raises:
            Malformed, UnknownKind, BadSignature: in that order of checks.
        """
        if self.direct is not None and (payload := self.direct.verify(kind, signed)) is not None:
            return payload
        return self._strictly(kind, signed)

    def _strictly(self, kind: Kind, signed: bytes) -> bytes:
        try:
            compact = jws.extract_compact(signed)  # 1
        except (JoseError, ValueError, TypeError) as error:
            message = "not a compact JWS"
            raise Malformed(message) from error
        header = compact.headers()
        if header.keys() != _HEADER_FIELDS:
            message = "the protected header must be exactly alg, kid and typ"
            raise Malformed(message)
        if header["typ"] != kind:  # 2
            message = f"expected a {kind}"
            raise UnknownKind(message)
        if header["alg"] != self.algorithm or header["kid"] != self.kid:  # 3
            message = "signed with another key or algorithm than the registered one"
            raise BadSignature(message)
        try:
            good = jws.validate_compact(compact, self._key, algorithms=[str(self.algorithm)])  # 4
        except (JoseError, ValueError, TypeError) as error:
            message = "the signature cannot be checked"
            raise BadSignature(message) from error
        if not good or (self.algorithm is Algorithm.ES256 and _with_low_s(signed) != signed):
            raise BadSignature(_DOES_NOT_HOLD)
        return bytes(compact.payload)
