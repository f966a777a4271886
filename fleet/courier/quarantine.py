# SPDX-License-Identifier: Apache-2.0
"""Counts each refusal by kiosk, kind and reason, and keeps the message for a technician up to a quota a kiosk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.store.session import insert
from fleet.store.tables import quarantine, refusal

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.courier.reception import Refusal

QUOTA = 200  # rows a kiosk; past it refusals are only counted


def keep(connection: Connection, refused: Refusal) -> None:
    """Count a refusal, and keep it unless the same message was refused for the same reason before."""
    row = insert(connection, refusal).values(
        kiosk=refused.kiosk, kind=refused.kind, reason=refused.reason, n=1, last_ms=refused.at_ms
    )
    connection.execute(
        row.on_conflict_do_update(
            index_elements=["kiosk", "kind", "reason"], set_={"n": refusal.c.n + 1, "last_ms": refused.at_ms}
        )
    )
    rows = select(func.count()).select_from(quarantine).where(quarantine.c.kiosk == refused.kiosk)
    if connection.execute(rows).scalar_one() >= QUOTA:
        return
    kept = insert(connection, quarantine).values(
        kiosk=refused.kiosk,
        kind=refused.kind,
        reason=refused.reason,
        digest=refused.digest,
        size_bytes=refused.size_bytes,
        message=refused.message,
        received_ms=refused.at_ms,
    )
    connection.execute(kept.on_conflict_do_nothing())
