# SPDX-License-Identifier: Apache-2.0
"""Complaints with what became of them, and what people thought of their visits by facility and day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; nobody has complained yet, and what kiosks told of opinions so far was not kept."""
    _complaints()
    op.create_table(
        "opinion_day",
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("facility", sa.String(5), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_opinion_day_n_counts")),
        sa.PrimaryKeyConstraint("profile", "province", "facility", "day", "code", name=op.f("pk_opinion_day")),
    )
    op.create_index(op.f("ix_opinion_day_profile_day"), "opinion_day", ["profile", "day"])
    op.create_table(
        "opinion_mark",
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("boot", sa.String(32), nullable=False),
        sa.Column("monotonic_ms", sa.BigInteger(), nullable=False),
        sa.Column("wall_ms", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_opinion_mark_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", name=op.f("pk_opinion_mark")),
    )


def _complaints() -> None:
    row = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "complaint",
        sa.Column("row", row, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(8), nullable=False),
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("facility", sa.String(5)),
        sa.Column("kiosk", sa.String(32)),
        sa.Column("ident", sa.String(32)),
        sa.Column("source", sa.String(8), nullable=False),
        sa.Column("category", sa.String(8), nullable=False),
        sa.Column("term", sa.String(8), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("words", sa.String(300), nullable=False),
        sa.Column("codes", sa.Text()),
        sa.Column("said_day", sa.String(10), nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.String(64)),
        sa.Column("responsible", sa.String(64)),
        sa.Column("taken_ms", sa.BigInteger()),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("answered_by", sa.String(64)),
        sa.Column("answered_ms", sa.BigInteger()),
        sa.Column("closed_by", sa.String(64)),
        sa.Column("closed_ms", sa.BigInteger()),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.CheckConstraint("(kiosk IS NULL) = (ident IS NULL)", name=op.f("ck_complaint_of_a_kiosk_or_not")),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_complaint_kiosk")),
        sa.UniqueConstraint("kiosk", "ident", name=op.f("uq_complaint_kiosk_ident")),
        sa.PrimaryKeyConstraint("row", name=op.f("pk_complaint")),
    )
    op.create_index(op.f("ix_complaint_number"), "complaint", ["number"])
    op.create_index(op.f("ix_complaint_state_province_due_ms"), "complaint", ["state", "province", "due_ms"])
    op.create_index(op.f("ix_complaint_province_opened_ms"), "complaint", ["province", "opened_ms"])
