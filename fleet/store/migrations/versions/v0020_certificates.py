# SPDX-License-Identifier: Apache-2.0
"""Until when each kiosk's certificate is good, as it says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "kiosk_certificate",
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["kiosk"], ["kiosk.id"], name=op.f("fk_kiosk_certificate_kiosk")),
        sa.PrimaryKeyConstraint("kiosk", name=op.f("pk_kiosk_certificate")),
    )
    op.create_index(op.f("ix_kiosk_certificate_until_ms"), "kiosk_certificate", ["until_ms"])
