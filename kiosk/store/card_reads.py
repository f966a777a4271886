# SPDX-License-Identifier: Apache-2.0
"""How the newest reads of a card went, for the technician: codes and figures, never anything of a card."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store

KEPT = 20


@dataclass(frozen=True, slots=True)
class CardRead:
    """One read. `code` is ok or what went wrong; `errors` counts bad exchanges; `at_ms` is the wall clock."""

    at_ms: int
    code: str
    commands: int
    errors: int
    ms_per_command: float
    bytes_per_s: float


def note(store: Store, read: CardRead) -> None:
    """Keep a read, and let go of the oldest beyond `KEPT`."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO card_read (at_ms, code, commands, errors, ms_per_command, bytes_per_s)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            astuple(read),
        )
        connection.execute("DELETE FROM card_read WHERE n <= (SELECT max(n) FROM card_read) - ?", (KEPT,))


def newest(store: Store) -> tuple[CardRead, ...]:
    """The reads that are kept, newest first."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT at_ms, code, commands, errors, ms_per_command, bytes_per_s FROM card_read ORDER BY n DESC"
        ).fetchall()
    return tuple(CardRead(*row) for row in rows)
