# SPDX-License-Identifier: Apache-2.0
"""Judges what a power cut left by what the kiosk's calls had promised until then.

The kiosk's own store opens it. It must say what the last call that returned had promised, or what the call under way
does; its chain must hold; the next event must find its place; what was erased must be in no file, before and after.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.store import outbox
from kiosk.store.database import Store, StoreError
from tests.simulators.kiosk_day import EVENT_KEY, FILE, Chances, DeviceCount, filing_at
from tests.simulators.store_audit import fault_of, fault_of_books, fault_of_file, secrets_in, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.simulators.kiosk_day import Promise
    from tests.simulators.store_audit import State

_LIFE_GOES_ON_EVERY = 10
_STORIES = 3  # of each fate


class Fate(StrEnum):
    """What may have become of a store."""

    LOST = "lost"  # it says what was true before
    CORRUPT = "corrupt"  # it does not open, or says what never was true
    UNERASED = "unerased"  # what was erased is there


@dataclass(frozen=True, slots=True)
class Expected:
    """What may be found after a cut: one of `states`, the first of which was promised. `past` were true before it."""

    states: Sequence[State]
    past: Sequence[State]
    erased: frozenset[bytes]

    @classmethod
    def after(cls, promises: Sequence[Promise], mark: int) -> Expected:
        """When `mark` was the last one: see `Witness`."""
        n, returned = divmod(mark, 2)
        done = promises[: n + returned]
        past = [state for promise in done for state in promise.states]
        under_way = [] if returned else promises[n].states
        return cls([*past[-1:], *under_way], past[:-1], frozenset().union(*(promise.erases for promise in done)))


class Judge:
    """Counts what became of disks, and keeps the first stories of each fate."""

    def __init__(self, folder: Path, sound: list[State]) -> None:
        """Lay the disks out in `folder`. States in `sound` were verified: that takes longer than all the rest."""
        self._folder = folder / "disk"
        self._sound = sound
        self.counts: Counter[str] = Counter()
        self.stories: list[str] = []

    def judge(self, left: Mapping[str, bytes], wanted: Expected, where: str) -> None:
        """Open what is left and count what became of it."""
        self.counts["cuts"] += 1
        lay_out(left, self._folder)
        there = secrets_in(left.values())
        try:
            with closing(Store(self._folder / FILE)) as store:
                self._open(store, wanted, where)
        except StoreError as error:
            self._tell(Fate.CORRUPT, str(error), where)
        there |= secrets_in(path.read_bytes() for path in self._folder.iterdir())
        if there & wanted.erased:
            self._tell(Fate.UNERASED, f"{len(there & wanted.erased)} secrets", where)

    def _open(self, store: Store, wanted: Expected, where: str) -> None:
        with store.reading() as connection:
            found = state_of(connection)
        fault = fault_of_file(store)
        if found not in wanted.states:
            fate = Fate.LOST if found in wanted.past else Fate.CORRUPT
            self._tell(fate, "it says what is not true" if fault is None else fault, where)
            return
        if fault is None and found not in self._sound:
            fault = fault_of_books(store, EVENT_KEY.public())
            self._sound.append(found)
        if fault is None and self.counts["cuts"] % _LIFE_GOES_ON_EVERY == 0:
            fault = _fault_of_next(store)
        if fault is not None:
            self._tell(Fate.CORRUPT, fault, where)

    def _tell(self, fate: Fate, why: str, where: str) -> None:
        self.counts[fate] += 1
        if self.counts[fate] <= _STORIES:
            self.stories.append(f"{fate}: {why}, {where}")


def lay_out(files: Mapping[str, bytes], folder: Path) -> None:
    """Make a folder of these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _fault_of_next(store: Store) -> str | None:
    """What is wrong when a new process files the next event behind what was found."""
    chances = Chances(random.Random(1))  # noqa: S311 - chance that can be repeated, not secrecy
    filing_at(store, chances.stream(), DeviceCount(outbox.counted(store))).file(chances.record())
    return fault_of(store, EVENT_KEY.public())
