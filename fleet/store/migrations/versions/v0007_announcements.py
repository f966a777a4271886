# SPDX-License-Identifier: Apache-2.0
"""Announcements for welcome screens are proposed, approved and withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table; nothing is announced yet."""
    op.create_table(
        "announcement",
        sa.Column("id", _ROW, autoincrement=True, nullable=False),
        sa.Column("th", sa.String(length=100), nullable=False),
        sa.Column("en", sa.String(length=100), nullable=False),
        sa.Column("province", sa.String(length=2), nullable=True),
        sa.Column("kiosk", sa.String(length=32), nullable=True),
        sa.Column("first_day", sa.String(length=10), nullable=False),
        sa.Column("last_day", sa.String(length=10), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_announcement_two_people")),
        sa.CheckConstraint("province IS NULL OR kiosk IS NULL", name=op.f("ck_announcement_one_scope")),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_announcement_kiosk")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
    )
