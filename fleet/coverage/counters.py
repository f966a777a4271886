# SPDX-License-Identifier: Apache-2.0
"""Counts one person on the day a state was reached; always inside the transaction that records the state itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.store.days import bangkok_day
from fleet.store.session import insert
from fleet.store.tables import coverage_day

if TYPE_CHECKING:
    from sqlalchemy import Connection


def count(connection: Connection, profile: str, province: str | None, state: str, at_ms: int) -> None:
    """Add one to (profile, province, state, Bangkok day of `at_ms`); an unknown province is counted as such."""
    row = insert(connection, coverage_day).values(
        profile=profile, province=province or "", state=state, day=bangkok_day(at_ms), n=1
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["profile", "province", "state", "day"], set_={"n": coverage_day.c.n + 1}
        )
    )
