# SPDX-License-Identifier: Apache-2.0
"""Makes a person's token: the same person gives the same token, and without the relay's key it says nothing.

The key never leaves the relay: whoever holds key and table can try every number in hours.
Source: security design, section 3.1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from io import BufferedReader

HEALTH_ID = "health-id|1"  # a new purpose or year makes tokens that cannot be joined with these
STAFF = "staff|1"  # of rosters: who works where says nothing of who has enrolled (docs/adr/0023)
_KEY_BYTES = 32
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True, repr=False)
class TokenKey:
    """The relay's 256-bit key."""

    _key: bytes

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the key file's base64url text.

        Raises:
            ValueError: when it does not hold 32 bytes.
        """
        bare = text.strip().rstrip("=")
        message = "a token key is 32 bytes in base64url"
        try:
            key = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValueError(message) from error
        if len(key) != _KEY_BYTES:
            raise ValueError(message)
        return cls(key)

    def token(self, citizen_number: str, purpose: str = HEALTH_ID) -> bytes:
        """The person's token for a purpose: 128 bits."""
        return hmac.digest(self._key, f"{purpose}|{citizen_number}".encode(), hashlib.sha256)[:_TOKEN_BYTES]

    def mac(self, content: BufferedReader) -> str:
        """The HMAC of a file of people: whoever holds the key can tell the file, and nobody can try out numbers."""
        return hmac.digest(self._key, b"file|1|" + hashlib.file_digest(content, "sha256").digest(), "sha256").hex()

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "TokenKey(masked)"
