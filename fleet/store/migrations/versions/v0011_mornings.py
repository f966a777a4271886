# SPDX-License-Identifier: Apache-2.0
"""The morning page counts people who have not used their code, and requests that expired; it must not read all others.

Both are few: an index holds them alone.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Index those people, who leave the index with the code's use, and the days with such requests."""
    waiting = sa.text("state = 'accepted'")
    op.create_index(
        op.f("ix_person_profile_province_accepted_ms"),
        "person",
        ["profile", "province", "accepted_ms"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
    lapsed = sa.text("lapsed > 0")
    op.create_index(
        op.f("ix_workload_day_profile_day"),
        "workload_day",
        ["profile", "day"],
        sqlite_where=lapsed,
        postgresql_where=lapsed,
    )
