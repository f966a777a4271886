# SPDX-License-Identifier: Apache-2.0
"""A week of complaints: what came, what waits, what is overdue, what was closed; by category and by unit."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import case, func, or_, select

from fleet.complaints.rules import OPEN
from fleet.store.complaint_tables import complaint
from wire.opinions import Category

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.store.scope import Scope
    from wire.events import Profile

LONG_OPEN_MS = 7 * 24 * 60 * 60_000  # founding documents, S089: what has been open for more than seven days


@dataclass(slots=True)
class Tally:
    """Counts of complaints. What is `open` is of the moment of reading; `oldest_ms` is when the oldest of it came."""

    new: int = 0
    open: int = 0
    overdue: int = 0
    long_open: int = 0
    closed: int = 0
    oldest_ms: int | None = None

    def add(self, other: Tally) -> None:
        """Take another one in."""
        for name in ("new", "open", "overdue", "long_open", "closed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        known = [each for each in (self.oldest_ms, other.oldest_ms) if each is not None]
        self.oldest_ms = min(known, default=None)


@dataclass(slots=True)
class Review:
    """All of it, the same by unit, and what it is about.

    Units of one province or less are its facilities, the unknown one too; those of more are provinces.
    """

    whole: Tally = field(default_factory=Tally)
    units: dict[tuple[str, str | None], Tally] = field(default_factory=dict)
    about: Counter[Category] = field(default_factory=Counter)  # of what came in the week or is open


@dataclass(frozen=True, slots=True)
class Span:
    """A week's first moment, the first after it, and now."""

    first_ms: int
    after_ms: int
    now_ms: int


def read_review(connection: Connection, span: Span, profile: Profile, scope: Scope) -> Review:
    """Count the complaints of a scope."""
    table = complaint.c
    is_open = table.state.in_(OPEN)
    came = (table.opened_ms >= span.first_ms) & (table.opened_ms < span.after_ms)
    closed = (table.closed_ms >= span.first_ms) & (table.closed_ms < span.after_ms) & (table.state == "closed")
    counted = [
        func.sum(case((each, 1), else_=0))
        for each in (
            came,
            is_open,
            is_open & (table.due_ms <= span.now_ms),
            is_open & (table.opened_ms <= span.now_ms - LONG_OPEN_MS),
            closed,
            came | is_open,
        )
    ]
    oldest = func.min(case((is_open, table.opened_ms)))
    unit = (table.province,) if scope.province is None else (table.province, table.facility)
    rows = connection.execute(
        select(table.category, *counted, oldest, *unit)
        .where(
            table.profile == str(profile),
            or_(came, is_open, closed),
            scope.of_places(table.province, table.facility),
        )
        .group_by(table.category, *unit)
        .order_by(*unit)
    )
    review = Review()
    for category, new, waiting, overdue, long_open, ended, about, oldest_ms, province, *facility in rows:
        tally = Tally(int(new), int(waiting), int(overdue), int(long_open), int(ended), oldest_ms)
        review.whole.add(tally)
        review.units.setdefault((province, facility[0] if facility else None), Tally()).add(tally)
        review.about[Category(category)] += int(about)
    return review


@dataclass(frozen=True, slots=True)
class Overdue:
    """How many complaints should have been seen to by now, and since when the longest of them."""

    n: int
    since_ms: int


def read_overdue(connection: Connection, now_ms: int, profile: Profile, scope: Scope) -> Overdue | None:
    """What is overdue in a scope; None when nothing is."""
    table = complaint.c
    asked = select(func.count(), func.min(table.due_ms)).where(
        table.state.in_(OPEN),
        table.due_ms <= now_ms,
        table.profile == str(profile),
        scope.of_places(table.province, table.facility),
    )
    n, since_ms = connection.execute(asked).one()
    return Overdue(n, since_ms) if n else None
