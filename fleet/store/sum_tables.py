# SPDX-License-Identifier: Apache-2.0
"""Sums by day, week and province: what pages add up over months or a country. `fleet.store.sums` writes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, String, Table

from fleet.store.tables import metadata

# Of `workload_day`, by week.
workload_week = Table(
    "workload_week",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("facility", String(5), primary_key=True),
    Column("week", String(10), primary_key=True),  # its first day, a Saturday
    Column("captured", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("weekdays", Integer, nullable=False),  # those with a capture: 1 for Saturday, 2 for Sunday, to 64 for Friday
    Column("last_day", String(10), nullable=False),
    CheckConstraint("weekdays BETWEEN 0 AND 127", name="seven_days"),
    Index(None, "profile", "week"),
)
# Of `workload_day`, by province.
workload_province_day = Table(
    "workload_province_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("captured", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("lapsed", BigInteger, nullable=False),
)

# Of `opinion_day`, by province.
opinion_province_day = Table(
    "opinion_province_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("code", String(16), primary_key=True),
    Column("n", BigInteger, nullable=False),
    CheckConstraint("n > 0", name="n_counts"),
)

# People who have a code and did not use it, by the province of their address ("": not known) and the day it was given.
unused_code_day = Table(
    "unused_code_day",
    metadata,
    Column("profile", String(8), primary_key=True),
    Column("province", String(2), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("n", BigInteger, nullable=False),
)
