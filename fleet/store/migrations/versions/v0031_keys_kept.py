# SPDX-License-Identifier: Apache-2.0
"""How each kiosk's two keys are kept, as it says."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what was never told is NULL."""
    for name in ("event_key", "tls_key"):
        op.add_column("kiosk_certificate", sa.Column(name, sa.String(16), nullable=True))
