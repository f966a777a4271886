# SPDX-License-Identifier: Apache-2.0
"""The figures of a region's indicators can be imported."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table; nothing is imported yet."""
    op.create_table(
        "indicator_figure",
        sa.Column("fiscal_year", sa.Integer(), nullable=False),
        sa.Column("period", sa.Integer(), nullable=False),
        sa.Column("figure", sa.String(length=48), nullable=False),
        sa.Column("num", sa.BigInteger(), nullable=True),
        sa.Column("den", sa.BigInteger(), nullable=True),
        sa.Column("batch", _ROW, nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["import_batch.id"], name=op.f("fk_indicator_figure_batch")),
        sa.PrimaryKeyConstraint("fiscal_year", "period", "figure", name=op.f("pk_indicator_figure")),
    )
