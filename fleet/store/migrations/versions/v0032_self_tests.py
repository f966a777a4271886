# SPDX-License-Identifier: Apache-2.0
"""What was checked at a kiosk's hand-over is kept, as the kiosk signed it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "self_test",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_self_test_kiosk")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_self_test")),
    )
    op.create_index(op.f("ix_self_test_kiosk_received_ms"), "self_test", ["kiosk", "received_ms"])
