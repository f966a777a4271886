# SPDX-License-Identifier: Apache-2.0
"""Byte strings that are looked for all at once, in one pass: there are hundreds, and a process's memory is large."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ANCHOR = 4  # bytes of a needle that are looked for first; none is shorter
_CHUNK = 8 * 2**20
_SHORT = 4096  # bytes: so few are looked through sooner for one needle after the other


class Needles:
    """Named byte strings of four bytes or more."""

    def __init__(self, needles: Mapping[str, bytes]) -> None:
        self._needles = dict(needles)
        self._wanted: dict[int, list[tuple[str, int]]] = {}
        for name, needle in needles.items():
            at = _anchor(needle)
            self._wanted.setdefault(int.from_bytes(needle[at : at + _ANCHOR], "little"), []).append((name, at))
        self._words = np.array(list(self._wanted), np.uint32)
        self._sieve = np.zeros(1 << 16, np.bool_)
        self._sieve[self._words & 0xFFFF] = True

    def places(self, content: bytes) -> list[tuple[str, int]]:
        """Where which one stands: in the order of the needles, each from the front, none over its own end."""
        found: dict[str, list[int]] = {name: [] for name in self._needles}
        hits = self._one_by_one(content) if len(content) < _SHORT else self._at_once(content)
        for name, offset in hits:
            before = found[name]
            if not before or offset >= before[-1] + len(self._needles[name]):
                before.append(offset)
        return [(name, offset) for name, offsets in found.items() for offset in offsets]

    def names(self, content: bytes) -> set[str]:
        """Which ones stand there at all."""
        return {name for name, _ in self.places(content)}

    def _one_by_one(self, content: bytes) -> Iterator[tuple[str, int]]:
        for name, needle in self._needles.items():
            offset = content.find(needle)
            while offset >= 0:
                yield name, offset
                offset = content.find(needle, offset + 1)

    def _at_once(self, content: bytes) -> Iterator[tuple[str, int]]:
        for start in range(0, len(content), _CHUNK):
            for place, word in self._anchors(content[start : start + _CHUNK + _ANCHOR - 1]):
                for name, at in self._wanted[word]:
                    offset = start + place - at
                    if offset >= 0 and content.startswith(self._needles[name], offset):
                        yield name, offset

    def _anchors(self, chunk: bytes) -> list[tuple[int, int]]:
        """Where in a chunk one of the words of four bytes begins, and which; pairs of bytes sift first."""
        hits = [*self._aligned(chunk, 0), *self._aligned(chunk, 1)]
        return sorted(hits)

    def _aligned(self, chunk: bytes, odd: int) -> Iterator[tuple[int, int]]:
        count = (len(chunk) - odd) // 2
        if count < _ANCHOR // 2:
            return
        pairs: npt.NDArray[np.uint16] = np.frombuffer(chunk, "<u2", count, odd)
        sifted = np.flatnonzero(self._sieve[pairs[:-1]])
        words = pairs[sifted].astype(np.uint32) | pairs[sifted + 1].astype(np.uint32) << 16
        hits = np.isin(words, self._words)
        yield from zip((2 * sifted[hits] + odd).tolist(), words[hits].tolist(), strict=True)


@lru_cache(4096)
def _anchor(needle: bytes) -> int:
    """Where a needle is least like the zeros that memory is full of."""
    places = range(len(needle) - _ANCHOR + 1)
    return max(places, key=lambda at: (len({0, *needle[at : at + 2]}), len(set(needle[at : at + _ANCHOR]))))
