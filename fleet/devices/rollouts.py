# SPDX-License-Identifier: Apache-2.0
"""Rollouts in the database, as people propose, approve, pause, resume, abort and read them.

It asks no kiosk for anything: `fleet.devices.rollout_driving` does, with what is written here.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import and_, func, or_, select, update

from fleet.devices.health import standing_in
from fleet.devices.orders import LIVES_MS
from fleet.devices.orders import State as OrderState
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Gates, Ground, Seen
from fleet.devices.rollout_rules import (
    OPEN,
    Proposal,
    Rollout,
    RolloutRefusedError,
    Stage,
    State,
    Wave,
    Why,
    check_approval,
    check_proposal,
    waves_of,
)
from fleet.store.order_tables import kiosk_order
from fleet.store.rollout_tables import rollout, rollout_kiosk, rollout_wave
from fleet.store.tables import device_state, kiosk

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row, Select

    from fleet.store.scope import Scope
    from wire.ids import KioskId

SHOWN = 50  # rollouts, the latest
LISTED = 200  # kiosks of one rollout
# Where each act may begin.
_FROM = {
    State.PAUSED: (State.RUNNING,),
    State.RUNNING: (State.PAUSED, State.STOPPED),
    State.ABORTED: OPEN,
    State.DECLINED: (State.PROPOSED,),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """One kiosk in a rollout. `release` is what it says itself that it runs."""

    kiosk: str
    province: str
    facility: str
    wave: int
    stage: Stage
    reason: str | None
    changed_ms: int
    attempts: int
    release: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """How the kiosks of one wave stand, of those that somebody may see."""

    wave: Wave
    by_stage: Counter[Stage]

    @property
    def of(self) -> int:
        """How many there are."""
        return self.by_stage.total()


def propose(connection: Connection, proposal: Proposal, by: str, now_ms: int) -> int:
    """Write a proposal down; its number.

    Raises:
        RolloutRefusedError: naming what is wrong with it.
    """
    check_proposal(proposal)
    gates = proposal.gates
    row: dict[str, str | int] = {
        "release": proposal.release,
        "words": proposal.words,
        "state": str(State.PROPOSED),
        "proposed_by": by,
    }
    row |= {"at_facility": proposal.at_facility, "patience_s": proposal.patience_s, "proposed_ms": now_ms}
    row |= {"sample": gates.sample, "bake_s": gates.bake_s, "failures_percent": gates.failures_percent}
    number = int(connection.execute(rollout.insert().values(**row).returning(rollout.c.number)).scalar_one())
    waves = [{"rollout": number, "n": w.n, "ring": str(w.ring), "share": w.share} for w in waves_of(proposal)]
    connection.execute(rollout_wave.insert(), waves)
    return number


def approve(connection: Connection, number: int, by: str, now_ms: int) -> None:
    """Approve what another person has proposed: from now on kiosks are asked, wave by wave.

    A rollout whose last wave has passed, and which only waits for kiosks that were away, ends by it.

    Raises:
        RolloutRefusedError: why not.
    """
    every = {each.number: each for each in _read(connection, select(rollout).with_for_update())}
    found = _known(every, number)
    others = tuple(each for each in every.values() if each.is_open)
    check_approval(found, by, others, now_ms)
    for each in others:
        call_back(connection, each.number, now_ms)
        change(connection, each.number, state=str(State.DONE), ended_ms=now_ms)
    told = {"approved_by": by, "approved_ms": now_ms, "counted_ms": now_ms}
    change(connection, number, state=str(State.RUNNING), **told)


def pause(connection: Connection, number: int, by: str, now_ms: int) -> None:
    """Ask no more kiosks for now; what is on its way is carried out.

    Raises:
        RolloutRefusedError: it is not running.
    """
    _move(connection, number, State.PAUSED, by, now_ms)
    call_back(connection, number, now_ms)


def resume(connection: Connection, number: int, by: str, now_ms: int) -> None:
    """Go on. What failed before it stopped was seen by whoever resumes it, and is not counted against it again.

    Raises:
        RolloutRefusedError: it neither rests nor has stopped.
    """
    before = _move(connection, number, State.RUNNING, by, now_ms)
    if before.state is State.STOPPED:
        change(connection, number, counted_ms=now_ms, ground=None)
        fresh = update(rollout_kiosk).where(rollout_kiosk.c.rollout == number)
        connection.execute(fresh.values(since_ms=None))


def abort(connection: Connection, number: int, by: str, now_ms: int) -> None:
    """End it for good, or decline a proposal. Kiosks that run the release keep it.

    Raises:
        RolloutRefusedError: it is over.
    """
    found = _locked(connection, number)
    _move(connection, number, State.DECLINED if found.state is State.PROPOSED else State.ABORTED, by, now_ms)
    call_back(connection, number, now_ms)


def read_all(connection: Connection) -> tuple[Rollout, ...]:
    """The latest rollouts, the newest first: they are no place's own."""
    return _read(connection, select(rollout).order_by(rollout.c.number.desc()).limit(SHOWN))


def read(connection: Connection, number: int) -> Rollout:
    """One of them.

    Raises:
        RolloutRefusedError: there is none of that number.
    """
    return _known({each.number: each for each in _read(connection, _one(number))}, number)


def read_open(connection: Connection) -> tuple[Rollout, ...]:
    """Those under way, each locked until the transaction ends."""
    asked = select(rollout).where(rollout.c.state.in_([str(each) for each in OPEN]))
    return _read(connection, asked.order_by(rollout.c.number).with_for_update())


def stopped(connection: Connection) -> tuple[Rollout, ...]:
    """Those that have stopped by themselves, and nobody has looked yet."""
    return _read(connection, select(rollout).where(rollout.c.state == State.STOPPED))


def parts(connection: Connection, found: Rollout, scope: Scope) -> tuple[Part, ...]:
    """How the kiosks of a scope stand, wave by wave."""
    asked = (
        select(rollout_kiosk.c.wave, rollout_kiosk.c.state, func.count().label("n"))
        .join(kiosk, kiosk.c.id == rollout_kiosk.c.kiosk)
        .where(rollout_kiosk.c.rollout == found.number, standing_in(scope))
        .group_by(rollout_kiosk.c.wave, rollout_kiosk.c.state)
    )
    counted: dict[int, Counter[Stage]] = {each.n: Counter() for each in found.waves}
    for row in connection.execute(asked):
        counted[row.wave][Stage(row.state)] = int(row.n)
    return tuple(Part(each, counted[each.n]) for each in found.waves)


def failures(connection: Connection, number: int, scope: Scope) -> dict[str, tuple[Standing, ...]]:
    """The kiosks of a scope at which it failed, by the reason that the kiosk gave; the latest first."""
    found: dict[str, tuple[Standing, ...]] = {}
    for each in standings(connection, number, scope, Stage.FAILED):
        found[each.reason or ""] = (*found.get(each.reason or "", ()), each)
    return dict(sorted(found.items(), key=lambda item: (-len(item[1]), item[0])))


def standings(
    connection: Connection, number: int, scope: Scope, stage: Stage | None = None, *, only: KioskId | None = None
) -> tuple[Standing, ...]:
    """How the kiosks of a scope stand, the last changes first."""
    asked = _standings().where(rollout_kiosk.c.rollout == number, standing_in(scope))
    if stage is not None:
        asked = asked.where(rollout_kiosk.c.state == str(stage))
    if only is not None:
        asked = asked.where(rollout_kiosk.c.kiosk == only)
    latest = asked.order_by(rollout_kiosk.c.changed_ms.desc(), rollout_kiosk.c.kiosk).limit(LISTED)
    return tuple(_standing(row) for row in connection.execute(latest))


def last_of(connection: Connection, who: KioskId, scope: Scope) -> tuple[Rollout, Standing] | None:
    """The last rollout that a kiosk of a scope was in, and how it stands in it."""
    mine = (rollout_kiosk.c.kiosk == who, standing_in(scope))
    row = connection.execute(_standings().where(*mine).order_by(rollout_kiosk.c.rollout.desc()).limit(1)).first()
    return None if row is None else (read(connection, row.rollout), _standing(row))


def change(connection: Connection, number: int, **values: object) -> None:
    """Write something about a rollout."""
    connection.execute(update(rollout).where(rollout.c.number == number).values(**values))


def call_back(connection: Connection, number: int, now_ms: int) -> None:
    """Take back the orders that are not on their way."""
    mine = (rollout_kiosk.c.rollout == number, rollout_kiosk.c.state == Stage.ORDERED)
    unsent = or_(kiosk_order.c.sent_ms.is_(None), kiosk_order.c.sent_ms <= now_ms - LIVES_MS)
    queued = and_(kiosk_order.c.ended_ms.is_(None), kiosk_order.c.taken_ms.is_(None), unsent)
    asked = select(rollout_kiosk.c.kiosk, rollout_kiosk.c.n).join(
        kiosk_order, and_(kiosk_order.c.kiosk == rollout_kiosk.c.kiosk, kiosk_order.c.n == rollout_kiosk.c.n)
    )
    for row in connection.execute(asked.where(*mine, queued)).all():
        this = and_(kiosk_order.c.kiosk == row.kiosk, kiosk_order.c.n == row.n)
        ended = {"ended_ms": now_ms, "ending": OrderState.CANCELLED, "cancelled_by": named(number)}
        if connection.execute(update(kiosk_order).where(this, queued).values(**ended)).rowcount != 1:
            continue  # it left this moment
        its = update(rollout_kiosk).where(rollout_kiosk.c.rollout == number, rollout_kiosk.c.kiosk == row.kiosk)
        connection.execute(its.values(state=str(Stage.WAITING), n=None, changed_ms=now_ms))


def named(number: int) -> str:
    """Who gives the orders of a rollout: no person's name looks like it."""
    return f"rollout {number}"


def _move(connection: Connection, number: int, to: State, by: str, now_ms: int) -> Rollout:
    found = _locked(connection, number)
    if found.state not in _FROM[to]:
        raise RolloutRefusedError(Why.STANDS)
    ended = {"ended_ms": now_ms} if to in (State.ABORTED, State.DECLINED) else {}
    change(connection, number, state=str(to), changed_by=by, changed_ms=now_ms, **ended)
    return found


def _locked(connection: Connection, number: int) -> Rollout:
    return _known({each.number: each for each in _read(connection, _one(number).with_for_update())}, number)


def _one(number: int) -> Select[Any]:
    return select(rollout).where(rollout.c.number == number)


def _known(found: dict[int, Rollout], number: int) -> Rollout:
    if number not in found:
        raise RolloutRefusedError(Why.NO_SUCH)
    return found[number]


def _standings() -> Select[Any]:
    its = (kiosk.c.province, kiosk.c.facility, device_state.c.release)
    known = rollout_kiosk.join(kiosk, kiosk.c.id == rollout_kiosk.c.kiosk)
    return select(rollout_kiosk, *its).select_from(
        known.outerjoin(device_state, device_state.c.kiosk == rollout_kiosk.c.kiosk)
    )


def _standing(row: Row[Any]) -> Standing:
    where = (row.kiosk, row.province, row.facility, row.wave)
    return Standing(*where, Stage(row.state), row.reason, row.changed_ms, row.attempts, row.release)


def _read(connection: Connection, asked: Select[Any]) -> tuple[Rollout, ...]:
    rows = connection.execute(asked).all()
    wanted = rollout_wave.c.rollout.in_([row.number for row in rows])
    waves: dict[int, list[Wave]] = {row.number: [] for row in rows}
    for row in connection.execute(select(rollout_wave).where(wanted).order_by(rollout_wave.c.n)):
        waves[row.rollout].append(Wave(row.n, Ring(row.ring), row.share, row.began_ms, row.passed_ms))
    return tuple(_rollout(row, tuple(waves[row.number])) for row in rows)


def _rollout(row: Row[Any], waves: tuple[Wave, ...]) -> Rollout:
    gates = Gates(row.sample, row.bake_s, row.failures_percent)
    broad = tuple(each.share for each in waves if each.ring is Ring.BROAD)
    return Rollout(
        number=row.number,
        proposal=Proposal(row.release, row.words, gates, broad, row.at_facility, row.patience_s),
        state=State(row.state),
        waves=waves,
        proposed_by=row.proposed_by,
        proposed_ms=row.proposed_ms,
        approved_by=row.approved_by,
        approved_ms=row.approved_ms,
        changed_by=row.changed_by,
        changed_ms=row.changed_ms,
        ended_ms=row.ended_ms,
        wave=row.wave,
        counted_ms=row.counted_ms or 0,
        ground=None if row.ground is None else Ground(row.ground),
        seen=None if row.seen is None else msgspec.json.decode(row.seen, type=Seen),
        judged_ms=row.judged_ms,
    )
