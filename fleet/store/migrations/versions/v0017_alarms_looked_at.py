# SPDX-License-Identifier: Apache-2.0
"""A security alarm of a kiosk ends when somebody has looked; until now it stood for ever."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for when. What was looked at before this, as alerts have it, is taken over."""
    op.add_column("alarm", sa.Column("looked_ms", sa.BigInteger(), nullable=True))
    op.execute(
        "UPDATE alarm SET looked_ms = (SELECT MAX(alert.cleared_ms) FROM alert WHERE alert.cleared_by IS NOT NULL "
        "AND alert.subject = 'kiosk:' || alarm.kiosk AND alert.cleared_ms >= alarm.raised_ms)"
    )
