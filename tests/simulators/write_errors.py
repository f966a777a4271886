# SPDX-License-Identifier: Apache-2.0
"""Fails each call that a piece of work makes on the kiosk's disk, in turn, and checks what the caller was told.

Started by `disk.run_above`; prints JSON. A call fails with an I/O error or for want of room; nothing, half or all of it
has happened all the same; and it fails once, or the disk takes no change from then on, or is gone. Then the disk comes
back, and what was told is held against the file: as the other process sees it, after a new start, and after power cuts
at the moment of telling. Source: security design, section 5.4, holes 11 and 12.
"""

from __future__ import annotations

import argparse
import errno
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import count, cycle, product
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.store import noticeboard, outbox
from kiosk.store.database import DiskFullError, Store, StoreError, UncertainError
from kiosk.store.noticeboard import Topic
from tests.simulators.cut_judge import lay_out
from tests.simulators.disk import MEMORY, Calls, Kept, Kind, Onward, StandIn, read
from tests.simulators.kiosk_day import EVENT_KEY, FILE, Chances, DeviceCount, filing_at
from tests.simulators.power import Disk, Fault
from tests.simulators.store_audit import fault_of
from tests.simulators.weakened import PRECAUTIONS, without
from wire.chain import Marks
from wire.ids import EventId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kiosk.records.filing import Filing
    from kiosk.records.pipe import FileThis
    from wire.ids import StreamId

_EARLIER = 4  # events that are in the file before


class Told(StrEnum):
    """What the caller was told."""

    DONE = "done"
    NOT_DONE = "not done"
    FULL = "full"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Failing:
    """How a call fails."""

    of: Calls
    error: int
    kept: Kept
    onward: Onward

    def __str__(self) -> str:
        """As a story tells it."""
        onward = f"then {self.onward.name.lower()}"
        return f"{errno.errorcode[self.error]} of {self.of.name.lower()}, {self.kept.name.lower()} kept, {onward}"


def failings(kept: Sequence[Kept], onward: Sequence[Onward]) -> Iterator[Failing]:
    """The ways to fail."""
    for error, how_much, then in product((errno.EIO, errno.ENOSPC), kept, onward):
        yield Failing(Calls.CHANGES, error, how_much, then)
    for then in onward:
        yield Failing(Calls.READS, errno.EIO, Kept.NOTHING, then)


@dataclass(frozen=True, slots=True)
class Kiosk:
    """Both processes of a kiosk, and what is to be done now."""

    screen: Store
    courier: Store
    filing: Filing
    record: FileThis
    earlier: StreamId


@dataclass(frozen=True, slots=True)
class Work:
    """A piece of work: how it is done, and how to see that it is. `tells` when a failure means that it is not done."""

    do: Callable[[Kiosk], object]
    is_done: Callable[[Store, Kiosk], bool]
    tells: bool


def _settle(kiosk: Kiosk) -> None:
    outbox.settle(kiosk.courier, {kiosk.earlier: Marks(_EARLIER, _EARLIER)}, may_go_back=False)


def _prune(kiosk: Kiosk) -> None:
    outbox.prune(kiosk.courier, device.wall_ms() + outbox.RETENTION_MS + 60_000)


WORKS = {
    "file": Work(
        do=lambda kiosk: kiosk.filing.file(kiosk.record),
        is_done=lambda store, kiosk: outbox.holds(store, EventId(kiosk.record.event)),
        tells=True,
    ),
    "settle": Work(
        do=_settle,
        is_done=lambda store, kiosk: all(event.stream != kiosk.earlier for event in outbox.pending(store)),
        tells=False,
    ),
    "prune": Work(
        do=_prune,
        is_done=lambda store, kiosk: outbox.pruned(store)[kiosk.earlier] == 2,
        tells=False,
    ),
}


class Trial:
    """One piece of work on one disk after another, each failing at another call."""

    def __init__(self, name: str, folder: Path, cuts: int) -> None:
        """Make the disk that every attempt begins with: some events are filed, some of them settled."""
        self._work = WORKS[name]
        self._start, self._place, self._left = folder / "start", folder / "place", folder / "left"
        self._record = folder / "record"
        self._cuts = cuts
        self._chances = Chances(random.Random(name))  # noqa: S311 - chance that can be repeated, not secrecy
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        lay_out({}, self._start)
        self._earlier = self._chances.stream()
        with closing(Store(self._start / FILE)) as store:
            filing = filing_at(store, self._earlier, DeviceCount(0))
            for _ in range(_EARLIER):
                filing.file(self._chances.record())
            outbox.settle(store, {self._earlier: Marks(3, 2)}, may_go_back=False)

    def run(self, failing: Failing) -> None:
        """Fail the first call, the second, and so on, until none is left to fail."""
        for at in count(1):
            if not self._attempt(failing, at):
                return
            self.counts["calls"] += 1

    def _attempt(self, failing: Failing, at: int) -> bool:
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._start, self._place)
        where = f"call {at}, {failing}"
        stand_in = StandIn()
        with stand_in.watching(self._place, self._record):
            kiosk = self._opened()
            stand_in.fail(at, failing.error, of=failing.of, kept=failing.kept, onward=failing.onward)
            told = self._told(kiosk)
            stand_in.mark(0)
            failed = stand_in.mend()
            if failed:
                self.counts[told] += 1
                self._hold_against_others(kiosk, told, failing, where)
            kiosk.screen.close()
            kiosk.courier.close()
        if failed:
            self._open(self._place, kiosk, told, f"after a new start, {where}")
            self._cut(kiosk, told, where)
        return failed

    def _opened(self) -> Kiosk:
        screen, courier = Store(self._place / FILE), Store(self._place / FILE)
        with courier.reading() as connection:
            connection.execute("PRAGMA busy_timeout=0")  # a lock that is left behind is not to be waited for
        filing = filing_at(screen, self._chances.stream(), DeviceCount(_EARLIER))
        filing.file(self._chances.record())
        return Kiosk(screen, courier, filing, self._chances.record(), self._earlier)

    def _told(self, kiosk: Kiosk) -> Told:
        try:
            self._work.do(kiosk)
        except UncertainError:
            return Told.UNKNOWN
        except DiskFullError:
            return Told.FULL
        except StoreError:
            return Told.NOT_DONE
        return Told.DONE

    def _hold_against_others(self, kiosk: Kiosk, told: Told, failing: Failing, where: str) -> None:
        """The other process is not kept waiting, the same one goes on, and a full disk is called by its name."""
        if told is Told.NOT_DONE and failing.error == errno.ENOSPC and failing.onward is not Onward.NOTHING:
            self.wrong.append(f"a full disk is called another thing, {where}")
        try:
            noticeboard.pin(kiosk.courier, Topic.LINK, "up", 1)
            self._hold_against(kiosk.courier, kiosk, told, f"for the other process, {where}")
            kiosk.filing.file(self._chances.record())
        except StoreError as error:
            self.wrong.append(f"work does not go on: {error}, {where}")

    def _hold_against(self, store: Store, kiosk: Kiosk, told: Told, where: str) -> None:
        done = self._work.is_done(store, kiosk)
        if (told is Told.DONE and not done) or (self._work.tells and told in (Told.NOT_DONE, Told.FULL) and done):
            self.wrong.append(f"told {told} and it is {'done' if done else 'not done'}, {where}")

    def _cut(self, kiosk: Kiosk, told: Told, where: str) -> None:
        disk = Disk({path.name: path.read_bytes() for path in self._start.iterdir()})
        for record in read(self._record):
            if record.kind is Kind.MARK:
                break
            disk.take(record)
        further = zip(range(self._cuts - 1), cycle(Fault), strict=False)
        chances = [(fault, random.Random(f"{where} {n}")) for n, fault in further]  # noqa: S311 - as above
        for left in (disk.synced(), *(disk.cut(fault, chance) for fault, chance in chances)):
            lay_out(left, self._left)
            self.counts["cuts"] += 1
            self._open(self._left, kiosk, told, f"after a power cut, {where}")

    def _open(self, place: Path, kiosk: Kiosk, told: Told, where: str) -> None:
        try:
            with closing(Store(place / FILE)) as store:
                fault = fault_of(store, EVENT_KEY.public())
                if fault is not None:
                    self.wrong.append(f"{fault}, {where}")
                self._hold_against(store, kiosk, told, where)
        except StoreError as error:
            self.wrong.append(f"{error}, {where}")


def main() -> None:
    """Try each piece of work and print what was found."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cuts", type=int, required=True, help="power cuts after each failure, the worst first")
    arguments.add_argument("--kept", choices=[kept.name for kept in Kept], action="append")
    arguments.add_argument("--onward", choices=[onward.name for onward in Onward], action="append")
    arguments.add_argument("--work", choices=WORKS, action="append")
    arguments.add_argument("--without", choices=PRECAUTIONS, default="nothing")
    chosen = arguments.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    kept = [Kept[name] for name in chosen.kept or Kept.__members__]
    onward = [Onward[name] for name in chosen.onward or Onward.__members__]
    found = {}
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder, without(chosen.without):
        for name in chosen.work or WORKS:
            trial = Trial(name, Path(folder).resolve(), chosen.cuts)
            for failing in failings(kept, onward):
                trial.run(failing)
            found[name] = {**trial.counts, "wrong": trial.wrong}
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
