# SPDX-License-Identifier: Apache-2.0
"""The counters that courier and relay would have left: visits by facility and day, people by province and state."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from fleet.simulation.demo.days import day_number, written
from fleet.simulation.demo.visits import PROFILE
from wire.asks import PersonState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fleet.simulation.demo.country import Facility
    from fleet.simulation.demo.roads import Road
    from fleet.simulation.demo.visits import Row, Visit
    from fleet.store.sums import Work


class PeopleByDay:
    """Counts each person once in every state on the day it was reached, as `fleet.coverage.counters` does."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str, int]] = Counter()
        self._unused: Counter[tuple[str, int]] = Counter()

    def count(self, went: Road) -> None:
        """Count one person's road."""
        province = went.province or ""
        for state, at_ms in (
            (PersonState.SUBMITTED, went.submitted_ms),
            (PersonState.ACCEPTED, went.accepted_ms),
            (PersonState.ACTIVATED, went.activated_ms),
            (PersonState.REVOKED, went.revoked_ms),
        ):
            if at_ms is not None:
                self._counted[province, state.value, day_number(at_ms)] += 1
        if went.state is PersonState.ACCEPTED and went.accepted_ms is not None:
            self._unused[province, day_number(went.accepted_ms)] += 1

    def rows(self) -> list[Row]:
        """In the columns of `coverage_day`."""
        return [(PROFILE, *at, written(day), n) for (*at, day), n in sorted(self._counted.items())]

    def unused_rows(self) -> list[Row]:
        """Those whose code waits, in the columns of `unused_code_day`."""
        return [(PROFILE, province, written(day), n) for (province, day), n in sorted(self._unused.items())]


def workload_rows(facility: Facility, came: Iterable[Visit]) -> list[Work]:
    """All visits to a facility by day, in the columns of `workload_day`; a duplicate counts on its own day."""
    captured, duplicates, lapsed = Counter[int](), Counter[int](), Counter[int]()
    for visit in came:
        day = day_number(visit.at_ms)
        if visit.road.state is PersonState.LAPSED:
            lapsed[day] += 1
        else:
            captured[day] += 1
            duplicates[day] += visit.of is not None
    days = sorted(captured.keys() | lapsed.keys())
    place = (PROFILE, facility.province, facility.code)
    return [(*place, written(day), captured[day], duplicates[day], lapsed[day]) for day in days]
