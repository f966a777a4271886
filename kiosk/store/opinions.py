# SPDX-License-Identifier: Apache-2.0
"""What people thought of their visits, counted by day, and told only when the day is over.

A count that rose a minute after an enrolment would say whose opinion it was. Days are Bangkok's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store

_DAY_MS = 86_400_000
_BANGKOK_MS = 7 * 3_600_000  # no summer time since 1920


def note(store: Store, code: str, at_ms: int) -> None:
    """Count one opinion; `at_ms` is the wall clock."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO opinion VALUES (?, ?, 1) ON CONFLICT (day, code) DO UPDATE SET n = n + 1", (_day(at_ms), code)
        )


def told(store: Store, at_ms: int) -> dict[str, int]:
    """Opinions by code, of the days before this one."""
    with store.reading() as connection:
        rows = connection.execute("SELECT code, sum(n) FROM opinion WHERE day < ? GROUP BY code", (_day(at_ms),))
        return dict(rows.fetchall())


def _day(at_ms: int) -> int:
    return (at_ms + _BANGKOK_MS) // _DAY_MS
