# SPDX-License-Identifier: Apache-2.0
"""The numbers that kiosks tell people to call, proposed by one person and approved by another."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; until a number is approved kiosks tell the one that they were set up with."""
    op.create_table(
        "help_number",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("digits", sa.String(10), nullable=False),
        sa.Column("province", sa.String(2), nullable=True),
        sa.Column("facility", sa.String(5), nullable=True),
        sa.Column("proposed_by", sa.String(64), nullable=False),
        sa.Column("proposed_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(64), nullable=True),
        sa.Column("approved_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.String(64), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("approved_by <> proposed_by", name=op.f("ck_help_number_two_people")),
        sa.CheckConstraint("facility IS NULL OR province IS NOT NULL", name=op.f("ck_help_number_one_place")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_number")),
    )
