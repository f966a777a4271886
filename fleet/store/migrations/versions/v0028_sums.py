# SPDX-License-Identifier: Apache-2.0
"""Visits by facility and week and by province and day, opinions by province and day: sums of what is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# How many days ago its week's Saturday was, and that day.
_AGO = {
    "postgresql": "(CAST(EXTRACT(DOW FROM CAST(day AS date)) AS integer) + 1) % 7",
    "sqlite": "(CAST(strftime('%w', day) AS integer) + 1) % 7",
}
_SATURDAY = {
    "postgresql": "to_char(CAST(day AS date) - ago, 'YYYY-MM-DD')",
    "sqlite": "date(day, '-' || ago || ' days')",
}


def upgrade() -> None:
    """Make the tables and fill them from the days."""
    _make()
    dialect = op.get_bind().dialect.name
    op.execute(
        "INSERT INTO workload_week (profile, province, facility, week, captured, duplicates, weekdays, last_day) "  # noqa: S608 - constants
        f"SELECT profile, province, facility, {_SATURDAY[dialect]}, SUM(captured), SUM(duplicates), "
        "SUM(CASE WHEN captured > 0 THEN 1 << ago ELSE 0 END), MAX(day) "
        f"FROM (SELECT workload_day.*, {_AGO[dialect]} AS ago FROM workload_day) AS dated GROUP BY 1, 2, 3, 4"
    )
    op.execute(
        "INSERT INTO workload_province_day (profile, province, day, captured, duplicates, lapsed) "
        "SELECT profile, province, day, SUM(captured), SUM(duplicates), SUM(lapsed) FROM workload_day GROUP BY 1, 2, 3"
    )
    op.execute(
        "INSERT INTO opinion_province_day (profile, province, day, code, n) "
        "SELECT profile, province, day, code, SUM(n) FROM opinion_day GROUP BY 1, 2, 3, 4"
    )


def _make() -> None:
    op.create_table(
        "workload_week",
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("facility", sa.String(5), nullable=False),
        sa.Column("week", sa.String(10), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.String(10), nullable=False),
        sa.CheckConstraint("weekdays BETWEEN 0 AND 127", name=op.f("ck_workload_week_seven_days")),
        sa.PrimaryKeyConstraint("profile", "province", "facility", "week", name=op.f("pk_workload_week")),
    )
    op.create_index(op.f("ix_workload_week_profile_week"), "workload_week", ["profile", "week"])
    op.create_table(
        "workload_province_day",
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("duplicates", sa.BigInteger(), nullable=False),
        sa.Column("lapsed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("profile", "province", "day", name=op.f("pk_workload_province_day")),
    )
    op.create_table(
        "opinion_province_day",
        sa.Column("profile", sa.String(8), nullable=False),
        sa.Column("province", sa.String(2), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("n > 0", name=op.f("ck_opinion_province_day_n_counts")),
        sa.PrimaryKeyConstraint("profile", "province", "day", "code", name=op.f("pk_opinion_province_day")),
    )
