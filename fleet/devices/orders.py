# SPDX-License-Identifier: Apache-2.0
"""Orders to kiosks as people give, cancel and read them: one at a time to each kiosk, from a short closed list.

It signs nothing and sends nothing: `fleet.devices.order_book` is what the couriers do with these rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, select, update

from fleet.devices.health import standing_in
from fleet.devices.registry import ACTIVE
from fleet.errors import FleetError
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.tables import kiosk
from wire.orders import TTL_S, Diagnosis, Op

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.store.scope import Scope
    from wire.ids import KioskId, ReleaseVersion

LASTS_MS = 60 * 60 * 1000  # then nobody wants any more what a kiosk that was away would begin to do
LIVES_MS = TTL_S * 1000  # no copy that was sent is carried out after so long
SHOWN = 20  # orders of one kiosk, the latest
ALONE = frozenset(Op) - {Op.UPDATE}  # what an order says by its name; an update says which release besides


class Why(StrEnum):
    """Why an order was not given, or not cancelled."""

    NO_SUCH_KIOSK = "no_such_kiosk"  # or it stands elsewhere
    REVOKED = "revoked"
    TAKES_NONE = "takes_none"  # its release never said that it takes orders
    UNKNOWN_OP = "unknown_op"
    ONE_IS_OPEN = "one_is_open"
    UNDER_WAY = "under_way"  # it was sent and may be carried out: too late to cancel
    NOT_OPEN = "not_open"


class OrderRefusedError(FleetError):
    """An order was not given or not cancelled; `why` says it to a program. Nothing changed."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(f"{why}: nothing was changed")


class State(StrEnum):
    """How an order stands."""

    QUEUED = "queued"  # nothing is on its way: the kiosk is away, or does not answer
    SENT = "sent"
    TAKEN = "taken"
    DONE = "done"
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Given:
    """One order. `reason` is the kiosk's word of a refusal."""

    kiosk: str
    n: int
    op: str
    state: State
    asked_by: str
    asked_ms: int
    expires_ms: int
    ended_ms: int | None
    reason: str | None
    cancelled_by: str | None
    diagnosis: Diagnosis | None
    release: str | None = None  # of an update

    @property
    def is_open(self) -> bool:
        """Whether something may still come of it."""
        return self.ended_ms is None


def give(connection: Connection, who: KioskId, op: str, by: str, now_ms: int, scope: Scope) -> int:
    """Order something; returns the order's number. It is on its way once the transaction has ended.

    Raises:
        OrderRefusedError: there is no such kiosk or op, or another order is open there.
    """
    if op not in ALONE:
        raise OrderRefusedError(Why.UNKNOWN_OP)
    return _give(connection, who, {"op": op, "asked_by": by}, now_ms, scope)


def update_to(connection: Connection, who: KioskId, release: ReleaseVersion, by: str, now_ms: int, scope: Scope) -> int:
    """Let a kiosk install a release, if its channel offers that very one; returns the order's number.

    Raises:
        OrderRefusedError: there is no such kiosk, or another order is open there.
    """
    return _give(connection, who, {"op": str(Op.UPDATE), "release": release, "asked_by": by}, now_ms, scope)


def _give(connection: Connection, who: KioskId, what: dict[str, str], now_ms: int, scope: Scope) -> int:
    _require_active(connection, who, scope)
    if not takes_orders(connection, who):
        raise OrderRefusedError(Why.TAKES_NONE)
    theirs = kiosk_order.c.kiosk == who
    if connection.execute(select(kiosk_order.c.n).where(theirs, kiosk_order.c.ended_ms.is_(None))).first():
        raise OrderRefusedError(Why.ONE_IS_OPEN)
    last = connection.execute(select(func.max(kiosk_order.c.n)).where(theirs)).scalar_one()
    n = max(now_ms, (last or 0) + 1)
    row = {"kiosk": who, "n": n, "asked_ms": now_ms, "expires_ms": now_ms + LASTS_MS}
    connection.execute(kiosk_order.insert().values(**row, **what))
    return n


def key_is_ordered(connection: Connection, who: KioskId, *, since_ms: int, now_ms: int) -> bool:
    """Whether a kiosk was told to make a new key, after a certificate that it was given at `since_ms`, and is at it."""
    this = (kiosk_order.c.kiosk == who, kiosk_order.c.op == Op.ROTATE_KEY, kiosk_order.c.asked_ms >= since_ms)
    open_still = (
        kiosk_order.c.sent_ms.is_not(None),
        kiosk_order.c.ended_ms.is_(None),
        kiosk_order.c.expires_ms > now_ms,
    )
    return connection.execute(select(kiosk_order.c.n).where(*this, *open_still)).first() is not None


def cancel(connection: Connection, who: KioskId, n: int, by: str, now_ms: int, scope: Scope) -> None:
    """Take an order back while no copy of it is on its way.

    Raises:
        OrderRefusedError: it is not open, or it is too late.
    """
    _require_active(connection, who, scope)
    found = connection.execute(select(kiosk_order).where(kiosk_order.c.kiosk == who, kiosk_order.c.n == n)).first()
    if found is None or found.ended_ms is not None:
        raise OrderRefusedError(Why.NOT_OPEN)
    if _state(found, now_ms) is not State.QUEUED:
        raise OrderRefusedError(Why.UNDER_WAY)
    ended = update(kiosk_order).where(kiosk_order.c.kiosk == who, kiosk_order.c.n == n)
    connection.execute(ended.values(ended_ms=now_ms, ending=State.CANCELLED, cancelled_by=by))


def takes_orders(connection: Connection, who: KioskId) -> bool:
    """Whether this kiosk has ever said that it takes orders."""
    return connection.execute(select(order_nonce.c.kiosk).where(order_nonce.c.kiosk == who)).first() is not None


def latest(connection: Connection, who: KioskId, now_ms: int, scope: Scope) -> tuple[Given, ...]:
    """The last orders to a kiosk that stands in the scope, the newest first."""
    asked = select(kiosk_order).join(kiosk).where(kiosk_order.c.kiosk == who, standing_in(scope))
    rows = connection.execute(asked.order_by(kiosk_order.c.n.desc()).limit(SHOWN))
    return tuple(_given(row, now_ms) for row in rows)


def _require_active(connection: Connection, who: KioskId, scope: Scope) -> None:
    """Lock the kiosk's row until the transaction ends, so that two people cannot give it an order at once."""
    asked = select(kiosk.c.status).where(kiosk.c.id == who, standing_in(scope)).with_for_update(key_share=True)
    status = connection.execute(asked).scalar_one_or_none()
    if status is None:
        raise OrderRefusedError(Why.NO_SUCH_KIOSK)
    if status != ACTIVE:
        raise OrderRefusedError(Why.REVOKED)


def _given(row: Row[Any], now_ms: int) -> Given:
    return Given(
        kiosk=row.kiosk,
        n=row.n,
        op=row.op,
        state=_state(row, now_ms),
        asked_by=row.asked_by,
        asked_ms=row.asked_ms,
        expires_ms=row.expires_ms,
        ended_ms=row.ended_ms,
        reason=row.reason,
        cancelled_by=row.cancelled_by,
        diagnosis=None if row.diagnosis is None else msgspec.json.decode(row.diagnosis, type=Diagnosis),
        release=row.release,
    )


def _state(row: Row[Any], now_ms: int) -> State:
    if row.ended_ms is not None:
        return State(row.ending)
    if row.taken_ms is not None:
        return State.TAKEN
    return State.SENT if row.sent_ms is not None and row.sent_ms > now_ms - LIVES_MS else State.QUEUED
