# SPDX-License-Identifier: Apache-2.0
"""Orders to kiosks, and what an order to each has to carry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "kiosk_order",
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("op", sa.String(16), nullable=False),
        sa.Column("asked_by", sa.String(80), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger()),
        sa.Column("taken_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("ending", sa.String(16)),
        sa.Column("reason", sa.String(64)),
        sa.Column("cancelled_by", sa.String(80)),
        sa.Column("diagnosis", sa.Text()),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_kiosk_order_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", "n", name=op.f("pk_kiosk_order")),
    )
    still = sa.text("ended_ms IS NULL")
    op.create_index(
        "uq_kiosk_order_open", "kiosk_order", ["kiosk"], unique=True, sqlite_where=still, postgresql_where=still
    )
    op.create_table(
        "order_nonce",
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("heard_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_order_nonce_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", name=op.f("pk_order_nonce")),
    )
