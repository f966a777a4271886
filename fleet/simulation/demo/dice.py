# SPDX-License-Identifier: Apache-2.0
"""Numbers that depend on a seed and on what they are for, and on nothing that was drawn before."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

_SIZE_BYTES = 64
PER_MILLE = 1000


class Dice:
    """512 bits for one thing, spent piece by piece; whoever needs more takes other dice."""

    __slots__ = ("_left",)

    def __init__(self, seed: int, what: str, number: int = 0) -> None:
        """Dice for the thing of this kind and number."""
        drawn = blake2b(b"%d|%s|%d" % (seed, what.encode(), number), digest_size=_SIZE_BYTES).digest()
        self._left = int.from_bytes(drawn, "big")

    def below(self, limit: int) -> int:
        """A number from 0 to the one before the limit."""
        self._left, drawn = divmod(self._left, limit)
        return drawn

    def bits(self, count: int) -> int:
        """So many bits as a number."""
        drawn = self._left & ((1 << count) - 1)
        self._left >>= count
        return drawn

    def happens(self, per_mille: int) -> bool:
        """Whether something happens that happens in so many of a thousand cases."""
        return self.below(PER_MILLE) < per_mille

    def one_of(self, choices: Sequence[T]) -> T:
        """One of these."""
        return choices[self.below(len(choices))]


def drawn_bytes(seed: int, what: str, number: int, size: int) -> bytes:
    """So many bytes, at most 64, for the thing of this kind and number."""
    return blake2b(b"%d|%s|%d" % (seed, what.encode(), number), digest_size=size).digest()
