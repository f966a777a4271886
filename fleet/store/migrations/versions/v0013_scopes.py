# SPDX-License-Identifier: Apache-2.0
"""An account's scope may be a facility, which is written longer than the nation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make room for it where a length is kept to. Every account so far has the nation's."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("operator", "scope", type_=sa.String(32), existing_type=sa.String(16), existing_nullable=False)
