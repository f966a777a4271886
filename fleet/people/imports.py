# SPDX-License-Identifier: Apache-2.0
"""Imports of B1, B2, of the ministry's own figures and of a region's indicators: the whole file or nothing.

An empty cell is "missing", a 0 is zero. A row replaces the earlier one of the same keys; rows that the file does not
name stay, and what was replaced is kept with the batch. Here a file is read, judged and written into the book; the
immediate form is for figures that nobody takes for real. Two people's imports are in `proposals`.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import bindparam, insert, select, update

from fleet import audit
from fleet.errors import ImportRefusedError
from fleet.people.columns import AS_THEY_ARE, Columns
from fleet.people.figures import Held, Kind, counts_of, in_force, place_of, put
from fleet.people.problems import FileRefusedError, Problem, Wording, bare_name
from fleet.people.spreadsheets import HALF_YEAR, PROVINCE, QUARTER, YEAR, Key, Layout, Read, read_rows
from fleet.store.import_tables import import_proposal, import_row
from fleet.store.scope import NATION, province_scope
from fleet.store.session import unit_of_work
from fleet.store.tables import import_batch
from wire.announcements import holds_a_citizen_number, is_printable
from wire.ids import ProvinceCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy import Connection, Engine

    from fleet.people.figures import Counts, Place
    from fleet.store.scope import Scope

DENOMINATORS = Layout(Kind.DENOMINATORS, keys=(YEAR, PROVINCE), counts=Kind.DENOMINATORS.counts)
OFFICIAL = Layout(Kind.OFFICIAL, keys=(YEAR, HALF_YEAR, PROVINCE), counts=Kind.OFFICIAL.counts)
_FIGURE = Wording("an indicator of the list, or one of its parts", "รหัสตัวชี้วัดในรายการ หรือส่วนหนึ่งของตัวชี้วัด")
_OUTSIDE = Wording("a place outside of what you answer for", "พื้นที่นอกเหนือความรับผิดชอบของคุณ")
_LONGEST = {"source": 200, "by": 64, "reason": 200}
_WHY = {"source": "where the figures come from", "by": "who imports them", "reason": "why"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was given, and what was said of its columns; the name is kept without its folder."""

    file_name: str
    content: bytes
    columns: Columns = AS_THEY_ARE

    @property
    def sha256(self) -> str:
        """What tells it from every other file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the figures come from and who brings them; `made_up` labels sample figures wherever they show."""

    source: str
    by: str
    made_up: bool
    imported_ms: int
    reason: str = ""

    def __post_init__(self) -> None:
        """Refuse figures that nobody stands for."""
        said("source", self.source)
        said("by", self.by)
        if self.reason:
            said("reason", self.reason)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored."""

    batch: int
    kind: str
    rows: int
    file_sha256: str
    made_up: bool


def said(what: str, text: str) -> str:
    """Give a name, a source or a reason as it is written down.

    Raises:
        ImportRefusedError: when it says nothing, too much, or names a person by number.
    """
    written = unicodedata.normalize("NFC", " ".join(text.split()))
    longest = _LONGEST[what]
    if not written or len(written) > longest or not is_printable(written) or holds_a_citizen_number(written):
        message = f"--{what} must be 1 to {longest} characters that say {_WHY[what]}. Nothing was imported."
        raise ImportRefusedError(message)
    return written


def indicators(is_known: Callable[[str], bool]) -> Layout:
    """The layout of a region's indicators; `is_known` knows what figures there are."""
    figure = Key("figure", _FIGURE, lambda cell: cell if is_known(cell) else None)
    return Layout(Kind.INDICATORS, (YEAR, QUARTER, figure), Kind.INDICATORS.counts)


def import_at_once(
    engine: Engine, layout: Layout, upload: Upload, attribution: Attribution, *, is_test: bool
) -> Imported:
    """Store a file with nobody to approve it: in a test, or figures that are made up and replace only such.

    Raises:
        ImportRefusedError: it is neither, or the file has a problem; nothing of it was stored.
    """
    if not is_test and not attribution.made_up:
        message = f"Figures that are not --made-up need two people. Use `dipchip-fleet import propose {layout.kind}`."
        raise ImportRefusedError(message)
    read, kind = read_for(NATION, layout, upload), Kind(layout.kind)
    rows = rows_of(kind, read)
    with unit_of_work(engine) as connection:
        if not is_test:
            _check_made_up(connection, kind, rows)
        proposal = file_proposal(connection, layout, upload, attribution, read)
        batch = bring_into_force(connection, proposal, rows, NATION, attribution.imported_ms)
        detail: audit.Detail = {
            "batch": batch,
            "file_sha256": upload.sha256,
            "made_up": attribution.made_up,
            "rows": len(rows),
        }
        who, at_ms = attribution.by, attribution.imported_ms
        audit.record(connection, audit.Act.FIGURES_IMPORTED, who=who, subject=kind, at_ms=at_ms, detail=detail)
    return Imported(batch, kind, len(rows), upload.sha256, attribution.made_up)


def _check_made_up(connection: Connection, kind: Kind, places: Iterable[Place]) -> None:
    batches = {held.batch for held in in_force(connection, kind, places, NATION).values()}
    real = select(import_batch.c.id).where(import_batch.c.id.in_(batches), ~import_batch.c.made_up).limit(1)
    if connection.execute(real).first() is not None:
        message = "Made-up figures would replace real ones. That needs two people: use `dipchip-fleet import propose`."
        raise ImportRefusedError(message)


def read_for(scope: Scope, layout: Layout, upload: Upload) -> Read:
    """Read a file of somebody who answers for this scope.

    Raises:
        FileRefusedError: it has a problem, or names a place outside.
    """
    read = read_rows(upload.content, layout, upload.columns)
    problems = read.problems or tuple(
        Problem(line, "province" if "province" in row else "figure", _OUTSIDE, _within(scope))
        for line, row in zip(read.lines, read.rows, strict=True)
        if not scope.holds(NATION if "province" not in row else province_scope(ProvinceCode(str(row["province"]))))
    )
    if problems:
        raise FileRefusedError(upload.file_name, problems)
    return read


def rows_of(kind: Kind, read: Read) -> dict[Place, Counts]:
    """Take what a file says of each place."""
    return {place_of(row): counts_of(kind, row) for row in read.rows}


def file_proposal(connection: Connection, layout: Layout, upload: Upload, attribution: Attribution, read: Read) -> int:
    """Write a file and its rows into the book; the number of the entry."""
    kind = Kind(layout.kind)
    entry = insert(import_proposal).values(
        kind=kind,
        file_sha256=upload.sha256,
        file_name=bare_name(upload.file_name),
        source=said("source", attribution.source),
        rows=len(read.rows),
        reason=attribution.reason and said("reason", attribution.reason),
        made_up=attribution.made_up,
        proposed_by=said("by", attribution.by),
        proposed_ms=attribution.imported_ms,
    )
    number = int(connection.execute(entry.returning(import_proposal.c.id)).scalar_one())
    rows = [
        {
            "proposal": number,
            "line": line,
            **dict.fromkeys(("period", "province", "figure")),
            **place_of(row).columns,
            "counts": written(counts_of(kind, row)),
        }
        for line, row in zip(read.lines, read.rows, strict=True)
    ]
    connection.execute(insert(import_row), rows)
    return number


def bring_into_force(
    connection: Connection, proposal: int, rows: Mapping[Place, Counts], scope: Scope, at_ms: int
) -> int:
    """Let the rows of an entry be in force as a new batch, and keep with each what it replaces; the batch's number."""
    batch, kind = _open_batch(connection, proposal, at_ms)
    _keep_replaced(connection, proposal, in_force(connection, kind, rows, scope))
    put(connection, kind, {place: Held(counts, batch) for place, counts in rows.items()}, scope)
    return batch


def _keep_replaced(connection: Connection, proposal: int, before: Mapping[Place, Held]) -> None:
    kept = [
        {"at": row["line"], "counts_then": written(before[place].counts), "batch_then": before[place].batch}
        for row in connection.execute(select(import_row).where(import_row.c.proposal == proposal)).mappings()
        if (place := place_of(dict(row))) in before
    ]
    if kept:
        one = update(import_row).where(import_row.c.proposal == proposal, import_row.c.line == bindparam("at"))
        replaced = one.values(replaced=bindparam("counts_then"), replaced_batch=bindparam("batch_then"))
        connection.execute(replaced, kept)


def written(counts: Counts) -> str:
    """Write counts as the book holds them."""
    return msgspec.json.encode(counts).decode()


def _open_batch(connection: Connection, proposal: int, at_ms: int) -> tuple[int, Kind]:
    entry = connection.execute(import_proposal.select().where(import_proposal.c.id == proposal)).one()
    batch = insert(import_batch).values(
        kind=entry.kind,
        file_sha256=entry.file_sha256,
        file_name=entry.file_name,
        source=entry.source,
        made_up=entry.made_up,
        imported_ms=at_ms,
        imported_by=entry.proposed_by,
    )
    number = int(connection.execute(batch.returning(import_batch.c.id)).scalar_one())
    connection.execute(update(import_proposal).where(import_proposal.c.id == proposal).values(batch=number))
    return number, Kind(entry.kind)


def _within(scope: Scope) -> Wording:
    codes = ", ".join(scope.provinces[:20]) or "-"
    return Wording(f"only what {scope} holds: {codes}", f"พื้นที่ของบัญชีนี้: {codes}")
