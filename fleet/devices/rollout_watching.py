# SPDX-License-Identifier: Apache-2.0
"""What a rollout is judged by: how many kiosks run the release, at how many it failed, and how both groups do.

Those who run it are compared with those who wait for it: alarms of the last 24 hours by the hours in which their
facilities were open, and visits since both are watched. A kiosk is watched since it was first heard with the release,
and all of them anew when a wave begins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, func, select, update

from fleet.devices.rollout_judging import Group, Seen, needed
from fleet.devices.rollout_rules import Stage
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.store.alert_tables import alert, opening_hours
from fleet.store.hours import ALWAYS, FLEET, Hours
from fleet.store.order_tables import order_nonce
from fleet.store.rollout_tables import rollout_kiosk
from fleet.store.tables import device_state, kiosk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.devices.rollout_rules import Rollout, Wave

WATCHED_MS = 24 * 60 * 60 * 1000
ENOUGH_VISITS = 5
# Of the alarms those that a release can cause; not a person who asks for help, a certificate or a clock.
RULES = ("silent", "security", "screen", "reader", "camera", "outbox_old", "disk_low", "quarantined")
# Endings of visits that may be the kiosk's fault; any that is not known here is not held against it.
POORLY = frozenset({"cancelled", "timed_out", "refused", "card_removed", "card_problem", "network", "not_saved"})
_MINUTE_MS = 60_000
_OPINION = "opinion."  # what people thought, which stands among the endings


@dataclass(frozen=True, slots=True)
class Openings:
    """When each facility is open: its own hours, else the fleet's."""

    own: Mapping[tuple[str, str], Hours]
    fleet: Hours

    @classmethod
    def read(cls, connection: Connection) -> Openings:
        """As they stand in the database; nothing said: always."""
        found = {
            (row.province, row.facility): Hours.parse(row.days, row.opens, row.closes)
            for row in connection.execute(select(opening_hours))
        }
        return cls(found, found.pop((FLEET, FLEET), ALWAYS))

    def at(self, province: str, facility: str) -> Hours:
        """Those of one facility."""
        return self.own.get((province, facility), self.fleet)


def watch(connection: Connection, number: int, now_ms: int) -> None:
    """Begin to watch the kiosks of a rollout that are there and not watched yet, from what they said last."""
    theirs = (
        rollout_kiosk.c.rollout == number,
        rollout_kiosk.c.since_ms.is_(None),
        device_state.c.seen_ms > now_ms - SILENT_AFTER_MS,
    )
    asked = select(rollout_kiosk.c.kiosk, device_state.c.seen_ms, device_state.c.sessions).join(
        device_state, device_state.c.kiosk == rollout_kiosk.c.kiosk
    )
    rows = connection.execute(asked.where(*theirs, rollout_kiosk.c.state.in_([Stage.WAITING, Stage.ON]))).all()
    if not rows:
        return
    known = and_(rollout_kiosk.c.rollout == number, rollout_kiosk.c.kiosk == bindparam("who"))
    said = [(row.kiosk, row.seen_ms, *visits(row.sessions)) for row in rows]
    connection.execute(
        update(rollout_kiosk).where(known),
        [{"who": who, "since_ms": at_ms, "visits": all_, "poor": poor} for who, at_ms, all_, poor in said],
    )


def look(connection: Connection, found: Rollout, wave: Wave, now_ms: int) -> Seen:
    """Count."""
    rows = connection.execute(_asked(found.number)).all()
    theirs = [row for row in rows if row.wave <= wave.n and _is_concerned(row)]
    on = [row for row in theirs if row.state == Stage.ON]
    failed = [row for row in theirs if row.state == Stage.FAILED]
    fresh = [row for row in failed if row.changed_ms > found.counted_ms]
    here = [row for row in theirs if row.wave == wave.n]
    judged = sorted(row.changed_ms for row in here if row.state in (Stage.ON, Stage.FAILED))
    reachable = sum(1 for row in here if (row.heard_ms or 0) >= (wave.began_ms or 0))
    least = needed(found.proposal.gates.sample, reachable)
    openings, alarmed = Openings.read(connection), _alarmed(connection, now_ms)
    ours = [row for row in rows if row.state == Stage.ON]
    others = [row for row in rows if row.state == Stage.WAITING]
    return Seen(
        on=len(on),
        failed=len(fresh),
        wave_on=sum(1 for row in here if row.state == Stage.ON),
        wave_failed=sum(1 for row in fresh if row.wave == wave.n),
        wave_judged=len(judged),
        reachable=reachable,
        of=len(here),
        sampled_ms=nsmallest(least, judged)[-1] if len(judged) >= least else None,
        updated=_group(ours, openings, alarmed, now_ms),
        others=_group(others, openings, alarmed, now_ms),
    )


def visits(sessions: str | None) -> tuple[int, int]:
    """How many visits a kiosk counted so far, and how many of them ended poorly."""
    try:
        said = json.loads(sessions or "{}")
    except ValueError:
        return 0, 0
    counts = {name: n for name, n in said.items() if isinstance(n, int) and not name.startswith(_OPINION)}
    return sum(counts.values()), sum(n for name, n in counts.items() if name in POORLY)


def _asked(number: int) -> Any:  # noqa: ANN401 - a statement of many columns
    """`heard_ms` is of those that take orders alone: others cannot be asked."""
    its = (kiosk.c.province, kiosk.c.facility, device_state.c.seen_ms, device_state.c.sessions, order_nonce.c.heard_ms)
    known = rollout_kiosk.join(kiosk, kiosk.c.id == rollout_kiosk.c.kiosk)
    known = known.outerjoin(device_state, device_state.c.kiosk == rollout_kiosk.c.kiosk)
    asked = select(rollout_kiosk, *its).select_from(
        known.outerjoin(order_nonce, order_nonce.c.kiosk == rollout_kiosk.c.kiosk)
    )
    return asked.where(rollout_kiosk.c.rollout == number, rollout_kiosk.c.state != Stage.LEFT_OUT)


def _is_concerned(row: Row[Any]) -> bool:
    """Whether it was or is to be asked; one that had the release already shows nothing."""
    return row.state != Stage.ON or row.n is not None


def _alarmed(connection: Connection, now_ms: int) -> dict[str, int]:
    """When each kiosk had its last alarm within the time that is watched."""
    asked = select(alert.c.subject, func.max(alert.c.raised_ms)).where(
        alert.c.raised_ms >= now_ms - WATCHED_MS, alert.c.rule.in_(RULES)
    )
    return {row[0]: int(row[1]) for row in connection.execute(asked.group_by(alert.c.subject))}


def _group(rows: Iterable[Row[Any]], openings: Openings, alarmed: Mapping[str, int], now_ms: int) -> Group:
    kiosks = open_ms = with_alarm = visited = poor = 0
    for row in rows:
        if row.since_ms is None or row.seen_ms is None or row.seen_ms < row.since_ms:
            continue
        kiosks += 1
        since_ms = max(row.since_ms, now_ms - WATCHED_MS)
        open_ms += _open_ms(openings.at(row.province, row.facility), since_ms, now_ms)
        with_alarm += alarmed.get(f"kiosk:{row.kiosk}", 0) > since_ms
        all_, badly = (
            now - (then or 0) for now, then in zip(visits(row.sessions), (row.visits, row.poor), strict=True)
        )
        if all_ >= ENOUGH_VISITS and badly >= 0:  # a store that was made anew counts from 0
            visited += 1
            poor += 2 * badly > all_
    return Group(kiosks, open_ms // _MINUTE_MS, with_alarm, visited, poor)


@lru_cache(maxsize=4096)
def _open_ms(hours: Hours, since_ms: int, now_ms: int) -> int:
    return hours.open_ms(since_ms, now_ms)
