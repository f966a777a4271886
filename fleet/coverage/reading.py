# SPDX-License-Identifier: Apache-2.0
"""What the pages read: sums over days and provinces, so the cost does not grow with the number of people.

Our own figures are a stock: everyone activated on a day before the cut-off, less everyone revoked before it, however
long ago. The funnel is cumulative in the same way. It never reads a person, and never mixes two profiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal

from sqlalchemy import Connection, case, func, literal_column, select, union_all

from fleet.coverage.figures import Absence, Figures, M, Mode, OfficialFigures, ProxyFigures, Share
from fleet.coverage.fiscal import Period, cutoff_day
from fleet.coverage.workload import workload_of
from fleet.store.days import week_begins
from fleet.store.sum_tables import workload_week
from fleet.store.tables import coverage_day, denominator, import_batch, official, workload_day
from wire.asks import PersonState
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from sqlalchemy import ColumnElement, Row, Table

    from fleet.store.scope import Scope
    from wire.ids import FacilityCode, ProvinceCode

# Whether the ministry counts at "code issued" or at "code used" is not published; the stricter one is taken.
COUNT_STATE = PersonState.ACTIVATED
SMALL = 10  # visits: fewer at one facility are told as fewer than this (security design, P1)
UNKNOWN_PROVINCE = ""  # the card's address names none


@dataclass(frozen=True, slots=True)
class Batch:
    """An import that a figure came from."""

    id: int
    kind: str
    file_name: str
    file_sha256: str
    source: str
    made_up: bool
    imported_ms: int
    imported_by: str


@dataclass(frozen=True, slots=True)
class Basis:
    """What is asked for: how figures are computed, for which year and period; `profile` only for our own."""

    mode: Mode
    fiscal_year: int
    period: Period
    profile: Profile = Profile.LIVE


@dataclass(frozen=True, slots=True)
class Reading(Generic[M]):
    """The provinces of a scope on one basis, and the imports behind them."""

    figures: dict[ProvinceCode, Figures[M]]
    batches: dict[int, Batch]
    batch_of: dict[ProvinceCode, int]
    unplaced: int = 0  # our people whose card names no province: in no province's figure
    # Active people with a card of the province who are not on its list; None or missing where none was matched.
    outside: Mapping[ProvinceCode, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Funnel:
    """People by how far they came; `captured` and `duplicates` count visits at the kiosks of a province.

    `lapsed` visits are no captures: their identities were erased at the kiosk before they could be sent.
    """

    captured: int = 0
    duplicates: int = 0
    submitted: int = 0
    accepted: int = 0
    activated: int = 0
    revoked: int = 0
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class FacilityWork:
    """Visits at one facility's kiosks; None: some, and fewer than `SMALL`, and who came twice is not told either."""

    facility: FacilityCode
    captured: int | None
    duplicates: int | None
    last_day: str


def read_official(connection: Connection, basis: Basis, scope: Scope) -> Reading[Literal[Mode.OFFICIAL]]:
    """Read the ministry's own figures of one fiscal year and period."""
    rows = connection.execute(
        select(official).where(
            official.c.fiscal_year == basis.fiscal_year,
            official.c.period == int(basis.period),
            scope.of_provinces(official.c.province),
        )
    ).all()
    batches = batches_of(connection, {row.batch for row in rows})
    found = {row.province: row for row in rows}

    def figures(code: ProvinceCode) -> OfficialFigures:
        row = found.get(code)
        mode: Literal[Mode.OFFICIAL] = Mode.OFFICIAL
        if row is None:
            return Figures(mode, basis.fiscal_year, Share(None, None), Share(None, None))
        return Figures(
            mode=mode,
            fiscal_year=basis.fiscal_year,
            staff=Share(row.a1, row.b1),
            people=Share(row.a2, row.b2),
            snapshot=row.fiscal_year,
            made_up=batches[row.batch].made_up,
        )

    return Reading({code: figures(code) for code in scope.provinces}, batches, _batch_of(found))


def read_proxy(connection: Connection, basis: Basis, scope: Scope) -> Reading[Literal[Mode.PROXY]]:
    """Read our own people over imported counts; staff stay missing: rosters cannot be joined with people."""
    asked = select(denominator).where(denominator.c.fiscal_year == basis.fiscal_year)
    rows = connection.execute(asked.where(scope.of_provinces(denominator.c.province))).all()
    batches = batches_of(connection, {row.batch for row in rows})
    found = {row.province: row for row in rows}
    active = _active_people(connection, basis, scope)

    def figures(code: ProvinceCode) -> ProxyFigures:
        row = found.get(code)
        mode: Literal[Mode.PROXY] = Mode.PROXY
        count = active.get(code, 0)
        return Figures(
            mode=mode,
            fiscal_year=basis.fiscal_year,
            staff=Share(None, row.b1 if row else None, Absence.NO_ROSTER),
            people=Share(count if count >= 0 else None, row.b2 if row else None, Absence.UNRECONCILED),
            profile=basis.profile,
            snapshot=row.fiscal_year if row else None,
            made_up=row is not None and batches[row.batch].made_up,
        )

    return Reading(
        {code: figures(code) for code in scope.provinces},
        batches,
        _batch_of(found),
        unplaced=max(0, active.get(UNKNOWN_PROVINCE, 0)),
    )


def _batch_of(found: dict[ProvinceCode, Row[tuple[object, ...]]]) -> dict[ProvinceCode, int]:
    return {code: row.batch for code, row in found.items()}


def batches_of(connection: Connection, ids: set[int]) -> dict[int, Batch]:
    """Read imports by their numbers."""
    rows = connection.execute(select(import_batch).where(import_batch.c.id.in_(ids))) if ids else ()
    return {
        row.id: Batch(
            id=row.id,
            kind=row.kind,
            file_name=row.file_name,
            file_sha256=row.file_sha256,
            source=row.source,
            made_up=row.made_up,
            imported_ms=row.imported_ms,
            imported_by=row.imported_by,
        )
        for row in rows
    }


def _active_people(connection: Connection, basis: Basis, scope: Scope) -> dict[str, int]:
    signed = case((coverage_day.c.state == PersonState.REVOKED, -coverage_day.c.n), else_=coverage_day.c.n)
    rows = connection.execute(
        select(coverage_day.c.province, func.sum(signed).label("people"))
        .where(
            coverage_day.c.profile == basis.profile,
            coverage_day.c.state.in_((COUNT_STATE, PersonState.REVOKED)),
            coverage_day.c.day < cutoff_day(basis.fiscal_year, basis.period).isoformat(),
            scope.of_provinces(coverage_day.c.province),
        )
        .group_by(coverage_day.c.province)
    )
    return {row.province: int(row.people) for row in rows}


def funnel(connection: Connection, profile: Profile, before: date, scope: Scope) -> dict[str, Funnel]:
    """Count each province's funnel on the days before `before`; "" stands for no known province."""
    people = connection.execute(
        select(coverage_day.c.province, coverage_day.c.state, func.sum(coverage_day.c.n).label("n"))
        .where(*_wanted(coverage_day, profile, before), scope.of_provinces(coverage_day.c.province))
        .group_by(coverage_day.c.province, coverage_day.c.state)
    )
    counted: dict[str, dict[str, int]] = {}
    for row in people:
        counted.setdefault(row.province, {})[row.state] = int(row.n)
    work, is_mine = workload_of(scope)
    sums = [func.sum(work.c[name]).label(name) for name in ("captured", "duplicates", "lapsed")]
    asked = select(work.c.province, *sums).where(*_wanted(work, profile, before), is_mine).group_by(work.c.province)
    for visits in connection.execute(asked):
        counted.setdefault(visits.province, {}).update(
            captured=int(visits.captured), duplicates=int(visits.duplicates), lapsed=int(visits.lapsed)
        )
    return {province: _funnel(counts) for province, counts in counted.items()}


def _wanted(table: Table, profile: Profile, before: date) -> list[ColumnElement[bool]]:
    return [table.c.profile == profile, table.c.day < before.isoformat()]


def _funnel(counts: dict[str, int]) -> Funnel:
    return Funnel(
        captured=counts.get("captured", 0),
        duplicates=counts.get("duplicates", 0),
        submitted=counts.get(PersonState.SUBMITTED, 0),
        accepted=counts.get(PersonState.ACCEPTED, 0),
        activated=counts.get(PersonState.ACTIVATED, 0),
        revoked=counts.get(PersonState.REVOKED, 0),
        lapsed=counts.get("lapsed", 0),
    )


def summed(funnels: list[Funnel]) -> Funnel:
    """Add funnels of one profile."""
    return Funnel(
        captured=sum(each.captured for each in funnels),
        duplicates=sum(each.duplicates for each in funnels),
        submitted=sum(each.submitted for each in funnels),
        accepted=sum(each.accepted for each in funnels),
        activated=sum(each.activated for each in funnels),
        revoked=sum(each.revoked for each in funnels),
        lapsed=sum(each.lapsed for each in funnels),
    )


def facilities(connection: Connection, profile: Profile, before: date, scope: Scope) -> tuple[FacilityWork, ...]:
    """List the visits at each facility, busiest first; those with few stand last, by code."""
    day, week, begun = workload_day.c, workload_week.c, week_begins(before).isoformat()
    parts = (
        select(week.facility, week.captured, week.duplicates, week.last_day).where(
            week.profile == profile, week.week < begun, scope.of_places(week.province, week.facility)
        ),
        select(day.facility, day.captured, day.duplicates, day.day).where(
            *_wanted(workload_day, profile, before), day.day >= begun, scope.of_places(day.province, day.facility)
        ),
    )
    part = union_all(*parts).subquery().c
    captured = func.sum(part.captured)
    rows = connection.execute(
        select(
            part.facility,
            captured.label("captured"),
            func.sum(part.duplicates).label("duplicates"),
            func.max(part.last_day).label("last_day"),
        )
        .group_by(part.facility)
        .order_by(case((captured < SMALL, 0), else_=captured).desc(), part.facility)
    )
    return tuple(_work_of(row) for row in rows)


def _work_of(row: Row[Any, Any, Any, Any]) -> FacilityWork:
    if row.captured < SMALL:
        return FacilityWork(row.facility, None, None, row.last_day)
    return FacilityWork(row.facility, int(row.captured), int(row.duplicates), row.last_day)


def activated_by_month(
    connection: Connection, profile: Profile, scope: Scope, *, since: date, before: date
) -> dict[str, int]:
    """Count the activations by month (`YYYY-MM`) from `since` to the day before `before`."""
    month = func.substr(coverage_day.c.day, literal_column("1"), literal_column("7"))  # the same text in GROUP BY
    rows = connection.execute(
        select(month.label("month"), func.sum(coverage_day.c.n).label("n"))
        .where(
            *_wanted(coverage_day, profile, before),
            scope.of_provinces(coverage_day.c.province),
            coverage_day.c.state == COUNT_STATE,
            coverage_day.c.day >= since.isoformat(),
        )
        .group_by(month)
    )
    return {row.month: int(row.n) for row in rows}


def any_counted(connection: Connection, profile: Profile, scope: Scope) -> bool:
    """Tell whether a profile has any figure at all."""
    people = scope.of_provinces(coverage_day.c.province)
    day = select(coverage_day.c.day).where(coverage_day.c.profile == profile, people).limit(1)
    work, is_mine = workload_of(scope)
    visit = select(work.c.day).where(work.c.profile == profile, is_mine).limit(1)
    return connection.execute(day).first() is not None or connection.execute(visit).first() is not None
