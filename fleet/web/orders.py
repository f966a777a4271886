# SPDX-License-Identifier: Apache-2.0
"""What is ordered of one kiosk from its page. The console writes what is wanted; a courier signs and sends it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import abort, redirect, request, url_for

from fleet import audit
from fleet.devices import orders
from fleet.devices.orders import OrderRefusedError, Why
from fleet.web.kiosk import known, page
from fleet.web.order_words import WHY_NOT
from fleet.web.reach import acting

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from wire.ids import KioskId

pages = APIBlueprint("orders", __name__, enable_openapi=False)


@pages.post("/devices/<name>/orders")
def give(name: str) -> AnyResponse:
    """Order something of the kiosk."""
    who, op = known(name), request.form.get("op", "")
    try:
        with acting() as deed:
            n = orders.give(deed.connection, who, op, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.ORDER_GIVEN, who, {"op": op, "order": n})
    except OrderRefusedError as error:
        return _refused(who, error)
    return _back(who)


@pages.post("/devices/<name>/orders/<int:number>/cancel")
def cancel(name: str, number: int) -> AnyResponse:
    """Take an order back that has not left."""
    who = known(name)
    try:
        with acting() as deed:
            orders.cancel(deed.connection, who, number, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.ORDER_CANCELLED, who, {"order": number})
    except OrderRefusedError as error:
        return _refused(who, error)
    return _back(who)


def _refused(who: KioskId, error: OrderRefusedError) -> AnyResponse:
    if error.why is Why.NO_SUCH_KIOSK:
        abort(HTTPStatus.NOT_FOUND)
    return page(who, refused=str(WHY_NOT[error.why]))


def _back(who: KioskId) -> AnyResponse:
    return redirect(url_for("kiosk.overview", name=who, _anchor="orders"), HTTPStatus.SEE_OTHER)
