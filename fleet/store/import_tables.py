# SPDX-License-Identifier: Apache-2.0
"""The tables of proposed imports: what somebody wants in force, who said yes or no, and what it replaced."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, String, Table, Text

from fleet.store.tables import metadata

_MS = BigInteger  # milliseconds since 1970, UTC
_ROW = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only INTEGER keys

# One file that somebody wants imported, or one batch that somebody wants undone (`undoes`, then without a file).
# `batch` is what came of it. What was imported at once (made up, or a test) has a batch and nobody who approved.
import_proposal = Table(
    "import_proposal",
    metadata,
    Column("id", _ROW, primary_key=True, autoincrement=True),
    Column("kind", String(16), nullable=False),  # as of import_batch
    Column("undoes", ForeignKey("import_batch.id")),
    Column("file_sha256", String(64)),
    Column("file_name", String(200)),
    Column("source", String(200), nullable=False),
    Column("rows", Integer, nullable=False),  # so many lines; whoever sees fewer sees a part only
    Column("reason", String(200), nullable=False),  # empty unless figures of the ministry change, or a batch is undone
    Column("made_up", Boolean, nullable=False),
    Column("proposed_by", String(64), nullable=False),
    Column("proposed_ms", _MS, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_ms", _MS),
    Column("rejected_by", String(64)),
    Column("rejected_ms", _MS),
    Column("batch", ForeignKey("import_batch.id")),
    CheckConstraint("approved_by <> proposed_by", name="two_people"),
    CheckConstraint("approved_by IS NULL OR rejected_by IS NULL", name="one_answer"),
    CheckConstraint("(undoes IS NULL) = (file_sha256 IS NOT NULL)", name="a_file_or_a_batch"),
)

# The rows of a proposed file, and of an imported one with what each of them replaced.
import_row = Table(
    "import_row",
    metadata,
    Column("proposal", ForeignKey("import_proposal.id"), primary_key=True),
    Column("line", Integer, primary_key=True),  # as a spreadsheet numbers it
    Column("fiscal_year", Integer, nullable=False),
    Column("period", Integer),
    Column("province", String(2)),
    Column("figure", String(48)),
    Column("counts", Text, nullable=False),  # JSON: the counts in the order of the kind's columns
    Column("replaced", Text),  # likewise, once it is imported; nothing where there was nothing
    Column("replaced_batch", ForeignKey("import_batch.id")),
)
