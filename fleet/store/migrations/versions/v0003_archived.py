# SPDX-License-Identifier: Apache-2.0
"""A stream knows how far a verified backup holds it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the mark; no backup is verified yet."""
    op.add_column("stream", sa.Column("archived", sa.BigInteger(), server_default="0", nullable=False))
