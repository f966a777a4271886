# SPDX-License-Identifier: Apache-2.0
"""Cuts the power of a kiosk at work, after each call on its disk, in each fault model, and again while it recovers.

Started by `disk.run_above`; prints JSON. A seed gives the same work and the same cuts.
Source: security design, section 5.5.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from kiosk.store.database import Store, StoreError
from tests.simulators.cut_judge import Expected, Judge, lay_out
from tests.simulators.disk import MEMORY, Kind, Record, StandIn, read
from tests.simulators.kiosk_day import FILE, Day, Promise, Witness
from tests.simulators.power import Disk, Fault
from tests.simulators.weakened import PRECAUTIONS, without

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from tests.simulators.store_audit import State

_PEOPLE = 12  # a day's: enough for new starts and erasures
_AGAIN_EVERY = 25  # one recovery in so many is cut, after each of its calls
RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Way:
    """How SQLite is told to write, after the store has opened the file in its own way; and whether the disk lies."""

    journal: str
    synchronous: str
    lies: bool

    def tune(self, connection: sqlite3.Connection) -> None:
        """Tell a connection."""
        connection.execute(f"PRAGMA journal_mode={self.journal}")
        connection.execute(f"PRAGMA synchronous={self.synchronous}")


def recorded_day(way: Way, chance: random.Random, folder: Path) -> tuple[list[Record], list[Promise]]:
    """Let a kiosk work for a day; returns every call on its files, and what it promised.

    Raises:
        RuntimeError: the record does not tell how the folder came to be.
    """
    place, told = folder / "day", folder / "record"
    lay_out({}, place)
    stand_in = StandIn()
    witness = Witness(stand_in.mark)
    with stand_in.watching(place, told):
        day = Day(place, chance, witness, way.tune)
        day.work(_PEOPLE)
        day.close()
    records, disk = read(told), Disk()
    for record in records:
        disk.take(record)
    if disk.as_seen() != {path.name: path.read_bytes() for path in place.iterdir()}:
        message = "the record does not tell how the folder came to be: something writes that is not watched"
        raise RuntimeError(message)
    return records, witness.promises


def moments(records: Sequence[Record], disk: Disk) -> Iterator[tuple[int, int]]:
    """Let call after call happen on a disk: yields, after each, its number and the last mark."""
    mark = 0
    for n, record in enumerate(records):
        if record.kind is Kind.MARK:
            mark = record.number
        else:
            disk.take(record)
            if record.kind is not Kind.OPEN_FOLDER:
                yield n, mark


class Campaign:
    """Days of one way, cut in every fault model."""

    def __init__(self, way: Way, seed: int, folder: Path) -> None:
        """Work in `folder`."""
        self._way = way
        self._seed = seed
        self._folder = folder
        sound: list[State] = []
        self.judges = {name: Judge(folder, sound) for name in [*Fault, RECOVERY]}

    def run(self, cuts: int) -> None:
        """Cut so often in each fault model: after every call of a day, or of as many days as it takes."""
        day = 0
        while (missing := cuts - self.judges[Fault.DROPPED].counts["cuts"]) > 0:
            self._one_day(day, missing)
            day += 1

    def _one_day(self, day: int, at_most: int) -> None:
        chance = _chance(self._seed, day)
        records, promises = recorded_day(self._way, chance, self._folder)
        numbers = [n for n, _ in moments(records, Disk())]
        chosen = set(numbers if len(numbers) <= at_most else chance.sample(numbers, at_most))
        disk = Disk(lies=self._way.lies)
        for n, mark in moments(records, disk):
            if n in chosen:
                for fault in Fault:
                    self._cut(disk, fault, Expected.after(promises, mark), f"day {day} call {n}")

    def _cut(self, disk: Disk, fault: Fault, wanted: Expected, where: str) -> None:
        left = disk.cut(fault, _chance(self._seed, where, fault))
        judge = self.judges[fault]
        judge.judge(left, wanted, where)
        if judge.counts["cuts"] % _AGAIN_EVERY == 0 and len(left) > 1:
            self._cut_again(left, fault, wanted, where)

    def _cut_again(self, left: Mapping[str, bytes], fault: Fault, wanted: Expected, where: str) -> None:
        """Cut again after each call that opening makes on what the first cut left."""
        place, told = self._folder / "again", self._folder / "record"
        lay_out(left, place)
        try:
            with StandIn().watching(place, told), closing(Store(place / FILE)):
                pass
        except StoreError:
            return  # the first cut was told of
        disk = Disk(left, lies=self._way.lies)
        for n, _ in moments(read(told), disk):
            there = f"{where}, call {n} of its recovery"
            self.judges[RECOVERY].judge(disk.cut(fault, _chance(self._seed, there, fault)), wanted, there)


def _chance(*parts: object) -> random.Random:
    return random.Random(repr(parts))  # noqa: S311 - chance that can be repeated, not secrecy


def main() -> None:
    """Run a campaign and print what it counted."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--journal", default="DELETE")
    arguments.add_argument("--synchronous", default="EXTRA")
    arguments.add_argument("--lies", action="store_true", help="the disk ignores every sync")
    arguments.add_argument("--without", choices=PRECAUTIONS, default="nothing")
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--cuts", type=int, required=True, help="in each fault model")
    chosen = arguments.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, without(chosen.without):
        campaign = Campaign(Way(chosen.journal, chosen.synchronous, chosen.lies), chosen.seed, Path(folder).resolve())
        campaign.run(chosen.cuts)
    json.dump({name: {**judge.counts, "stories": judge.stories} for name, judge in campaign.judges.items()}, sys.stdout)


if __name__ == "__main__":
    main()
