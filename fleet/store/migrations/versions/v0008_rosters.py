# SPDX-License-Identifier: Apache-2.0
"""Units' rosters as tokens, and what people say is amiss with them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add both tables; no unit has given a roster yet."""
    op.create_table(
        "roster",
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("facility", sa.String(length=5), nullable=False),
        sa.Column("unit", sa.String(length=60), nullable=False),
        sa.Column("position", sa.String(length=60), nullable=False),
        sa.Column("admin", sa.String(length=60), nullable=False),
        sa.Column("imported_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", "facility", name=op.f("pk_roster")),
    )
    op.create_index(op.f("ix_roster_facility"), "roster", ["facility"], unique=False)
    op.create_table(
        "ticket",
        sa.Column("number", _ROW, autoincrement=True, nullable=False),
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("facility", sa.String(length=5), nullable=False),
        sa.Column("amiss", sa.String(length=8), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("raised_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_ticket_kiosk")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket")),
        sa.UniqueConstraint("token", "facility", "amiss", name=op.f("uq_ticket_token_facility_amiss")),
        sqlite_autoincrement=True,
    )
