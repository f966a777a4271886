# SPDX-License-Identifier: Apache-2.0
"""The months by which PostgreSQL keeps the bytes of events: a job makes them ahead, an operator detaches old ones."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleet import audit
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store import months
from fleet.store.schema import require_current
from fleet.store.session import open_engine, unit_of_work

if TYPE_CHECKING:
    from fleet.config import Settings


def make(settings: Settings) -> None:
    """Make this month and those ahead; does nothing where they are, and nothing on SQLite."""
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        fresh = months.make_ahead(engine, now_ms())
    finally:
        engine.dispose()
    sys.stdout.write("".join(f"made {month.table}\n" for month in fresh))


def detach(settings: Settings, month: str) -> None:
    """Detach a month that is over.

    Raises:
        MonthError: it is not there or not over, an older one still is, or somebody in it waits for the relay.
    """
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        old = months.Month.parse(month)
        with unit_of_work(engine) as connection:
            months.detach(connection, old, now_ms())
            audit.record(connection, audit.Act.MONTH_DETACHED, who=account(), subject=old.table, at_ms=now_ms())
    finally:
        engine.dispose()
    sys.stdout.write(f"{old.table} is a table of its own now. Dump it, verify the dump, then drop it.\n")
