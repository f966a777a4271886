# SPDX-License-Identifier: Apache-2.0
"""A token may act, as at most one of the roles; those from before only read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_token", sa.Column("acts_as", sa.String(length=16), nullable=True))
