# SPDX-License-Identifier: Apache-2.0
"""The book of proposed imports: how far each has come, what its rows say, and what they would do to what is in force.

Every read is for somebody's scope: who may see no row of a file does not see the file.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import exists, or_, select, true

from fleet.errors import ImportRefusedError
from fleet.people.figures import Held, Kind, Place, in_force
from fleet.store.import_tables import import_proposal, import_row
from fleet.store.scope import Level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Connection, Row

    from fleet.people.figures import Counts
    from fleet.store.scope import Scope

OPEN_MS = 72 * 60 * 60 * 1000  # so long a proposal waits for a second person
MOST_LISTED = 200


class Stage(StrEnum):
    """How far a proposal has come."""

    PROPOSED = "proposed"
    EXPIRED = "expired"  # nobody answered in 72 hours
    REJECTED = "rejected"
    IMPORTED = "imported"  # an undo: done
    UNDONE = "undone"
    AT_ONCE = "at_once"  # made up or a test: imported without a second person


class Why(StrEnum):
    """Why something is not done with a proposal."""

    UNKNOWN = "unknown"  # there is none, or none of which whoever asks may see a row
    SETTLED = "settled"  # it has been answered, or is expired
    OWN = "own"
    PART = "part"  # it holds places that whoever answers does not answer for
    NOT_AS_SEEN = "not_as_seen"
    REASON = "reason"
    NOTHING_KEPT = "nothing_kept"
    IN_THE_WAY = "in_the_way"


class NotDoneError(ImportRefusedError):
    """Nothing was done with a proposal; `why`, and for an undo the later `batches` that stand in the way."""

    def __init__(self, why: Why, message: str, batches: tuple[int, ...] = ()) -> None:
        super().__init__(message)
        self.why = why
        self.batches = batches


class Effect(StrEnum):
    """What a row does to what is in force."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    TAKEN_AWAY = "taken_away"  # by an undo: before the batch there was nothing


@dataclass(frozen=True, slots=True)
class Entry:
    """One proposal as it is in the book."""

    number: int
    kind: Kind
    undoes: int | None
    file_sha256: str | None
    file_name: str | None
    source: str
    rows: int
    reason: str
    made_up: bool
    proposed_by: str
    proposed_ms: int
    approved_by: str | None
    approved_ms: int | None
    rejected_by: str | None
    rejected_ms: int | None
    batch: int | None
    stage: Stage


@dataclass(frozen=True, slots=True)
class Change:
    """One row: what is in force at its place before and after. None is nothing."""

    line: int
    place: Place
    before: Held | None
    after: Held | None

    @property
    def effect(self) -> Effect:
        """What it does."""
        if self.after is None:
            return Effect.TAKEN_AWAY
        if self.before is None:
            return Effect.NEW
        return Effect.SAME if self.before.counts == self.after.counts else Effect.CHANGED


@dataclass(frozen=True, slots=True)
class Preview:
    """What a proposal does, row by row in the file's order. Of one that is settled: what it did.

    `seen` names this difference: who approves says which one they have looked at. `complete` is false if there are
    rows that the scope does not hold; `in_the_way` are later batches that an undo would have to undo first.
    """

    entry: Entry
    changes: tuple[Change, ...]
    seen: str
    complete: bool
    in_the_way: tuple[int, ...] = ()

    def count(self, effect: Effect) -> int:
        """How many rows do this."""
        return sum(each.effect is effect for each in self.changes)


def entry_of(connection: Connection, number: int, scope: Scope, now_ms: int) -> Entry:
    """Read one proposal.

    Raises:
        NotDoneError: there is none of that number for this scope.
    """
    found = _read(connection, scope, now_ms, import_proposal.c.id == number)
    if not found:
        message = f"There is no import {number} for you. `dipchip-fleet import list` shows the numbers."
        raise NotDoneError(Why.UNKNOWN, message)
    return found[0]


def entries(connection: Connection, scope: Scope, now_ms: int) -> tuple[Entry, ...]:
    """Read the newest proposals of a scope, newest first."""
    return _read(connection, scope, now_ms, true())


def entry_of_batch(connection: Connection, batch: int, scope: Scope, now_ms: int) -> Entry:
    """Read the proposal that a batch came of.

    Raises:
        NotDoneError: there is no such batch for this scope.
    """
    found = _read(connection, scope, now_ms, import_proposal.c.batch == batch)
    if not found:
        message = f"There is no batch {batch} for you. `dipchip-fleet import list` shows the batches."
        raise NotDoneError(Why.UNKNOWN, message)
    return found[0]


def preview(connection: Connection, entry: Entry, scope: Scope) -> Preview:
    """Say what a proposal does to what is in force now, or did."""
    rows = _rows(connection, entry, scope)
    places = [_place(row) for row in rows]
    if entry.undoes is not None:
        return _undoing(connection, entry, rows, scope)
    settled = entry.batch is not None
    held = {} if settled else in_force(connection, entry.kind, places, scope)
    batch = entry.batch or 0
    changes = tuple(
        Change(row.line, place, _replaced(row) if settled else held.get(place), Held(_counts(row.counts), batch))
        for row, place in zip(rows, places, strict=True)
    )
    return Preview(entry, changes, _seen(changes), len(rows) == entry.rows)


def _undoing(connection: Connection, entry: Entry, rows: Sequence[Row[Any]], scope: Scope) -> Preview:
    settled = entry.stage is Stage.IMPORTED
    places = [_place(row) for row in rows]
    of_batch = {place: Held(_counts(row.counts), entry.undoes or 0) for place, row in zip(places, rows, strict=True)}
    held = of_batch if settled else in_force(connection, entry.kind, places, scope)
    changes = tuple(
        Change(row.line, place, held.get(place), _replaced(row)) for row, place in zip(rows, places, strict=True)
    )
    others = {held[place].batch if place in held else 0 for place in places} - {entry.undoes}
    return Preview(entry, changes, _seen(changes), len(rows) == entry.rows, tuple(sorted(others)))


def _read(connection: Connection, scope: Scope, now_ms: int, which: ColumnElement[bool]) -> tuple[Entry, ...]:
    undo = import_proposal.alias("undo")
    undone = exists().where(undo.c.undoes == import_proposal.c.batch, undo.c.approved_ms.is_not(None))
    query = (
        select(import_proposal, undone.label("undone"))
        .where(which, _visible(scope))
        .order_by(import_proposal.c.id.desc())
        .limit(MOST_LISTED)
    )
    return tuple(_entry(row, now_ms) for row in connection.execute(query))


def _visible(scope: Scope) -> ColumnElement[bool]:
    """The criterion for proposals of which somebody may see a row; the nation sees also those without rows."""
    if scope.level is Level.NATION:
        return true()
    of = import_proposal.alias("of")
    rows = select(import_row.c.line).where(scope.of_provinces(import_row.c.province))
    own = rows.where(import_row.c.proposal == import_proposal.c.id).exists()
    undone = rows.join_from(import_row, of, of.c.id == import_row.c.proposal)
    return or_(own, undone.where(of.c.batch == import_proposal.c.undoes).exists())


def _rows(connection: Connection, entry: Entry, scope: Scope) -> Sequence[Row[Any]]:
    """Read the rows of a proposal, or of the one that an undo is about, that lie in the scope."""
    which = import_proposal.c.id == entry.number if entry.undoes is None else import_proposal.c.batch == entry.undoes
    whose = select(import_proposal.c.id).where(which).scalar_subquery()
    own = scope.of_provinces(import_row.c.province)
    return connection.execute(
        select(import_row).where(import_row.c.proposal == whose, own).order_by(import_row.c.line)
    ).all()


def _place(row: Row[Any]) -> Place:
    return Place(row.fiscal_year, row.period, row.province, row.figure)


def _replaced(row: Row[Any]) -> Held | None:
    return None if row.replaced is None else Held(_counts(row.replaced), row.replaced_batch)


def _counts(text: str) -> Counts:
    return msgspec.json.decode(text, type=tuple[int | None, ...])


def _seen(changes: Sequence[Change]) -> str:
    """Name a difference by a digest; what the batch will be called is no part of it."""
    what = [(each.place, each.before, None if each.after is None else each.after.counts) for each in changes]
    return hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:16]


def _entry(row: Row[Any], now_ms: int) -> Entry:
    values = {name: row._mapping[name] for name in Entry.__slots__ if name in row._mapping}  # noqa: SLF001 - its public name
    return Entry(number=row.id, **values | {"kind": Kind(row.kind)}, stage=_stage(row, now_ms))


def _stage(row: Row[Any], now_ms: int) -> Stage:
    if row.rejected_ms is not None:
        return Stage.REJECTED
    if row.undone:
        return Stage.UNDONE
    if row.approved_ms is not None:
        return Stage.IMPORTED
    if row.batch is not None:
        return Stage.AT_ONCE
    return Stage.EXPIRED if now_ms - row.proposed_ms > OPEN_MS else Stage.PROPOSED
