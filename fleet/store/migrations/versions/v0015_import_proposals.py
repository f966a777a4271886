# SPDX-License-Identifier: Apache-2.0
"""Imports are proposed by one person and approved by another, keep what they replaced, and can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add both tables, and the batches that there are: what they replaced is not known."""
    _proposals()
    op.create_table(
        "import_row",
        sa.Column("proposal", _ROW, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("figure", sa.String(length=48), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("replaced", sa.Text(), nullable=True),
        sa.Column("replaced_batch", _ROW, nullable=True),
        sa.ForeignKeyConstraint(["proposal"], ["import_proposal.id"], name=op.f("fk_import_row_proposal")),
        sa.ForeignKeyConstraint(["replaced_batch"], ["import_batch.id"], name=op.f("fk_import_row_replaced_batch")),
        sa.PrimaryKeyConstraint("proposal", "line", name=op.f("pk_import_row")),
    )
    op.execute(
        "INSERT INTO import_proposal"
        ' (kind, file_sha256, file_name, source, "rows", reason, made_up, proposed_by, proposed_ms, batch)'
        " SELECT kind, file_sha256, file_name, source, 0, '', made_up, imported_by, imported_ms, id"
        " FROM import_batch ORDER BY id"
    )


def _proposals() -> None:
    op.create_table(
        "import_proposal",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("undoes", _ROW, nullable=True),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_up", sa.Boolean(), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), nullable=True),
        sa.Column("rejected_by", sa.String(length=64), nullable=True),
        sa.Column("rejected_ms", sa.BigInteger(), nullable=True),
        sa.Column("batch", _ROW, nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_import_proposal_two_people")),
        sa.CheckConstraint("approved_by IS NULL OR rejected_by IS NULL", name=op.f("ck_import_proposal_one_answer")),
        sa.CheckConstraint(
            "(undoes IS NULL) = (file_sha256 IS NOT NULL)", name=op.f("ck_import_proposal_a_file_or_a_batch")
        ),
        sa.ForeignKeyConstraint(["undoes"], ["import_batch.id"], name=op.f("fk_import_proposal_undoes")),
        sa.ForeignKeyConstraint(["batch"], ["import_batch.id"], name=op.f("fk_import_proposal_batch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_proposal")),
    )
