# SPDX-License-Identifier: Apache-2.0
"""A person who was accepted may ask for a new code, and an identity may be erased before it could be sent.

How often somebody asks is remembered for a while and counted for ever; so is what has lapsed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what both need; nobody has asked yet, and nothing has lapsed."""
    op.add_column("workload_day", sa.Column("lapsed", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("ask", sa.Column("signed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "code_request",
        sa.Column("ask", sa.String(length=36), nullable=False),
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("token", sa.LargeBinary(length=16), nullable=False),
        sa.Column("profile", sa.String(length=8), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_code_request_kiosk")),
        sa.PrimaryKeyConstraint("ask", name=op.f("pk_code_request")),
    )
    op.create_index(op.f("ix_code_request_kiosk_at_ms"), "code_request", ["kiosk", "at_ms"])
    op.create_index(op.f("ix_code_request_token_at_ms"), "code_request", ["token", "at_ms"])
    op.create_table(
        "code_day",
        sa.Column("kiosk", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_code_day_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", "day", "outcome", name=op.f("pk_code_day")),
    )
