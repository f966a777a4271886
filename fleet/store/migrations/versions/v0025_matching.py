# SPDX-License-Identifier: Apache-2.0
"""Our people can be matched with a list of who is meant; only sums are kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    row = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "matching",
        sa.Column("id", row, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("file_mac", sa.String(64), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("made_up", sa.Boolean(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("made_by", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching")),
        sqlite_autoincrement=True,
    )
    to_matching = ["matching"], ["matching.id"]
    op.create_table(
        "matched_province",
        sa.Column("matching", row, nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.Column("outside", sa.BigInteger()),
        sa.ForeignKeyConstraint(*to_matching, name=op.f("fk_matched_province_matching_matching")),
        sa.PrimaryKeyConstraint("matching", "province", name=op.f("pk_matched_province")),
    )
    op.create_index(op.f("ix_matched_province_province"), "matched_province", ["province"])
    op.create_table(
        "matched_day",
        sa.Column("matching", row, nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(*to_matching, name=op.f("fk_matched_day_matching_matching")),
        sa.PrimaryKeyConstraint("matching", "province", "state", "day", name=op.f("pk_matched_day")),
    )
