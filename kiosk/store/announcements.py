# SPDX-License-Identifier: Apache-2.0
"""The controller's newest list for the welcome screen, as it was signed. One row: the next list takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store


def keep(store: Store, at_ms: int, message: bytes) -> None:
    """Keep a verified list; one that was not made after the one that is kept changes nothing."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO announcements VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " at_ms = excluded.at_ms, message = excluded.message WHERE excluded.at_ms > announcements.at_ms",
            (at_ms, message),
        )


def kept(store: Store) -> bytes | None:
    """The list that is kept; None when none ever came."""
    with store.reading() as connection:
        row = connection.execute("SELECT message FROM announcements").fetchone()
    return None if row is None else bytes(row[0])
