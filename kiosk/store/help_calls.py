# SPDX-License-Identifier: Apache-2.0
"""The open call for a helper, and who comes as the controller signed it. One row: it goes when the call is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store


def begin(store: Store, call: str) -> None:
    """Let the courier tell that somebody here waits; nobody comes yet."""
    with store.transaction() as connection:
        connection.execute("INSERT OR REPLACE INTO help_call VALUES (1, ?, 0, NULL)", (call,))


def end(store: Store) -> None:
    """Erase the call with whoever was to come."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM help_call")


def called(store: Store) -> str | None:
    """The id of the open call; None while nobody waits."""
    with store.reading() as connection:
        row = connection.execute("SELECT call FROM help_call").fetchone()
    return None if row is None else str(row[0])


def keep(store: Store, call: str, made_ms: int, message: bytes) -> bool:
    """Keep a verified acknowledgement, unless a later one is kept; False when this call is not the open one."""
    with store.transaction() as connection:
        connection.execute(
            "UPDATE help_call SET made_ms = ?, message = ? WHERE call = ? AND made_ms < ?",
            (made_ms, message, call, made_ms),
        )
        return connection.execute("SELECT 1 FROM help_call WHERE call = ?", (call,)).fetchone() is not None


def kept(store: Store, call: str) -> bytes | None:
    """What is kept for this call."""
    with store.reading() as connection:
        row = connection.execute("SELECT message FROM help_call WHERE call = ?", (call,)).fetchone()
    return None if row is None or row[0] is None else bytes(row[0])
