# SPDX-License-Identifier: Apache-2.0
"""Ed25519 signatures checked by libsodium, in half of OpenSSL's time. It may only say yes.

It is the stricter of the two: where it says no, OpenSSL decides, as it did before (docs/adr/0013).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nacl.bindings import crypto_sign_open
from nacl.exceptions import BadSignatureError, CryptoError

if TYPE_CHECKING:
    from collections.abc import Callable


def check_of(public_key: bytes) -> Callable[[bytes, bytes], bool]:
    """A check for this raw public key: whether a signature over these bytes holds for sure."""

    def holds(signature: bytes, signed: bytes) -> bool:
        try:
            crypto_sign_open(signature + signed, public_key)
        except (BadSignatureError, CryptoError):
            return False
        return True

    return holds
