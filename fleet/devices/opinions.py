# SPDX-License-Identifier: Apache-2.0
"""What people thought of their visits, from the counters that heartbeats carry: only what has grown is counted.

1. A kiosk is known by a mark: its counters and its clocks when they last changed. The first mark counts nothing,
   because nobody knows when what it holds was said.
2. A heartbeat that was made before the mark says nothing: it came late, or again.
3. A counter that is larger than its mark has grown by the difference. It is counted by where the kiosk stands, on the
   Bangkok day on which it came here; the kiosk itself tells an opinion only when its day is over.
4. A counter that is smaller means that the kiosk's store was made anew or put back. All its counters become the new
   mark, and nothing is counted: an opinion may be lost then, none is counted twice.
5. More at once than people can have said moves the mark and counts nothing.

It knows nobody: a counter rises by whoever touched a face, on a day when others did.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.store.complaint_tables import opinion_mark
from fleet.store.days import bangkok_day
from fleet.store.many import Insertion, Lookup, Of
from fleet.store.sums import add_told
from wire.events import ClockSync, Profile
from wire.ids import is_simulated
from wire.opinions import Opinion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from fleet.devices.registry import RegisteredKiosk
    from wire.events import Moment
    from wire.hello import Heartbeat
    from wire.ids import KioskId

AT_ONCE_AT_MOST = 20_000  # a busy kiosk that was away for two months has told less
_MARKS = Lookup(
    "SELECT opinion_mark.* FROM {asked} JOIN opinion_mark ON opinion_mark.kiosk = asked.kiosk", kiosk=Of.TEXT
)
_MARKED = Insertion(
    opinion_mark,
    *opinion_mark.c.keys(),
    on_conflict="(kiosk) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in opinion_mark.c.keys() if name != "kiosk"),  # noqa: SIM118 - names
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A kiosk's counters and its clocks when they last changed."""

    boot: str
    monotonic_ms: int
    wall_ms: int  # 0 where it was not set
    counts: Mapping[str, int]

    @classmethod
    def of(cls, beat: Heartbeat) -> Mark:
        """What a heartbeat says; a counter that it does not name stands at 0."""
        said = {code.value: n for code in Opinion if (n := beat.sessions.get(code.counted_as, 0))}
        wall_ms = beat.at.wall_ms if beat.at.sync is ClockSync.SYNCED else 0
        return cls(beat.at.boot, beat.at.monotonic_ms, wall_ms, said)

    def is_before(self, at: Moment) -> bool:
        """Whether a heartbeat of that moment was made after this one.

        Within one start the monotonic clock says so. Across two of them only the wall can, and one that was not set
        may have stood anywhere.
        """
        if at.boot == self.boot:
            return at.monotonic_ms > self.monotonic_ms
        return at.wall_ms > self.wall_ms


def growth(mark: Mark, told: Mark) -> dict[str, int]:
    """By how much each counter has grown; nothing where one has shrunk, or where it cannot have been people."""
    by = {code: told.counts.get(code, 0) - mark.counts.get(code, 0) for code in {*mark.counts, *told.counts}}
    if any(n < 0 for n in by.values()) or sum(by.values()) > AT_ONCE_AT_MOST:  # 4, 5
        return {}
    return {code: n for code, n in by.items() if n}


class Opinions:
    """What the heartbeats of one batch tell, in the order in which they came."""

    def __init__(self) -> None:
        self._told: list[tuple[RegisteredKiosk, Heartbeat, int]] = []

    def heard(self, kiosk: RegisteredKiosk, beat: Heartbeat, at_ms: int) -> None:
        """Note a heartbeat."""
        self._told.append((kiosk, beat, at_ms))

    def write(self, connection: Connection) -> None:
        """Count what has grown and move the marks that changed; the kiosks' rows are locked by the caller."""
        marks = self._marks(connection)
        moved: dict[KioskId, Mark] = {}
        grown: Counter[tuple[str, str, str, str, str]] = Counter()
        for kiosk, beat, at_ms in self._told:
            mark, told = marks.get(kiosk.id), Mark.of(beat)
            if mark is not None and (mark.counts == told.counts or not mark.is_before(beat.at)):  # 2
                continue
            place = (_profile(kiosk.id, beat), str(kiosk.province), str(kiosk.facility), bangkok_day(at_ms))
            grown.update({(*place, code): n for code, n in growth(mark or told, told).items()})  # 1, 3
            marks[kiosk.id] = moved[kiosk.id] = told
        add_told(connection, [(*place, n) for place, n in grown.items()])
        _MARKED.add(connection, [_row(who, mark) for who, mark in sorted(moved.items())])

    def _marks(self, connection: Connection) -> dict[KioskId, Mark]:
        rows = _MARKS.rows(connection, [(who,) for who in {kiosk.id for kiosk, _, _ in self._told}])
        return {row.kiosk: Mark(row.boot, row.monotonic_ms, row.wall_ms, json.loads(row.counts)) for row in rows}


def _profile(who: KioskId, beat: Heartbeat) -> str:
    """Whose opinion it was: real people's only where a kiosk that exists says so."""
    return str(Profile.TEST if is_simulated(who) else beat.profile or Profile.TEST)


def _row(who: KioskId, mark: Mark) -> tuple[object, ...]:
    return who, mark.boot, mark.monotonic_ms, mark.wall_ms, json.dumps(mark.counts, sort_keys=True)
