# SPDX-License-Identifier: Apache-2.0
"""How many rows of a bounded table a batch may still add: the same thing once, and no more than so many a kiosk.

It counts; it reads and writes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping


class Quota:
    """Starts from how many rows each kiosk has, and which of those that may be added are there already."""

    def __init__(self, at_most: int, rows: Mapping[str, int], there: Iterable[Hashable]) -> None:
        self._at_most = at_most
        self._rows = dict(rows)
        self._there = set(there)

    def admits(self, kiosk: str, what: Hashable) -> bool:
        """Whether one more row is added; if so it counts from now on."""
        rows = self._rows.get(kiosk, 0)
        if rows >= self._at_most or what in self._there:
            return False
        self._rows[kiosk] = rows + 1
        self._there.add(what)
        return True
