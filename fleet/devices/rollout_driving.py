# SPDX-License-Identifier: Apache-2.0
"""Drives a rollout: which kiosks are asked now, what came of it, and when the next wave begins or all stops.

One step reads the tables and writes them in one transaction, and keeps nothing in memory: it may be repeated, and
begins anew after a restart. Whoever calls it sees to it that nobody else does at the same moment.

A kiosk runs a release when its own heartbeat says so; that an order was carried out does not say it. What kiosks told
before a rollout was paused, stopped or ended is entered all the same.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
import structlog
from sqlalchemy import and_, func, or_, select, update

from fleet import audit
from fleet.devices import rings, rollouts
from fleet.devices.orders import LIVES_MS, OrderRefusedError, update_to
from fleet.devices.registry import ACTIVE
from fleet.devices.rings import WITH_RING, Ring
from fleet.devices.rollout_judging import Decision, judge
from fleet.devices.rollout_rules import Stage, State, later
from fleet.devices.rollout_settling import LATER, NOT_BACK, settle
from fleet.devices.rollout_watching import Openings, look, watch
from fleet.store.device_tables import loss
from fleet.store.hours import ALWAYS
from fleet.store.many import Insertion
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.rollout_tables import rollout_kiosk, rollout_wave
from fleet.store.scope import NATION
from fleet.store.tables import device_state, kiosk
from wire.ids import KioskId, ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import ColumnElement, Connection

    from fleet.devices.rollout_rules import Rollout, Wave

AT_ONCE = 500  # kiosks that fetch a release at the same time: what serves it is one machine
A_STEP = 100  # orders: their kiosks' rows are locked until it ends
NOBODY = "rollouts"  # in the audit log: no person stopped it
_log = structlog.get_logger()
_ENLISTED = Insertion(
    rollout_kiosk,
    *("rollout", "kiosk", "wave", "state", "changed_ms"),
    on_conflict="(rollout, kiosk) DO NOTHING",
)


def step(connection: Connection, now_ms: int) -> None:
    """Go on with every rollout, as far as can be now; kiosks that came meanwhile get a ring."""
    rings.allot(connection, now_ms)
    for number in _touched(connection):
        settle(connection, rollouts.read(connection, number), now_ms)
    for found in rollouts.read_open(connection):
        if found.state is State.RUNNING:
            _go_on(connection, found, now_ms)


def _touched(connection: Connection) -> list[int]:
    """The rollouts in which something may have happened at a kiosk."""
    asked = select(rollout_kiosk.c.rollout).where(rollout_kiosk.c.state.in_([Stage.ORDERED, Stage.TAKEN]))
    under_way = {each.number for each in rollouts.read_open(connection)}
    return sorted(under_way | set(connection.execute(asked.distinct()).scalars()))


def _go_on(connection: Connection, found: Rollout, now_ms: int) -> None:
    wave = found.now
    if wave is None:
        _open_wave(connection, found, found.waves[0], now_ms)
        return
    _enlist(connection, found, now_ms)
    watch(connection, found.number, now_ms)
    seen = look(connection, found, wave, now_ms)
    verdict = judge(found.proposal.gates, seen, now_ms)
    told = {"ground": str(verdict.ground), "seen": msgspec.json.encode(seen).decode(), "judged_ms": now_ms}
    rollouts.change(connection, found.number, **told)
    if verdict.decision is Decision.STOP:
        _stop(connection, found, str(verdict.ground), now_ms)
        return
    if verdict.decision is Decision.ADVANCE and wave.passed_ms is None:
        _pass(connection, found, wave, now_ms)
    _ask(connection, found, now_ms)
    if found.has_passed and not _is_awaited(connection, found.number):
        rollouts.change(connection, found.number, state=str(State.DONE), ended_ms=now_ms)
        _log.info("rollout_done", rollout=found.number)


def _stop(connection: Connection, found: Rollout, ground: str, now_ms: int) -> None:
    rollouts.change(connection, found.number, state=str(State.STOPPED), changed_by=None, changed_ms=now_ms)
    rollouts.call_back(connection, found.number, now_ms)
    _log.warning("rollout_stopped", rollout=found.number, ground=ground)
    detail: audit.Detail = {"release": found.proposal.release, "ground": ground}
    act, subject = audit.Act.ROLLOUT_STOPPED, str(found.number)
    audit.record(connection, act, who=NOBODY, subject=subject, at_ms=now_ms, detail=detail)


def _pass(connection: Connection, found: Rollout, wave: Wave, now_ms: int) -> None:
    this = (rollout_wave.c.rollout == found.number, rollout_wave.c.n == wave.n)
    connection.execute(update(rollout_wave).where(*this).values(passed_ms=now_ms))
    _log.info("rollout_wave_passed", rollout=found.number, wave=wave.n)
    if wave.n < len(found.waves):
        _open_wave(connection, found, found.waves[wave.n], now_ms)


def _open_wave(connection: Connection, found: Rollout, wave: Wave, now_ms: int) -> None:
    """Begin a wave: kiosks that came meanwhile are taken in, and everybody is watched from now on."""
    _enlist(connection, found, now_ms)
    this = (rollout_wave.c.rollout == found.number, rollout_wave.c.n == wave.n)
    connection.execute(update(rollout_wave).where(*this).values(began_ms=now_ms))
    theirs = (rollout_kiosk.c.rollout == found.number, rollout_kiosk.c.state.in_([Stage.WAITING, Stage.ON]))
    connection.execute(update(rollout_kiosk).where(*theirs).values(since_ms=None))
    rollouts.change(connection, found.number, wave=wave.n)
    settle(connection, found, now_ms)
    watch(connection, found.number, now_ms)


def _enlist(connection: Connection, found: Rollout, now_ms: int) -> None:
    """Put every kiosk that is in none into the wave of its ring, in an order that each rollout draws anew."""
    here = select(rollout_kiosk.c.kiosk).where(rollout_kiosk.c.rollout == found.number)
    bare = select(kiosk.c.id, rings.ring().label("ring")).select_from(WITH_RING)
    rows = connection.execute(bare.where(kiosk.c.status == ACTIVE, kiosk.c.id.not_in(here))).all()
    _ENLISTED.add(
        connection,
        [(found.number, row.id, _wave_of(found, row.id, Ring(row.ring)), str(Stage.WAITING), now_ms) for row in rows],
    )


def _wave_of(found: Rollout, who: str, ring: Ring) -> int:
    """The wave whose share a kiosk's place in its ring falls into."""
    drawn = int.from_bytes(sha256(f"{found.number}/{found.proposal.release}/{who}".encode()).digest()[:8]) % 100
    return next(each.n for each in found.waves if each.ring is ring and drawn < each.share)


def _is_awaited(connection: Connection, number: int) -> bool:
    waiting = rollout_kiosk.c.state.in_([Stage.WAITING, Stage.ORDERED, Stage.TAKEN])
    asked = select(rollout_kiosk.c.kiosk).where(rollout_kiosk.c.rollout == number, waiting)
    return connection.execute(asked.limit(1)).first() is not None


def _ask(connection: Connection, found: Rollout, now_ms: int) -> None:
    """Order the release where it can be carried out now.

    1. At kiosks that are there, and have no other order.
    2. Never at more of one facility than was agreed: one that did not come back still counts.
    3. While a facility is closed; once the wave has waited for long enough, at any time: the kiosk itself never
       switches while somebody is served.
    """
    busy, chosen = _busy(connection), list[KioskId]()
    at_most = min(A_STEP, AT_ONCE - sum(busy.values()))
    for row in _candidates(connection, found, now_ms):
        site = (row.province, row.facility)
        if later(row.release, found.proposal.release):
            left_out = {"state": str(Stage.LEFT_OUT), "reason": LATER, "changed_ms": now_ms}
            connection.execute(update(rollout_kiosk).where(*_of(found, row.kiosk)).values(**left_out))
        elif len(chosen) < at_most and busy.get(site, 0) < found.proposal.at_facility:  # 2
            chosen.append(KioskId(row.kiosk))
            busy[site] = busy.get(site, 0) + 1
    for who in sorted(chosen):  # as the courier locks them
        try:
            release, by = ReleaseVersion(found.proposal.release), rollouts.named(found.number)
            n = update_to(connection, who, release, by, now_ms, NATION)
        except OrderRefusedError:  # somebody ordered something this moment
            continue
        ordered = {"state": str(Stage.ORDERED), "n": n, "changed_ms": now_ms, "again_ms": None}
        connection.execute(update(rollout_kiosk).where(*_of(found, who)).values(**ordered))


def _of(found: Rollout, who: str) -> tuple[ColumnElement[bool], ...]:
    return (rollout_kiosk.c.rollout == found.number, rollout_kiosk.c.kiosk == who)


def _busy(connection: Connection) -> dict[tuple[str, str], int]:
    """How many kiosks of each facility have a release in hand, or went away with one."""
    went = and_(rollout_kiosk.c.state == Stage.FAILED, rollout_kiosk.c.reason == NOT_BACK)
    in_hand = or_(
        rollout_kiosk.c.state.in_([Stage.ORDERED, Stage.TAKEN]),
        and_(went, device_state.c.seen_ms <= rollout_kiosk.c.changed_ms),
    )
    where = (kiosk.c.province, kiosk.c.facility)
    distinct = func.count(rollout_kiosk.c.kiosk.distinct())
    asked = select(*where, distinct).join(rollout_kiosk, rollout_kiosk.c.kiosk == kiosk.c.id)
    asked = asked.outerjoin(device_state, device_state.c.kiosk == kiosk.c.id)
    rows = connection.execute(asked.where(in_hand, kiosk.c.status == ACTIVE).group_by(*where))
    return {(row[0], row[1]): int(row[2]) for row in rows}


def _candidates(connection: Connection, found: Rollout, now_ms: int) -> Iterator[Any]:
    openings, began = Openings.read(connection), {each.n: each.began_ms or now_ms for each in found.waves}
    open_order = select(kiosk_order.c.kiosk).where(kiosk_order.c.ended_ms.is_(None))
    reported = select(loss.c.kiosk).where(loss.c.confirmed_ms.is_(None), loss.c.withdrawn_ms.is_(None))
    asked = (
        select(rollout_kiosk.c.kiosk, rollout_kiosk.c.wave, kiosk.c.province, kiosk.c.facility, device_state.c.release)
        .join(kiosk, kiosk.c.id == rollout_kiosk.c.kiosk)
        .outerjoin(device_state, device_state.c.kiosk == rollout_kiosk.c.kiosk)
        .join(order_nonce, order_nonce.c.kiosk == rollout_kiosk.c.kiosk)
        .where(
            rollout_kiosk.c.rollout == found.number,
            rollout_kiosk.c.state == Stage.WAITING,
            rollout_kiosk.c.wave <= found.wave,
            or_(rollout_kiosk.c.again_ms.is_(None), rollout_kiosk.c.again_ms <= now_ms),
            kiosk.c.status == ACTIVE,
            order_nonce.c.heard_ms > now_ms - LIVES_MS,  # 1
            kiosk.c.id.not_in(open_order),
            kiosk.c.id.not_in(reported),
        )
        .order_by(rollout_kiosk.c.wave, rollout_kiosk.c.attempts, rollout_kiosk.c.kiosk)
    )
    for row in connection.execute(asked).all():
        hours = openings.at(row.province, row.facility)
        is_closed = hours == ALWAYS or hours.opened_ms(now_ms) is None
        if is_closed or now_ms >= began[row.wave] + found.proposal.patience_s * 1000:  # 3
            yield row
