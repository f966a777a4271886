# SPDX-License-Identifier: Apache-2.0
"""The weekly summary of a place: what was counted in the week, and how its kiosks, codes and KPI 57.2 stand now.

What stands is of the moment of reading, whichever week is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.alerts.telling import Raised, read_raised
from fleet.complaints.review import Review, Span, read_review
from fleet.coverage.fiscal import bangkok_day
from fleet.coverage.progress import Progress, read_progress
from fleet.coverage.satisfaction import Satisfaction, read_whole
from fleet.coverage.weekly import Counts, read_counts, week_ending
from fleet.devices.health import Condition, count_conditions
from fleet.enrollments.unused import UnusedCodes, read_unused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Connection

    from fleet.store.scope import Scope
    from wire.events import Profile


@dataclass(frozen=True, slots=True)
class Summary:
    """The week of a scope. `raised` is None where the alarms of the week are not known."""

    scope: Scope
    profile: Profile
    at_ms: int
    counts: Counts
    unused: UnusedCodes
    progress: Progress
    kiosks: Mapping[Condition, int]
    raised: Raised | None
    complaints: Review
    satisfaction: Satisfaction | None  # None where too few answered to be told


def read_summary(connection: Connection, now: datetime, last: date, profile: Profile, scope: Scope) -> Summary:
    """Read the week that ends with a Friday.

    Raises:
        NoWeekError: it is no Friday, or still to come.
    """
    today, now_ms = bangkok_day(now), int(now.timestamp() * 1000)
    week = week_ending(last, today)
    return Summary(
        scope=scope,
        profile=profile,
        at_ms=now_ms,
        counts=read_counts(connection, week, profile, scope),
        unused=read_unused(connection, profile, today, scope),
        progress=read_progress(connection, now, profile, scope),
        kiosks=count_conditions(connection, now_ms, scope),
        complaints=read_review(connection, Span(week.first_ms, week.after_ms, now_ms), profile, scope),
        satisfaction=read_whole(connection, week, profile, scope),
        raised=read_raised(connection, week.first_ms, min(week.after_ms, now_ms), scope),
    )
