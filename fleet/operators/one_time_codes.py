# SPDX-License-Identifier: Apache-2.0
"""Codes of an authenticator app: a secret per account, kept sealed with a key of the settings, each code good once.

The key is bound to the account's name: a sealed secret that is copied to another account does not open.
Source: RFC 6238; one step of 30 seconds either way is allowed (5.2), and a code is taken once (5.2).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fleet.errors import FleetError

ISSUER = "DipChip"
STEP_S = 30
_KEY_BYTES, _NONCE_BYTES = 32, 12
_DECOY = base64.b32encode(bytes(20)).decode()


class SealError(FleetError):
    """A sealed secret does not open with this key."""


@dataclass(frozen=True, slots=True, repr=False)
class OperatorKey:
    """The key that seals the secrets of all accounts."""

    _bytes: bytes

    @classmethod
    def from_text(cls, text: str) -> OperatorKey:
        """Read it as `dipchip-provision` wrote it.

        Raises:
            ValueError: it is not 32 bytes in base64.
        """
        try:
            found = base64.urlsafe_b64decode(text.strip())
        except (binascii.Error, ValueError):
            found = b""
        if len(found) != _KEY_BYTES:
            message = f"not {_KEY_BYTES} bytes in base64"
            raise ValueError(message)
        return cls(found)

    def seal(self, secret: str, name: str) -> bytes:
        """Seal an account's secret."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._bytes).encrypt(nonce, secret.encode(), _bound_to(name))

    def open(self, sealed: bytes, name: str) -> str:
        """Open an account's secret.

        Raises:
            SealError: it was sealed with another key, or for another account.
        """
        try:
            return AESGCM(self._bytes).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound_to(name)).decode()
        except (InvalidTag, ValueError) as error:
            message = (
                "The account's secret does not open with web.operator_key. Restore that key from your backup, or run "
                "dipchip-fleet account reset."
            )
            raise SealError(message) from error

    def disguise(self, text: str) -> str:
        """What stands for a text in a table, so that the text itself does not: somebody may type a password there."""
        return hmac.digest(self._bytes, b"dipchip-attempt|" + text.encode(), "sha256").hex()[:32]

    def token(self, text: str) -> bytes:
        """What stands for a text that must be found again, whole: two texts never have the same."""
        return hmac.digest(self._bytes, b"dipchip-token|" + text.encode(), "sha256")


def new_secret() -> str:
    """Make an account's secret: 160 bits in base32 (RFC 4226, 4: R6)."""
    return pyotp.random_base32()


def address(secret: str, name: str) -> str:
    """The `otpauth:` address that an authenticator app takes, as text or as a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def step_of(code: str, secret: str | None, now_ms: int) -> int | None:
    """Which step of time a code belongs to, now or one before or after; None for a wrong code or no secret."""
    now = now_ms // 1000 // STEP_S
    totp = pyotp.TOTP(secret or _DECOY)
    found = None
    for step in (now - 1, now, now + 1):  # all three each time: how long it takes tells nothing
        if hmac.compare_digest(totp.at(step * STEP_S).encode(), code.encode()):
            found = step
    return found if secret is not None else None


def _bound_to(name: str) -> bytes:
    return b"dipchip-totp|" + name.encode()
