# SPDX-License-Identifier: Apache-2.0
"""The page of one kiosk: its five facts, its books, and what can be done: name a helper, report it lost, confirm."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from fleet.alerts import book
from fleet.alerts.subjects import kiosk_at
from fleet.devices import help_calls, orders, rings, rollouts, self_tests
from fleet.devices.closeup import read_closeup
from fleet.devices.health import Condition
from fleet.devices.losses import Kind
from fleet.web import order_words, rollout_words
from fleet.web.alerts import said
from fleet.web.deeds import kiosks as deeds
from fleet.web.kiosk_words import KINDS, STANDINGS, facts_words
from fleet.web.reach import RefusedError, looking
from fleet.web.self_test_words import PROFILES, part_rows, step_rows
from fleet.web.supplies import now_ms
from wire.help_calls import MINUTES_AT_MOST
from wire.ids import FacilityCode, KioskId, ProvinceCode

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
    return _page(deeds.known(name))


@pages.post("/devices/<name>/helper")
def name_helper(name: str) -> AnyResponse:
    """Tell whoever waits there who comes, and when."""
    deeds.name_helper(deeds.known(name), request.form.get("helper", ""), _minutes())
    return _back(name)


@pages.post("/devices/<name>/loss")
def report_loss(name: str) -> AnyResponse:
    """Report that the kiosk is gone; another person has to confirm."""
    deeds.report_loss(deeds.known(name), request.form.get("kind", ""))
    return _back(name)


@pages.post("/devices/<name>/loss/confirm")
def confirm_loss(name: str) -> AnyResponse:
    """Confirm what another person reported: from now on nothing of the kiosk is believed."""
    deeds.confirm_loss(deeds.known(name), sure=request.form.get("sure") == "yes")
    return _back(name)


@pages.post("/devices/<name>/loss/withdraw")
def withdraw_loss(name: str) -> AnyResponse:
    """Take an open report back."""
    deeds.withdraw_loss(deeds.known(name))
    return _back(name)


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it on the kiosk's page."""
    return _page(deeds.known((request.view_args or {})["name"]), error.words)


def _page(who: KioskId, refused: str = "") -> Response:
    moment = now_ms()
    with looking() as (connection, scope):
        found = read_closeup(connection, who, moment, scope)
        if found is None:
            abort(HTTPStatus.NOT_FOUND)
        calls = help_calls.open_calls(connection, moment, scope, only=who)
        ordered = orders.latest(connection, who, moment, scope)
        takes = orders.takes_orders(connection, who)
        ring, rolled = rings.ring_of(connection, who), rollouts.last_of(connection, who, scope)
        self_test = self_tests.read_latest(connection, who)
        history = book.read_history(connection, _subject(found.device), scope, _HISTORY)
    shown = render_template(
        "kiosk.html",
        found=found,
        device=found.device,
        history=history,
        self_test=self_test,
        self_test_profile="" if self_test is None else PROFILES[self_test.report.profile],
        self_test_steps=() if self_test is None else step_rows(self_test.report),
        self_test_parts=() if self_test is None else part_rows(self_test.report),
        said=said,
        call=calls[0] if calls else None,
        refused=refused,
        now_ms=moment,
        kinds=tuple(Kind),
        facts=facts_words(found, moment),
        orders=_orders(found.device, ordered, takes=takes),
        ring=ring,
        rolled=rolled,
        rollout_words=rollout_words,
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


def _back(name: str) -> AnyResponse:
    return redirect(url_for("kiosk.overview", name=name), HTTPStatus.SEE_OTHER)
