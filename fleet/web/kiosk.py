# SPDX-License-Identifier: Apache-2.0
"""The page of one kiosk: its five facts, its books, and what can be done: name a helper, report it lost, confirm."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from fleet import audit
from fleet.alerts import book
from fleet.alerts.subjects import kiosk_at
from fleet.devices import help_calls, losses, orders
from fleet.devices.closeup import read_closeup
from fleet.devices.health import Condition
from fleet.devices.help_calls import Coming, HelpRefusedError
from fleet.devices.losses import Kind, LossRefusedError
from fleet.web import order_words
from fleet.web.alerts import said
from fleet.web.kiosk_words import KINDS, STANDINGS, WHY_NO_HELPER, WHY_NOT, facts_words
from fleet.web.reach import acting, looking
from fleet.web.supplies import now_ms
from wire.errors import WireError
from wire.help_calls import MINUTES_AT_MOST, helper_name
from wire.ids import FacilityCode, KioskId, ProvinceCode, kiosk_id

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.alerts.subjects import Subject
    from fleet.devices.health import Device

pages = APIBlueprint("kiosk", __name__, enable_openapi=False)
_USUAL_MINUTES = 5
_HISTORY = 30  # alarms


@pages.get("/devices/<name>")
def overview(name: str) -> Response:
    """Show one kiosk."""
    return page(known(name))


@pages.post("/devices/<name>/helper")
def name_helper(name: str) -> AnyResponse:
    """Tell whoever waits there who comes, and when."""
    who = known(name)
    try:
        coming = Coming(helper_name(request.form.get("helper", "").strip()), _minutes())
    except WireError:
        return page(who, refused=str(WHY_NO_HELPER[help_calls.Why.NO_NAME]))
    try:
        with acting() as deed:
            help_calls.acknowledge(deed.connection, who, coming, deed.at_ms, deed.scope)
            deed.record(audit.Act.HELP_ACKNOWLEDGED, who, {"minutes": coming.minutes})
    except HelpRefusedError as error:
        return page(who, refused=str(WHY_NO_HELPER[error.why]))
    return _back(who)


@pages.post("/devices/<name>/loss")
def report_loss(name: str) -> AnyResponse:
    """Report that the kiosk is gone; another person has to confirm."""
    who, kind = known(name), request.form.get("kind", "")
    if kind not in set(Kind):
        return page(who, refused=str(WHY_NOT[losses.Why.NOT_SAID]))
    try:
        with acting() as deed:
            losses.report(deed.connection, who, Kind(kind), deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.LOSS_REPORTED, who, {"kind": kind})
    except LossRefusedError as error:
        return page(who, refused=_why(error))
    return _back(who)


@pages.post("/devices/<name>/loss/confirm")
def confirm_loss(name: str) -> AnyResponse:
    """Confirm what another person reported: from now on nothing of the kiosk is believed."""
    who = known(name)
    if request.form.get("sure") != "yes":
        return page(who, refused=str(WHY_NOT[losses.Why.NOT_SURE]))
    try:
        with acting() as deed:
            losses.confirm(deed.connection, who, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.LOSS_CONFIRMED, who)
    except LossRefusedError as error:
        return page(who, refused=_why(error))
    return _back(who)


@pages.post("/devices/<name>/loss/withdraw")
def withdraw_loss(name: str) -> AnyResponse:
    """Take an open report back."""
    who = known(name)
    try:
        with acting() as deed:
            losses.withdraw(deed.connection, who, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.LOSS_WITHDRAWN, who)
    except LossRefusedError as error:
        return page(who, refused=_why(error))
    return _back(who)


def known(name: str) -> KioskId:
    """Parse the kiosk of an address; what cannot be a name is a page that does not exist."""
    try:
        return kiosk_id(name)
    except WireError:
        abort(HTTPStatus.NOT_FOUND)


def page(who: KioskId, refused: str = "") -> Response:
    """Show one kiosk, with what was not done where something was refused."""
    moment = now_ms()
    with looking() as (connection, scope):
        found = read_closeup(connection, who, moment, scope)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        calls = help_calls.open_calls(connection, moment, scope, only=who)
        ordered = orders.latest(connection, who, moment, scope)
        takes = orders.takes_orders(connection, who)
        history = book.read_history(connection, _subject(found.device), scope, _HISTORY)
    shown = render_template(
        "kiosk.html",
        found=found,
        device=found.device,
        history=history,
        said=said,
        call=calls[0] if calls else None,
        refused=refused,
        now_ms=moment,
        kinds=tuple(Kind),
        facts=facts_words(found, moment),
        orders=_orders(found.device, ordered, takes=takes),
        loss_words={"kind": KINDS, "standing": STANDINGS},
        usual_minutes=_USUAL_MINUTES,
        minutes_at_most=MINUTES_AT_MOST,
    )
    return make_response(shown, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _orders(device: Device, given: tuple[orders.Given, ...], *, takes: bool) -> dict[str, object]:
    serves = takes and device.condition is not Condition.REVOKED
    return {
        "given": given,
        "open": next((each for each in given if each.is_open), None),
        "diagnosed": next((each for each in given if each.diagnosis is not None), None),
        "takes": takes,
        "offered": order_words.offered(device) if serves else (),
        "states": order_words.STATES,
        "tones": order_words.TONES,
        "op_words": order_words.op_words,
        "remark": order_words.remark,
        "diagnosis_words": order_words.diagnosis_words,
    }


def _subject(device: Device) -> Subject:
    return kiosk_at(KioskId(device.kiosk), ProvinceCode(device.province), FacilityCode(device.facility))


def _minutes() -> int:
    given = request.form.get("minutes", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= len(str(MINUTES_AT_MOST)) else 0


def _why(error: LossRefusedError) -> str:
    if error.why is losses.Why.NO_SUCH_KIOSK:
        abort(HTTPStatus.NOT_FOUND)
    return str(WHY_NOT[error.why])


def _back(who: KioskId) -> AnyResponse:
    return redirect(url_for("kiosk.overview", name=who), HTTPStatus.SEE_OTHER)
