# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet order`: give a kiosk an order, take it back, and read what came of the last ones, as JSON lines."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import msgspec

from fleet import audit
from fleet.devices import orders
from fleet.devices.orders import OrderRefusedError, Why
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.errors import FleetError
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work
from wire.errors import WireError
from wire.ids import kiosk_id, release_version
from wire.orders import Op

if TYPE_CHECKING:
    from fleet.config import Settings
    from fleet.devices.orders import Given
    from wire.ids import KioskId

_SAID = {
    Why.NO_SUCH_KIOSK: "It is not registered here. Give the name on the kiosk's label.",
    Why.REVOKED: "It was revoked, and is told nothing more.",
    Why.TAKES_NONE: "Its release takes no orders. Update the kiosk.",
    Why.UNKNOWN_OP: "There is no such order. Give close, reopen, restart, diagnose or rotate_key.",
    Why.ONE_IS_OPEN: "Another order is open there: `dipchip-fleet order list` shows it. Wait, or cancel it.",
    Why.UNDER_WAY: "It is on its way to the kiosk, and too late to cancel.",
    Why.NOT_OPEN: "There is no open order of that number: `dipchip-fleet order list` shows them.",
}


class NotOrderedError(FleetError):
    """Nothing was ordered or cancelled; says why and what to do."""


def give(settings: Settings, kiosk: str, op: str) -> None:
    """Order something of a kiosk; the courier sends it.

    Raises:
        NotOrderedError: nothing was ordered.
    """
    who, at_ms = _named(kiosk), now_ms()
    engine = open_engine(settings.database_url)
    try:
        with unit_of_work(engine) as connection:
            n = orders.give(connection, who, op, account(), at_ms, NATION)
            detail: audit.Detail = {"op": op, "order": n}
            audit.record(connection, audit.Act.ORDER_GIVEN, who=account(), subject=who, at_ms=at_ms, detail=detail)
    except OrderRefusedError as error:
        raise _explained(who, error) from error
    finally:
        engine.dispose()
    _tell({"kiosk": who, "number": n, "op": op, "state": orders.State.QUEUED.value})


def update(settings: Settings, kiosk: str, release: str) -> None:
    """Let one kiosk install a release, outside any rollout; the courier sends it.

    Raises:
        NotOrderedError: nothing was ordered.
    """
    who, at_ms = _named(kiosk), now_ms()
    try:
        wanted = release_version(release)
    except WireError as error:
        message = f"{release}: {error}. Give the version of a release that was published."
        raise NotOrderedError(message) from error
    engine = open_engine(settings.database_url)
    try:
        with unit_of_work(engine) as connection:
            n = orders.update_to(connection, who, wanted, account(), at_ms, NATION)
            detail: audit.Detail = {"op": str(Op.UPDATE), "order": n, "release": wanted}
            audit.record(connection, audit.Act.ORDER_GIVEN, who=account(), subject=who, at_ms=at_ms, detail=detail)
    except OrderRefusedError as error:
        raise _explained(who, error) from error
    finally:
        engine.dispose()
    told = {"op": str(Op.UPDATE), "release": wanted, "state": orders.State.QUEUED.value}
    _tell({"kiosk": who, "number": n, **told})


def cancel(settings: Settings, kiosk: str, number: int) -> None:
    """Take an order back that is not on its way.

    Raises:
        NotOrderedError: nothing was cancelled.
    """
    who, at_ms = _named(kiosk), now_ms()
    engine = open_engine(settings.database_url)
    try:
        with unit_of_work(engine) as connection:
            orders.cancel(connection, who, number, account(), at_ms, NATION)
            detail: audit.Detail = {"order": number}
            audit.record(connection, audit.Act.ORDER_CANCELLED, who=account(), subject=who, at_ms=at_ms, detail=detail)
    except OrderRefusedError as error:
        raise _explained(who, error) from error
    finally:
        engine.dispose()
    _tell({"kiosk": who, "number": number, "state": orders.State.CANCELLED.value})


def show(settings: Settings, kiosk: str) -> None:
    """List the last orders of a kiosk, the newest first."""
    who = _named(kiosk)
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        found = orders.latest(connection, who, now_ms(), NATION)
    engine.dispose()
    for order in found:
        _tell(_described(order))


def _named(kiosk: str) -> KioskId:
    try:
        return kiosk_id(kiosk)
    except WireError as error:
        message = f"{kiosk}: {error}. Give the name on the kiosk's label."
        raise NotOrderedError(message) from error


def _explained(who: KioskId, error: OrderRefusedError) -> NotOrderedError:
    return NotOrderedError(f"{who}: {_SAID[error.why]}")


def _described(order: Given) -> dict[str, object]:
    return {
        "kiosk": order.kiosk,
        "number": order.n,
        "op": order.op,
        "release": order.release,
        "state": order.state.value,
        "by": order.asked_by,
        "reason": order.reason,
        "diagnosis": None if order.diagnosis is None else msgspec.structs.asdict(order.diagnosis),
    }


def _tell(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
