# SPDX-License-Identifier: Apache-2.0
"""The keys of a kiosk that is to be: made on it, each once, and never sent anywhere.

They have no name until the answer to the claim brings it. Source: docs/adr/0037.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import msgspec
from cryptography.hazmat.primitives import serialization

from provisioning.device.chip import ChipKey, tls_key
from provisioning.errors import FolderError, RefusedError
from provisioning.files import as_json, secret
from wire.certificates import request
from wire.claims import UNNAMED_COURIER_KEY, UNNAMED_EVENT_KEY, Claim, fingerprint
from wire.envelope import seal_message
from wire.errors import WireError
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric import ec

    from provisioning.files import Report
    from wire.claims import ClaimCode
    from wire.ids import KeyId

_EVENT, _COURIER, _TLS = "event.jwk", "courier.jwk", "kiosk.key"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """The three: the screen's, the courier's, and the courier's for TLS."""

    event: SigningKey
    courier: SigningKey
    tls: ec.EllipticCurvePrivateKey

    @classmethod
    def born(cls, place: Path, token: str, report: Report, *, tls_in_chip: bool = False) -> Self:
        """The keys in this folder; what is not there yet is made, so that a power cut costs none.

        `token` is the PKCS#11 URI of an event key that was made in a TPM; empty: it is made here, as a file. The TLS
        key is made in the TPM where that is wanted, and here where not.

        Raises:
            FolderError: a file holds no such key.
            RefusedError: the token has no such key, the claim was begun with another one, or the TPM makes none.
        """
        event = (
            _in_token(place / _EVENT, token, report) if token else _signing(place / _EVENT, UNNAMED_EVENT_KEY, report)
        )
        courier = _signing(place / _COURIER, UNNAMED_COURIER_KEY, report)
        return cls(event, courier, tls_key(place / _TLS, report, in_chip=tls_in_chip))

    def claim(self, code: ClaimCode, facility: str, roots: int | None = None) -> bytes:
        """The signed request; `roots` is the version of those in the image."""
        event, courier = self.event.public().jwk(), self.courier.public().jwk()
        body = Claim(1, code, facility, event, courier, request(self.tls), roots)
        return seal_message(self.event, Kind.CLAIM, body)

    def fingerprint(self) -> bytes:
        """What the words on both screens are made of."""
        return fingerprint(self.event.public().jwk(), self.courier.public().jwk(), self.tls.public_key())

    def tls_pem(self) -> bytes:
        """The TLS key as its file holds it."""
        return private_pem(self.tls)


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A TLS key as text, for a file that only its owner reads; of one in a TPM, what that has wrapped."""
    if isinstance(key, ChipKey):
        return key.wrapped
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def signing_key(path: Path, jwk: bytes) -> SigningKey:
    """The signing key in the bytes of a file.

    Raises:
        FolderError: naming the file, and never quoting it.
    """
    try:
        return SigningKey.from_jwk(msgspec.json.decode(jwk))
    except (msgspec.DecodeError, WireError, TypeError) as error:
        message = f"{path}: not a private key ({type(error).__name__}). Start with a fresh image and another claim."
        raise FolderError(message) from None


def _in_token(path: Path, token: str, report: Report) -> SigningKey:
    """Only where it is stands in the file."""
    try:
        there = SigningKey.in_token(UNNAMED_EVENT_KEY, token)
    except WireError as error:
        message = f"--event-key-token: {error}. Make the key first, as docs/operations.md says."
        raise RefusedError(message) from error
    kept = signing_key(path, secret(path, lambda: as_json(there.jwk()), report))
    if kept.public() != there.public():
        message = f"--event-key-token: {path} was begun with another key. Start with a fresh image."
        raise RefusedError(message)
    return kept


def _signing(path: Path, kid: KeyId, report: Report) -> SigningKey:
    jwk = secret(path, lambda: as_json(SigningKey.generate(kid).jwk()), report)
    return signing_key(path, jwk)
