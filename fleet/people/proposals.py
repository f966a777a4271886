# SPDX-License-Identifier: Apache-2.0
"""Two people's imports: one proposes a file, another who has looked at what it does approves it; both may undo it.

1. A proposal changes nothing. It waits 72 hours.
2. Who approves names the difference that they have looked at. If what is in force has changed since, they look again.
3. Nobody approves what they proposed. The database says so too.
4. Figures of the ministry that are in force are changed only with a reason (KPI 57: a restatement says who, when, why).
5. An undo is proposed and approved the same way. It gives back exactly what the batch replaced, or nothing: while a
   later batch stands on some of its rows, it is refused and names that batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from sqlalchemy import insert, update

from fleet import audit
from fleet.people.entries import Effect, NotDoneError, Stage, Why, entry_of, entry_of_batch, preview
from fleet.people.figures import Kind, put
from fleet.people.imports import bring_into_force, file_proposal, read_for, said
from fleet.store.import_tables import import_proposal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.people.entries import Entry, Preview
    from fleet.people.imports import Attribution, Upload
    from fleet.people.spreadsheets import Layout
    from fleet.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Person:
    """Who acts and when: the name that the book keeps, the account that the log keeps, and what they answer for."""

    name: str
    account: str
    scope: Scope
    at_ms: int
    token: int | None = None  # the number of a program's


def propose(
    connection: Connection, layout: Layout, upload: Upload, attribution: Attribution, person: Person
) -> Preview:
    """Write a file into the book and say what it would do; nothing is in force yet.

    Raises:
        FileRefusedError: the file has problems.
        NotDoneError: it changes figures of the ministry and gives no reason.
    """
    read = read_for(person.scope, layout, upload)
    number = file_proposal(connection, layout, upload, attribution, read)
    shown = preview(connection, entry_of(connection, number, person.scope, person.at_ms), person.scope)
    _check_reason(shown)
    detail: audit.Detail = {"file_sha256": upload.sha256, "made_up": attribution.made_up, "rows": len(read.rows)}
    _record(connection, audit.Act.IMPORT_PROPOSED, number, person, detail)
    return shown


def propose_undo(connection: Connection, batch: int, reason: str, person: Person) -> Preview:
    """Propose that a batch be undone, and say what that would do.

    Raises:
        NotDoneError: there is no such batch, it is undone, or a later one stands on its rows.
    """
    _lock(connection)
    entry = entry_of_batch(connection, batch, person.scope, person.at_ms)
    if entry.stage is Stage.UNDONE:
        _refuse(Why.SETTLED, f"Batch {batch} is undone already. Nothing is left to do.")
    undo = insert(import_proposal).values(
        kind=entry.kind,
        undoes=batch,
        source=entry.source,
        rows=entry.rows,
        reason=said("reason", reason),
        made_up=entry.made_up,
        proposed_by=said("by", person.name),
        proposed_ms=person.at_ms,
    )
    number = int(connection.execute(undo.returning(import_proposal.c.id)).scalar_one())
    shown = preview(connection, entry_of(connection, number, person.scope, person.at_ms), person.scope)
    _check_undo(shown)
    _record(connection, audit.Act.IMPORT_PROPOSED, number, person, {"undoes": batch})
    return shown


def approve(connection: Connection, number: int, seen: str, person: Person) -> Entry:
    """Bring what another person has proposed into force.

    Args:
        connection: a unit of work.
        number: the proposal's.
        seen: the difference that the approver has looked at, as its preview names it.
        person: who approves.

    Raises:
        NotDoneError: why not; nothing changed.
    """
    _lock(connection)
    entry = _open_entry(connection, number, person)
    name = said("by", person.name)
    if name.casefold() == entry.proposed_by.casefold():
        _refuse(Why.OWN, f"Import {number} was proposed by {entry.proposed_by}. Let another person approve it.")
    shown = _whole(connection, entry, person)
    if seen != shown.seen:
        _refuse(
            Why.NOT_AS_SEEN,
            f"What import {number} would change is not what you looked at. Look at it again, then approve it.",
        )
    _check_undo(shown) if entry.undoes is not None else _check_reason(shown)
    _answer(connection, number, approved_by=name, approved_ms=person.at_ms)
    _bring_about(connection, shown, person)
    return entry_of(connection, number, person.scope, person.at_ms)


def reject(connection: Connection, number: int, person: Person) -> None:
    """Turn a proposal down; who proposed may take it back likewise.

    Raises:
        NotDoneError: there is nothing to turn down.
    """
    _lock(connection)
    _whole(connection, _open_entry(connection, number, person), person)
    _answer(connection, number, rejected_by=said("by", person.name), rejected_ms=person.at_ms)
    _record(connection, audit.Act.IMPORT_REJECTED, number, person, {})


def _whole(connection: Connection, entry: Entry, person: Person) -> Preview:
    shown = preview(connection, entry, person.scope)
    if not shown.complete:
        _refuse(
            Why.PART, f"Import {entry.number} holds places that you do not answer for. Let somebody answer who does."
        )
    return shown


def _bring_about(connection: Connection, shown: Preview, person: Person) -> None:
    entry = shown.entry
    detail: audit.Detail = {"rows": len(shown.changes), "proposed_by": entry.proposed_by, "seen": shown.seen}
    if entry.undoes is not None:
        put(connection, entry.kind, {each.place: each.after for each in shown.changes}, person.scope)
        _record(connection, audit.Act.IMPORT_UNDONE, entry.number, person, detail | {"batch": entry.undoes})
        return
    rows = {each.place: each.after.counts for each in shown.changes if each.after is not None}
    batch = bring_into_force(connection, entry.number, rows, person.scope, person.at_ms)
    detail |= {"batch": batch, "file_sha256": entry.file_sha256 or "", "made_up": entry.made_up}
    _record(connection, audit.Act.IMPORT_APPROVED, entry.number, person, detail)


def _check_reason(shown: Preview) -> None:
    changed = shown.count(Effect.CHANGED)
    if shown.entry.kind is Kind.OFFICIAL and changed and not shown.entry.reason:
        _refuse(
            Why.REASON,
            f"{changed} figure(s) of the ministry are in force and would change. Propose the file with --reason: why.",
        )


def _check_undo(shown: Preview) -> None:
    entry = shown.entry
    if not shown.complete:
        _refuse(
            Why.PART, f"Batch {entry.undoes} holds places that you do not answer for. Let somebody undo it who does."
        )
    if not shown.changes:
        _refuse(
            Why.NOTHING_KEPT,
            f"What batch {entry.undoes} replaced is not known: it is from before that was kept. Import it anew.",
        )
    if shown.in_the_way:
        later = ", ".join(map(str, shown.in_the_way))
        told = f"Batch {entry.undoes} cannot be undone: batch {later} has replaced rows of it. Undo that first."
        _refuse(Why.IN_THE_WAY, told, shown.in_the_way)


def _open_entry(connection: Connection, number: int, person: Person) -> Entry:
    entry = entry_of(connection, number, person.scope, person.at_ms)
    if entry.stage is not Stage.PROPOSED:
        _refuse(
            Why.SETTLED, f"Import {number} is {entry.stage.replace('_', ' ')}. Propose it anew if it is still wanted."
        )
    return entry


def _lock(connection: Connection) -> None:
    """Let one person answer at a time; SQLite lets one write at a time anyway."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE import_proposal IN SHARE ROW EXCLUSIVE MODE")


def _answer(connection: Connection, number: int, **values: str | int) -> None:
    connection.execute(update(import_proposal).where(import_proposal.c.id == number).values(**values))


def _record(connection: Connection, act: audit.Act, number: int, person: Person, detail: audit.Detail) -> None:
    told: audit.Detail = {"by": said("by", person.name), **detail}
    if person.token is not None:
        told["token"] = person.token
    who, at_ms = person.account, person.at_ms
    audit.record(connection, act, who=who, subject=str(number), at_ms=at_ms, detail=told, scope=person.scope)


def _refuse(why: Why, message: str, batches: tuple[int, ...] = ()) -> NoReturn:
    raise NotDoneError(why, message, batches)
