# SPDX-License-Identifier: Apache-2.0
"""What is read of the matchings: of each province the newest of a kind and year, as sums by day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import case, func, select

from fleet.coverage.figures import Absence, Figures, MatchedFigures, Mode, Share
from fleet.coverage.fiscal import cutoff, cutoff_day
from fleet.coverage.reading import Basis, Batch, Reading
from fleet.store.matching_tables import matched_day, matched_province, matching
from wire.asks import PersonState

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.store.scope import Scope
    from wire.ids import ProvinceCode

_STAFF, _PEOPLE = "staff", "people"


def read_matched(connection: Connection, basis: Basis, scope: Scope) -> Reading[Literal[Mode.MATCHED]]:
    """Read our people among those on the lists of one fiscal year, active at the cut-off or when they were matched."""
    newest = {(row.kind, row.province): row for row in _newest(connection, basis, scope)}
    active = _active(connection, basis, {row.matching for row in newest.values()})
    cutoff_ms = int(cutoff(basis.fiscal_year, basis.period).timestamp() * 1000)

    def share(kind: str, code: ProvinceCode) -> Share:
        row = newest.get((kind, code))
        if row is None:
            return Share(None, None, Absence.NOT_MATCHED)
        return Share(active.get((row.matching, code), 0), row.listed)

    def figures(code: ProvinceCode) -> MatchedFigures:
        rows = [newest[kind, code] for kind in (_STAFF, _PEOPLE) if (kind, code) in newest]
        mode: Literal[Mode.MATCHED] = Mode.MATCHED
        return Figures(
            mode=mode,
            fiscal_year=basis.fiscal_year,
            staff=share(_STAFF, code),
            people=share(_PEOPLE, code),
            profile=basis.profile,
            snapshot=basis.fiscal_year if rows else None,
            made_up=any(row.made_up for row in rows),
            early=any(row.made_ms < cutoff_ms for row in rows),
        )

    batches = {row.matching: _batch(row) for row in newest.values()}
    batch_of = {row.province: row.matching for (kind, _), row in sorted(newest.items(), key=lambda each: each[0])}
    outside = {code: row.outside for (kind, code), row in newest.items() if kind == _PEOPLE}
    return Reading({code: figures(code) for code in scope.provinces}, batches, batch_of, outside=outside)


def _newest(connection: Connection, basis: Basis, scope: Scope) -> list[Row[Any]]:
    of_year = (
        select(matched_province.c.province, matching.c.kind, func.max(matching.c.id).label("id"))
        .join_from(matched_province, matching)
        .where(matching.c.fiscal_year == basis.fiscal_year, scope.of_provinces(matched_province.c.province))
        .group_by(matched_province.c.province, matching.c.kind)
        .subquery()
    )
    asked = (
        select(matched_province, matching)
        .join_from(matched_province, matching)
        .join(of_year, (of_year.c.id == matching.c.id) & (of_year.c.province == matched_province.c.province))
    )
    return list(connection.execute(asked))


def _active(connection: Connection, basis: Basis, matchings: set[int]) -> dict[tuple[int, str], int]:
    before = cutoff_day(basis.fiscal_year, basis.period).isoformat()
    signed = case((matched_day.c.state == PersonState.REVOKED, -matched_day.c.n), else_=matched_day.c.n)
    rows = connection.execute(
        select(matched_day.c.matching, matched_day.c.province, func.sum(signed).label("people"))
        .where(matched_day.c.matching.in_(matchings), matched_day.c.day < before)
        .group_by(matched_day.c.matching, matched_day.c.province)
    )
    return {(row.matching, row.province): int(row.people) for row in rows}


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        id=row.id,
        kind=f"matched-{row.kind}",
        file_name=row.file_name,
        file_sha256=row.file_mac,
        source=row.source,
        made_up=row.made_up,
        imported_ms=row.made_ms,
        imported_by=row.made_by,
    )
