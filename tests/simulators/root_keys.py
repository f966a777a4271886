# SPDX-License-Identifier: Apache-2.0
"""People who hold root keys, and the versions of the roots that they sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wire.ids import key_id
from wire.roots import Roots, unsigned, with_signature
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wire.registration import Trust

YEAR_MS = 365 * 24 * 60 * 60 * 1000
ANY_ROOT = "ab" * 32


def holder(name: str) -> SigningKey:
    """Somebody with a key of their own."""
    return SigningKey.generate(key_id(f"root-{name}#1"))


def roots(version: int, holders: Sequence[SigningKey], trust: Trust, issued_ms: int, *, root: str = ANY_ROOT) -> Roots:
    """A version that is good for two years."""
    one, two, three = (each.public().jwk() for each in holders)
    return Roots(1, version, issued_ms, issued_ms + 2 * YEAR_MS, 2, (one, two, three), trust, root)


def signed(what: Roots, *holders: SigningKey) -> bytes:
    """The version with these signatures."""
    content = unsigned(what)
    for each in holders:
        content = with_signature(content, each)
    return content
