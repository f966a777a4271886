# SPDX-License-Identifier: Apache-2.0
"""The figures that are in force, one row a place in time and country, each with the batch that brought it.

A later import changes them, and an undo gives back exactly what a batch had replaced. Nothing is judged here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import and_, delete, insert, select, true

from fleet.store.tables import denominator, indicator_figure, official

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement, Connection, Table

    from fleet.people.spreadsheets import Row
    from fleet.store.scope import Scope

Counts: TypeAlias = tuple[int | None, ...]  # in the order of the kind's columns


class Kind(StrEnum):
    """What can be imported."""

    DENOMINATORS = "denominators"
    OFFICIAL = "official"
    INDICATORS = "indicators"

    @property
    def counts(self) -> tuple[str, ...]:
        """The names of its counts."""
        return _COUNTS[self]


@dataclass(frozen=True, slots=True)
class Place:
    """What one row is about; what its kind does not have is None."""

    fiscal_year: int
    period: int | None = None
    province: str | None = None
    figure: str | None = None

    @property
    def columns(self) -> dict[str, int | str]:
        """What it is known by, without what its kind does not have."""
        named = {
            "fiscal_year": self.fiscal_year,
            "period": self.period,
            "province": self.province,
            "figure": self.figure,
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Held:
    """What is in force at a place, and since which batch."""

    counts: Counts
    batch: int


_TABLES: dict[Kind, Table] = {
    Kind.DENOMINATORS: denominator,
    Kind.OFFICIAL: official,
    Kind.INDICATORS: indicator_figure,
}
_COUNTS: dict[Kind, tuple[str, ...]] = {
    Kind.DENOMINATORS: ("b1", "b2"),
    Kind.OFFICIAL: ("a1", "b1", "a2", "b2"),
    Kind.INDICATORS: ("num", "den"),
}


def place_of(row: Row) -> Place:
    """Take what a row of a file is about."""
    named: dict[str, Any] = {name: row[name] for name in ("fiscal_year", "period", "province", "figure") if name in row}
    return Place(**named)


def counts_of(kind: Kind, row: Mapping[str, Any]) -> Counts:
    """Take a row's counts."""
    return tuple(row[name] for name in kind.counts)


def in_force(connection: Connection, kind: Kind, places: Iterable[Place], scope: Scope) -> dict[Place, Held]:
    """Read what is in force at these places; a place where nothing is has no entry."""
    table, wanted = _TABLES[kind], set(places)
    years = {place.fiscal_year for place in wanted}
    held = {}
    query = select(table).where(table.c.fiscal_year.in_(years), _own(table, scope))
    for found in connection.execute(query).mappings():
        row = {str(name): value for name, value in found.items()}
        place = place_of(row)
        if place in wanted:
            held[place] = Held(counts_of(kind, row), row["batch"])
    return held


def put(connection: Connection, kind: Kind, held: Mapping[Place, Held | None], scope: Scope) -> None:
    """Let this be in force at these places; None is nothing."""
    table = _TABLES[kind]
    for place in held:
        connection.execute(delete(table).where(_at(table, place), _own(table, scope)))
    rows = [
        {**place.columns, **dict(zip(kind.counts, each.counts, strict=True)), "batch": each.batch}
        for place, each in held.items()
        if each is not None
    ]
    if rows:
        connection.execute(insert(table), rows)


def _at(table: Table, place: Place) -> ColumnElement[bool]:
    return and_(*(table.c[name] == value for name, value in place.columns.items()))


def _own(table: Table, scope: Scope) -> ColumnElement[bool]:
    """The criterion of a scope; a region's indicators are brought by the nation alone."""
    return scope.of_provinces(table.c.province) if "province" in table.c else true()
