# SPDX-License-Identifier: Apache-2.0
"""People whose code waits are counted by day: the console reads no row of a person any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

# The Bangkok day of a moment, as `fleet.store.days` has it.
_DAY = {
    "postgresql": "to_char(to_timestamp(accepted_ms / 1000 + 25200) AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "sqlite": "date(accepted_ms / 1000 + 25200, 'unixepoch')",
}


def upgrade() -> None:
    """Make the table, count who waits now, and drop the index by which they were counted."""
    op.create_table(
        "unused_code_day",
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("profile", "province", "day", name=op.f("pk_unused_code_day")),
    )
    op.execute(
        "INSERT INTO unused_code_day (profile, province, day, n) "  # noqa: S608 - constants
        f"SELECT profile, coalesce(province, ''), {_DAY[op.get_bind().dialect.name]}, COUNT(*) "
        "FROM person WHERE state = 'accepted' GROUP BY 1, 2, 3"
    )
    op.drop_index(op.f("ix_person_profile_province_accepted_ms"), table_name="person")
