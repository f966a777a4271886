# SPDX-License-Identifier: Apache-2.0
"""What is ordered of one kiosk from its page. The console writes what is wanted; a courier signs and sends it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import redirect, request, url_for

from fleet.web.deeds import kiosks as deeds
from fleet.web.kiosk import refused
from fleet.web.reach import RefusedError

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

pages = APIBlueprint("orders", __name__, enable_openapi=False)


@pages.post("/devices/<name>/orders")
def give(name: str) -> AnyResponse:
    """Order something of the kiosk."""
    deeds.give_order(deeds.known(name), request.form.get("op", ""))
    return _back(name)


@pages.post("/devices/<name>/orders/<int:number>/cancel")
def cancel(name: str, number: int) -> AnyResponse:
    """Take an order back that has not left."""
    deeds.cancel_order(deeds.known(name), number)
    return _back(name)


def _back(name: str) -> AnyResponse:
    return redirect(url_for("kiosk.overview", name=name, _anchor="orders"), HTTPStatus.SEE_OTHER)


pages.register_error_handler(RefusedError, refused)
