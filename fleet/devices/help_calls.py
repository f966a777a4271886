# SPDX-License-Identifier: Apache-2.0
"""Who waits for a helper at which kiosk, and who comes: kept only while the call is open.

A call is what the kiosk's heartbeats say: open while they carry its id, over when they do not, lost when none comes.
When it is over or lost its row is deleted, and with it the name that the helper chose for the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, select, union_all, update

from fleet.devices.health import HELP_WANTED, standing_in
from fleet.devices.registry import ACTIVE
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.errors import FleetError
from fleet.store.tables import device_state, help_call, kiosk
from wire.help_calls import LIVES_MS, MINUTES_AT_MOST, HelpAcknowledged
from wire.ids import KioskId

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.store.scope import Scope
    from wire.help_calls import HelperName
    from wire.ids import Shard

LOST_AFTER_MS = 60_000  # six heartbeats of a kiosk where somebody waits
_MINUTE_MS = 60_000
_LOOK = "`dipchip-fleet help list` shows who waits."


class Why(StrEnum):
    """Why a call was not acknowledged."""

    NO_NAME = "no_name"
    MINUTES = "minutes"
    NO_CALL = "no_call"
    WITHOUT_NAME = "without_name"
    LINK_LOST = "link_lost"


class HelpRefusedError(FleetError):
    """A call for a helper was not acknowledged. Nothing changed, and the screen says nothing new."""

    def __init__(self, why: Why, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


class Standing(StrEnum):
    """How a call stands."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    LINK_LOST = "link_lost"  # somebody asked, and the kiosk was not heard since
    WITHOUT_NAME = "without_name"  # its release sends no id of the call: somebody waits, and no name can be shown


@dataclass(frozen=True, slots=True, repr=False)
class Call:
    """One kiosk where somebody waits, as it was last heard. `wait_s` is what is left of the promised minutes."""

    kiosk: KioskId
    facility: str
    province: str
    standing: Standing
    since_ms: int | None
    heard_ms: int
    name: str | None
    wait_s: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Coming:
    """Who comes, as the screen shall show it, and in how many minutes at most."""

    name: HelperName
    minutes: int


class HelpCalls:
    """What the heartbeats of one batch say of calls; the last of each kiosk counts."""

    def __init__(self) -> None:
        self._said: dict[KioskId, tuple[str | None, int]] = {}

    def heard(self, who: KioskId, call: str | None, at_ms: int) -> None:
        """Note that a kiosk's heartbeat carries this call, or none."""
        self._said[who] = (call, at_ms)

    def calling(self) -> list[KioskId]:
        """Where somebody waits."""
        return [who for who, (call, _) in self._said.items() if call is not None]

    def write(self, connection: Connection) -> None:
        """Open, keep and close calls; the kiosks' rows are locked by the caller."""
        if not self._said:
            return
        rows = connection.execute(select(help_call.c.kiosk, help_call.c.call))  # few wait at a time
        known = {KioskId(row.kiosk): row.call for row in rows}
        over = [who for who, (call, _) in self._said.items() if who in known and known[who] != call]
        if over:
            connection.execute(delete(help_call).where(help_call.c.kiosk.in_(over)))
        for who, (call, at_ms) in self._said.items():
            if call is None:
                continue
            if known.get(who) == call:
                connection.execute(update(help_call).where(help_call.c.kiosk == who).values(heard_ms=at_ms))
            else:
                opened = help_call.insert().values(kiosk=who, call=call, since_ms=at_ms, heard_ms=at_ms)
                connection.execute(opened)


def acknowledge(connection: Connection, who: KioskId, coming: Coming, now_ms: int, scope: Scope) -> None:
    """Say who comes to whoever waits there; a second time takes the place of the first.

    Raises:
        HelpRefusedError: nobody waits there, or it could not be shown; names what to do.
    """
    if not 1 <= coming.minutes <= MINUTES_AT_MOST:
        message = f"minutes: {coming.minutes}. Give 1 to {MINUTES_AT_MOST}: whoever waits counts on them."
        raise HelpRefusedError(Why.MINUTES, message)
    found = next((each for each in open_calls(connection, now_ms, scope, only=who)), None)
    match None if found is None else found.standing:
        case None:
            message = f"{who}: nobody waits for a helper there now. {_LOOK}"
            raise HelpRefusedError(Why.NO_CALL, message)
        case Standing.WITHOUT_NAME:
            message = f"{who}: its release cannot show who comes. Go there all the same, and update the kiosk."
            raise HelpRefusedError(Why.WITHOUT_NAME, message)
        case Standing.LINK_LOST:
            message = f"{who}: its link is lost, so nothing would be shown there. Go there all the same."
            raise HelpRefusedError(Why.LINK_LOST, message)
    known = and_(help_call.c.kiosk == who, help_call.c.heard_ms > now_ms - LOST_AFTER_MS)
    said = {"name": coming.name, "minutes": coming.minutes, "acknowledged_ms": now_ms, "told_ms": None}
    if connection.execute(update(help_call).where(known).values(**said)).rowcount != 1:
        message = f"{who}: the call has just ended. {_LOOK}"
        raise HelpRefusedError(Why.NO_CALL, message)


def open_calls(connection: Connection, now_ms: int, scope: Scope, only: KioskId | None = None) -> list[Call]:
    """Where somebody waits, longest first; a kiosk that has long been silent is no call any more but a silent kiosk."""
    wanted = select(device_state.c.kiosk).where(device_state.c.screen == HELP_WANTED)
    asked = (
        select(kiosk.c.id, kiosk.c.facility, kiosk.c.province, device_state.c.seen_ms, help_call)
        .join_from(kiosk, device_state, device_state.c.kiosk == kiosk.c.id)
        .outerjoin(help_call, help_call.c.kiosk == kiosk.c.id)
        .where(
            kiosk.c.status == ACTIVE,
            kiosk.c.id.in_(union_all(select(help_call.c.kiosk), wanted)),  # few: the others are not joined
            device_state.c.seen_ms > now_ms - SILENT_AFTER_MS,
            standing_in(scope),
        )
        .order_by(help_call.c.since_ms, kiosk.c.id)
    )
    rows = connection.execute(asked if only is None else asked.where(kiosk.c.id == only))
    return [_call(row, now_ms) for row in rows]


def waits(connection: Connection, shown: Collection[str], now_ms: int) -> dict[str, int]:
    """What is left of the promised minutes, in seconds, at those of these kiosks where somebody comes."""
    known = help_call.c
    asked = select(help_call).where(
        known.kiosk.in_(shown), known.acknowledged_ms.is_not(None), known.heard_ms > now_ms - LOST_AFTER_MS
    )
    return {row.kiosk: _wait_s(row, now_ms) for row in connection.execute(asked)}


def untold(connection: Connection, shards: Collection[Shard] | None) -> list[KioskId]:
    """Kiosks of these shards, None for all, whose call was acknowledged and who were not told of it yet."""
    asked = select(kiosk.c.id).join(help_call, help_call.c.kiosk == kiosk.c.id)
    asked = asked.where(help_call.c.acknowledged_ms.is_not(None), help_call.c.told_ms.is_(None))
    rows = connection.execute(asked if shards is None else asked.where(kiosk.c.shard.in_(shards)))
    return [KioskId(who) for who in rows.scalars()]


def mark_told(connection: Connection, ids: Collection[KioskId], now_ms: int) -> None:
    """Note that these were told; what is lost on the way comes again with the next heartbeat."""
    connection.execute(update(help_call).where(help_call.c.kiosk.in_(ids)).values(told_ms=now_ms))


def acknowledgements(connection: Connection, ids: Iterable[KioskId], now_ms: int) -> list[HelpAcknowledged]:
    """Who comes to these kiosks, as it is told now; nothing for those where nobody has acknowledged."""
    asked = select(help_call).where(help_call.c.kiosk.in_(list(ids)), help_call.c.acknowledged_ms.is_not(None))
    return [
        HelpAcknowledged(
            v=1,
            kiosk=row.kiosk,
            call=row.call,
            name=row.name,
            wait_s=_wait_s(row, now_ms),
            at_ms=now_ms,
            expires_ms=now_ms + LIVES_MS,
        )
        for row in connection.execute(asked)
    ]


def erase_lost(connection: Connection, now_ms: int) -> int:
    """Close the calls of kiosks that are not heard any more; how many. A kiosk that comes back opens its call anew."""
    return connection.execute(delete(help_call).where(help_call.c.heard_ms <= now_ms - LOST_AFTER_MS)).rowcount


def _call(row: Row[Any], now_ms: int) -> Call:
    heard_ms = row.seen_ms if row.heard_ms is None else row.heard_ms
    acknowledged = row.acknowledged_ms is not None
    if heard_ms <= now_ms - LOST_AFTER_MS:
        standing = Standing.LINK_LOST
    elif row.call is None:
        standing = Standing.WITHOUT_NAME
    else:
        standing = Standing.ACKNOWLEDGED if acknowledged else Standing.WAITING
    wait_s = _wait_s(row, now_ms) if acknowledged else None
    return Call(KioskId(row.id), row.facility, row.province, standing, row.since_ms, heard_ms, row.name, wait_s)


def _wait_s(row: Row[Any], now_ms: int) -> int:
    left_ms = row.acknowledged_ms + row.minutes * _MINUTE_MS - now_ms
    return int(min(max(0, -(-left_ms // 1000)), MINUTES_AT_MOST * 60))
