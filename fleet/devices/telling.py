# SPDX-License-Identifier: Apache-2.0
"""The whole fleet in a few figures for Prometheus, summed by the database: no kiosk is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.devices.health import count_conditions
from fleet.devices.registry import ACTIVE
from fleet.store.scope import NATION
from fleet.store.sum_tables import workload_province_day
from fleet.store.tables import alarm, device_state, kiosk, quarantine, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from fleet.devices.health import Condition


@dataclass(frozen=True, slots=True)
class Figures:
    """Kiosks by condition; what active ones last said of their outboxes; counts by profile, reason and kind."""

    kiosks: Mapping[Condition, int]
    outbox: int
    oldest_unreceipted_s: int
    captured: Mapping[str, int]
    refused: Mapping[str, int]
    quarantined: Mapping[str, int]
    alarms: Mapping[str, int]


def read_figures(connection: Connection, now_ms: int) -> Figures:
    """Read them all. What a kiosk said of its oldest event is taken as old as it was when it said so."""
    said = (
        select(func.coalesce(func.sum(device_state.c.outbox), 0), func.max(device_state.c.oldest_unacked_s))
        .join_from(device_state, kiosk, kiosk.c.id == device_state.c.kiosk)
        .where(kiosk.c.status == ACTIVE)
    )
    outbox, oldest_s = connection.execute(said).one()
    day = workload_province_day.c
    work = select(day.profile, func.sum(day.captured)).group_by(day.profile)
    refused = select(refusal.c.reason, func.sum(refusal.c.n)).group_by(refusal.c.reason)
    held = select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason)
    raised = select(alarm.c.kind, func.count()).group_by(alarm.c.kind)
    sums = [{str(row[0]): int(row[1]) for row in connection.execute(asked)} for asked in (work, refused, held, raised)]
    return Figures(count_conditions(connection, now_ms, NATION), int(outbox), int(oldest_s or 0), *sums)
