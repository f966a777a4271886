# SPDX-License-Identifier: Apache-2.0
"""Complaints on their way, as the screen's process has signed them: erased when a receipt names them.

They lie in the order of their random ids, which says nothing of whom they belong to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kiosk.store.database import Store

AT_MOST = 20  # that wait: more than that people do not say between two connections


def put(store: Store, ident: str, message: bytes) -> bool:
    """Keep one for the courier; False when as many wait as may."""
    with store.transaction() as connection:
        added = connection.execute(
            "INSERT INTO complaint SELECT ?, ? WHERE (SELECT COUNT(*) FROM complaint) < ?", (ident, message, AT_MOST)
        )
        return added.rowcount == 1


def waiting(store: Store) -> dict[str, bytes]:
    """All that wait, by their ids."""
    with store.reading() as connection:
        return dict(connection.execute("SELECT id, message FROM complaint").fetchall())


def settle(store: Store, idents: Iterable[str]) -> None:
    """Erase those that are in the controller's books."""
    with store.transaction() as connection:
        connection.executemany("DELETE FROM complaint WHERE id = ?", [(ident,) for ident in idents])
