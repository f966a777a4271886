# SPDX-License-Identifier: Apache-2.0
"""The orders of one kiosk as JSON: how each stands, what the machine told, and what a program may order."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from apiflask import APIBlueprint
from flask import abort
from pydantic import BaseModel, ConfigDict, Field

from fleet.devices import orders
from fleet.devices.health import read_device
from fleet.devices.orders import SHOWN, State
from fleet.web.bodies import Body, Choice, MadeAnswer
from fleet.web.deeds import kiosks as deeds
from fleet.web.iso import at, at_or_none
from fleet.web.reach import looking
from fleet.web.supplies import now_ms
from wire.orders import Op

pages = APIBlueprint("api_orders", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class DiagnosisAnswer(_Answer):
    """Facts of a machine as the kiosk told them; null where it did not know. `*_mib` and `*_s` say their unit."""

    release: str
    python: str
    system: str
    uptime_s: int
    process_s: int
    temperature_c: int | None
    memory_free_mib: int | None
    disk_free_mib: int
    outbox: int
    oldest_unacked_s: int | None
    link: str
    screen: str
    reader: str
    camera: str
    certificate_ms: int | None
    card_reads: dict[str, int]
    endings: dict[str, int]


class OrderAnswer(_Answer):
    """One order. `reason` is the kiosk's word of a refusal."""

    number: int
    op: str
    release: str | None = Field(description="which one an update installs")
    state: State
    asked_by: str
    asked_at: str
    expires_at: str
    ended_at: str | None
    reason: str | None
    cancelled_by: str | None
    diagnosis: DiagnosisAnswer | None


class OrdersAnswer(_Answer):
    """The latest orders of a kiosk, the newest first."""

    at: str
    kiosk: str
    takes_orders: bool = Field(description="false: its release never said that it does")
    orders: list[OrderAnswer] = Field(max_length=SHOWN)


class OrderBody(Body):
    """What is ordered."""

    op: Choice[Op]


@pages.get("/api/v1/devices/<name>/orders")
@pages.output(OrdersAnswer)
def overview(name: str) -> OrdersAnswer:
    """The latest orders of a kiosk and what came of them."""
    who, moment = deeds.known(name), now_ms()
    with looking() as (connection, scope):
        if read_device(connection, who, moment, scope) is None:
            abort(HTTPStatus.NOT_FOUND)
        given = orders.latest(connection, who, moment, scope)
        takes = orders.takes_orders(connection, who)
    return OrdersAnswer(at=at(moment), kiosk=who, takes_orders=takes, orders=[_order(each) for each in given])


@pages.post("/api/v1/devices/<name>/orders")
@pages.input(OrderBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def give(name: str, body: OrderBody) -> MadeAnswer:
    """Order something of the kiosk; ask for its orders to see what came of it."""
    return MadeAnswer(number=deeds.give_order(deeds.known(name), body.op))


@pages.post("/api/v1/devices/<name>/orders/<int:number>/cancel")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def cancel(name: str, number: int) -> str:
    """Take an order back that has not left."""
    deeds.cancel_order(deeds.known(name), number)
    return ""


def _order(order: orders.Given) -> OrderAnswer:
    told = order.diagnosis
    return OrderAnswer(
        number=order.n,
        op=order.op,
        release=order.release,
        state=order.state,
        asked_by=order.asked_by,
        asked_at=at(order.asked_ms),
        expires_at=at(order.expires_ms),
        ended_at=at_or_none(order.ended_ms),
        reason=order.reason,
        cancelled_by=order.cancelled_by,
        diagnosis=None if told is None else DiagnosisAnswer(**msgspec.structs.asdict(told)),
    )
