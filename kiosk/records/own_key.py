# SPDX-License-Identifier: Apache-2.0
"""Signs with the screen's own key, which may be in a TPM that does not answer: then nothing is stored and promised."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.store.database import StoreError
from wire.errors import WireError

if TYPE_CHECKING:
    from wire.signing import Kind, SigningKey


def signed(key: SigningKey, kind: Kind, payload: bytes) -> bytes:
    """Sign exactly these bytes as this kind.

    Raises:
        StoreError: the key's token does not answer; what was to be kept is not, as when the disk fails.
    """
    try:
        return key.sign(kind, payload)
    except WireError as error:
        message = f"Nothing can be signed: {error}. Look whether the TPM is there and its token has this key."
        raise StoreError(message) from error
