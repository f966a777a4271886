# SPDX-License-Identifier: Apache-2.0
"""Imports of B1, B2, of the ministry's own figures and of a region's indicators: the whole file or nothing.

An empty cell is "missing", a 0 is zero. A row replaces the earlier one of the same keys; rows that the file does not
name stay. A problem is told by row, column and kind of value, never by repeating the cell.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, delete, insert

from fleet import audit
from fleet.errors import ImportRefusedError
from fleet.people.columns import AS_THEY_ARE, Columns
from fleet.people.problems import Wording, bare_name, explained
from fleet.people.spreadsheets import (
    HALF_YEAR,
    PROVINCE,
    QUARTER,
    YEAR,
    Key,
    Layout,
    Row,
    read_rows,
)
from fleet.store.session import unit_of_work
from fleet.store.tables import denominator, import_batch, indicator_figure, official

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine, Table

DENOMINATORS = Layout("denominators", keys=(YEAR, PROVINCE), counts=("b1", "b2"))
OFFICIAL = Layout("official", keys=(YEAR, HALF_YEAR, PROVINCE), counts=("a1", "b1", "a2", "b2"))
_INDICATORS = "indicators"
_FIGURE = Wording("an indicator of the list, or one of its parts", "รหัสตัวชี้วัดในรายการ หรือส่วนหนึ่งของตัวชี้วัด")
_TABLES: dict[str, Table] = {DENOMINATORS.kind: denominator, OFFICIAL.kind: official, _INDICATORS: indicator_figure}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was given, and what was said of its columns; the name is kept without its folder."""

    file_name: str
    content: bytes
    columns: Columns = AS_THEY_ARE


@dataclass(frozen=True, slots=True)
class Attribution:
    """Where the figures come from and who brings them; `made_up` labels sample figures wherever they show."""

    source: str
    by: str
    made_up: bool
    imported_ms: int

    def __post_init__(self) -> None:
        """Refuse figures that nobody stands for."""
        for what, text, longest in (("source", self.source, 200), ("by", self.by, 64)):
            if not text.strip() or len(text) > longest:
                message = f"--{what} must be 1 to {longest} characters that say {_WHY[what]}. Nothing was imported."
                raise ImportRefusedError(message)


_WHY = {"source": "where the figures come from", "by": "who imports them"}


@dataclass(frozen=True, slots=True)
class Imported:
    """What was stored."""

    batch: int
    kind: str
    rows: int
    file_sha256: str
    made_up: bool


def import_denominators(engine: Engine, upload: Upload, attribution: Attribution) -> Imported:
    """Store B1 and B2 by fiscal year and province.

    Raises:
        ImportRefusedError: the file has a problem; nothing of it was stored.
    """
    return _import(engine, DENOMINATORS, upload, attribution)


def import_official(engine: Engine, upload: Upload, attribution: Attribution) -> Imported:
    """Store the ministry's own A and B by fiscal year, period and province.

    Raises:
        ImportRefusedError: the file has a problem; nothing of it was stored.
    """
    return _import(engine, OFFICIAL, upload, attribution)


def import_indicators(
    engine: Engine, upload: Upload, attribution: Attribution, is_known: Callable[[str], bool]
) -> Imported:
    """Store the figures of a region's indicators by fiscal year and quarter; `is_known` knows what figures there are.

    Raises:
        ImportRefusedError: the file has a problem; nothing of it was stored.
    """
    figure = Key("figure", _FIGURE, lambda cell: cell if is_known(cell) else None)
    return _import(engine, Layout(_INDICATORS, (YEAR, QUARTER, figure), ("num", "den")), upload, attribution)


def _import(engine: Engine, layout: Layout, upload: Upload, attribution: Attribution) -> Imported:
    read = read_rows(upload.content, layout, upload.columns)
    if read.problems:
        raise ImportRefusedError(explained(upload.file_name, read.problems))
    rows = read.rows
    digest = hashlib.sha256(upload.content).hexdigest()
    with unit_of_work(engine) as connection:
        batch = _open_batch(connection, layout, upload.file_name, digest, attribution)
        _replace(connection, layout, rows, batch)
        told: audit.Detail = {"batch": batch, "file_sha256": digest, "made_up": attribution.made_up, "rows": len(rows)}
        audit.record(
            connection,
            audit.Act.FIGURES_IMPORTED,
            who=attribution.by,
            subject=layout.kind,
            at_ms=attribution.imported_ms,
            detail=told,
        )
    return Imported(batch, layout.kind, len(rows), digest, attribution.made_up)


def _open_batch(connection: Connection, layout: Layout, file_name: str, digest: str, attribution: Attribution) -> int:
    key = connection.execute(
        insert(import_batch).values(
            kind=layout.kind,
            file_sha256=digest,
            file_name=bare_name(file_name),
            source=attribution.source,
            made_up=attribution.made_up,
            imported_ms=attribution.imported_ms,
            imported_by=attribution.by,
        )
    ).inserted_primary_key
    if key is None:  # neither of the two databases does this
        message = "the database gave no number for the import. Nothing was imported; check the database."
        raise ImportRefusedError(message)
    return int(key[0])


def _replace(connection: Connection, layout: Layout, rows: tuple[Row, ...], batch: int) -> None:
    table = _TABLES[layout.kind]
    for row in rows:
        same = and_(*(table.c[key] == row[key] for key in layout.key_names))
        connection.execute(delete(table).where(same))
    connection.execute(insert(table), [{**row, "batch": batch} for row in rows])
