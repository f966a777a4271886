# SPDX-License-Identifier: Apache-2.0
"""Kiosks that are gone: reported by one person, confirmed by another, with what was known then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    row = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "loss",
        sa.Column("number", row, autoincrement=True, nullable=False),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("reported_by", sa.String(64), nullable=False),
        sa.Column("reported_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_by", sa.String(64)),
        sa.Column("confirmed_ms", sa.BigInteger()),
        sa.Column("withdrawn_by", sa.String(64)),
        sa.Column("withdrawn_ms", sa.BigInteger()),
        sa.Column("received", sa.BigInteger()),
        sa.Column("seen_ms", sa.BigInteger()),
        sa.Column("unsent", sa.BigInteger()),
        sa.Column("oldest_unsent_s", sa.BigInteger()),
        sa.CheckConstraint("confirmed_by <> reported_by", name=op.f("ck_loss_two_people")),
        sa.CheckConstraint("confirmed_ms IS NULL OR withdrawn_ms IS NULL", name=op.f("ck_loss_one_end")),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_loss_kiosk")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_loss")),
    )
    op.create_index(op.f("ix_loss_kiosk"), "loss", ["kiosk"])
