# SPDX-License-Identifier: Apache-2.0
"""The highest version of a face policy that has served at this kiosk: it only rises, as long as the store lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store

NOTICE = "face_policy"


def read(store: Store) -> int:
    """The version below which none serves any more; 0 when no signed policy has served yet."""
    with store.reading() as connection:
        row = connection.execute("SELECT CAST(value AS INTEGER) FROM notice WHERE name = ?", (NOTICE,)).fetchone()
    return 0 if row is None else int(row[0])


def raise_to(store: Store, version: int, at_ms: int) -> None:
    """Remember that this version serves; a lower one than is known changes nothing."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO notice VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " value = excluded.value, at_ms = excluded.at_ms"
            " WHERE CAST(excluded.value AS INTEGER) > CAST(value AS INTEGER)",
            (NOTICE, str(version), at_ms),
        )
