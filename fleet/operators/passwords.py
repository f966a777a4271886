# SPDX-License-Identifier: Apache-2.0
"""Passwords: what is accepted as a new one, and its Argon2id hash. None is ever logged or told in an error.

Parameters: security design, section 6; OWASP Password Storage Cheat Sheet, Argon2id (19 MiB, 2 passes, 1 lane).
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fleet.errors import FleetError

SHORTEST, LONGEST = 12, 128  # characters; NIST SP 800-63B asks for 8 where there is a second factor
_MEMORY_KIB, _PASSES, _LANES = 19 * 1024, 2, 1
_HASHER = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)


class PasswordRefusedError(FleetError):
    """A new password is not accepted; says what is, and never what was given."""


def hashed(password: str, name: str) -> str:
    """Hash a new password of the account `name`.

    Raises:
        PasswordRefusedError: it is too short, too long, or holds the account's name.
    """
    wanted = _normal(password)
    if not SHORTEST <= len(wanted) <= LONGEST:
        message = f"The password was not accepted. Give {SHORTEST} to {LONGEST} characters; several words are best."
        raise PasswordRefusedError(message)
    if name in wanted.lower() or len(set(wanted)) < SHORTEST // 2:
        message = "The password was not accepted. Leave the account's name out, and repeat fewer characters."
        raise PasswordRefusedError(message)
    return _HASHER.hash(wanted)


def fits(password: str, stored: str | None) -> bool:
    """Whether a password is the one that was hashed; takes as long where there is no hash, and is then false."""
    try:
        _HASHER.verify(stored or _decoy(), _normal(password)[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


@cache
def _decoy() -> str:
    return _HASHER.hash(secrets.token_hex())


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)
