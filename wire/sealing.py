# SPDX-License-Identifier: Apache-2.0
"""Sealing to one reader with HPKE (RFC 9180: DHKEM X25519, HKDF-SHA256, AES-256-GCM), bound to its use by `info`.

Base mode does not authenticate the sender: the JWS that carries the digest does.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from wire.errors import Malformed
from wire.ids import KeyId, key_id

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_PAD_BYTES = 256  # lengths of names must not show in the size (security design, W3)
_LENGTH_BYTES = 4
_KEY_BYTES = 32  # RFC 7748, 5


def sealing_info(purpose: str, *bound_to: str) -> bytes:
    """The HPKE `info`: a sealed body moved to another kiosk or event no longer opens."""
    return "\0".join(("dipchip-1", purpose, *bound_to)).encode()


def padded(plaintext: bytes, multiple: int = _PAD_BYTES) -> bytes:
    """Prefix the length (4 bytes, big endian) and fill with zeros to a multiple of `multiple` bytes."""
    body = len(plaintext).to_bytes(_LENGTH_BYTES, "big") + plaintext
    return body + bytes(-len(body) % multiple)


def unpadded(body: bytes) -> bytes:
    """Take the padding off again.

    Raises:
        Malformed: when the stated length does not fit.
    """
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    if len(body) < _LENGTH_BYTES + length:
        message = "the padding states more bytes than there are"
        raise Malformed(message)
    return body[_LENGTH_BYTES : _LENGTH_BYTES + length]


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        message = "a sealing key is base64url text"
        raise Malformed(message)
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        message = "a sealing key is base64url text"
        raise Malformed(message) from error
    if len(raw) != _KEY_BYTES:
        message = "an X25519 key has 32 bytes"
        raise Malformed(message)
    return raw


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A public key to seal to."""

    kid: KeyId
    _key: X25519PublicKey

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> Self:
        """Read an OKP JWK (RFC 8037) with `crv` X25519 and a `kid`."""
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "X25519":
            message = "a sealing key is an OKP key on X25519"
            raise Malformed(message)
        return cls(key_id(str(jwk.get("kid", ""))), X25519PublicKey.from_public_bytes(_decoded(jwk.get("x"))))

    def jwk(self) -> dict[str, Any]:
        """The public JWK."""
        return {"kty": "OKP", "crv": "X25519", "x": _encoded(self._key.public_bytes_raw()), "kid": self.kid}

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """Seal, padded, so that only the key's owner can open it and only with the same `info`."""
        return _SUITE.encrypt(padded(plaintext), self._key, info=info)


@dataclass(frozen=True, slots=True, repr=False)
class OpeningKey:
    """The private half: held by the relay for identities, by one session for its answers."""

    kid: KeyId
    _key: X25519PrivateKey

    @classmethod
    def generate(cls, kid: KeyId) -> Self:
        """Make a fresh key."""
        return cls(kid, X25519PrivateKey.generate())

    @classmethod
    def from_jwk(cls, jwk: dict[str, Any]) -> Self:
        """Read a private OKP JWK."""
        public = SealingKey.from_jwk(jwk)
        return cls(public.kid, X25519PrivateKey.from_private_bytes(_decoded(jwk.get("d"))))

    def jwk(self) -> dict[str, Any]:
        """The private JWK, for a file that only its owner reads."""
        return {**self.public().jwk(), "d": _encoded(self._key.private_bytes_raw())}

    def public(self) -> SealingKey:
        """The public half."""
        return SealingKey(self.kid, self._key.public_key())

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open what was sealed to this key with the same `info`.

        Raises:
            Malformed: when it was sealed to another key, for another use, or altered.
        """
        try:
            body = _SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError) as error:
            message = "sealed to another key, for another use, or altered"
            raise Malformed(message) from error
        return unpadded(body)

    def __repr__(self) -> str:
        """Show the id and never the key."""
        return f"OpeningKey({self.kid!r})"
