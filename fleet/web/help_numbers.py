# SPDX-License-Identifier: Apache-2.0
"""What kiosks tell people to call: proposed by one person here, approved by another, taken back by anybody who acts."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from fleet import audit
from fleet.announcements import numbers
from fleet.announcements.numbers import Wanted
from fleet.announcements.rules import AnnouncementRefusedError, Stage, Why
from fleet.store.scope import NATION, Level, Scope, ScopeRefusedError
from fleet.web import announcements, gate
from fleet.web.reach import acting, looking
from fleet.web.wording import in_reading_order, province_name
from wire.errors import WireError
from wire.phones import CENTRAL, help_number, written

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.announcements.numbers import Entry
    from wire.phones import HelpNumber

pages = APIBlueprint("help_numbers", __name__, enable_openapi=False)

WHY = announcements.WHY | {
    Why.UNKNOWN: lazy_gettext("There is no such number."),
    Why.NO_PLACE: lazy_gettext("Say where: one of the places offered, or a facility at which a kiosk stands."),
    Why.PHONE: lazy_gettext(
        "Give a Thai number: nine digits, ten for a mobile phone, a short one, or a free one from 1800. No 1900."
    ),
}


@pages.get("/help-numbers")
def overview() -> Response:
    """Show every number that stands or waits in the scope, and the form for a new one."""
    return _page()


@pages.post("/help-numbers")
def propose() -> AnyResponse:
    """Write a proposal down."""
    typed = request.form.to_dict()
    try:
        with acting() as deed:
            wanted = Wanted(_digits(typed), _where(typed, deed.scope), deed.who)
            number = numbers.propose(deed.connection, wanted, deed.at_ms, deed.scope)
            deed.record(
                audit.Act.HELP_NUMBER_PROPOSED, str(number), {"digits": wanted.digits, "for": str(wanted.where)}
            )
    except AnnouncementRefusedError as error:
        return _page(refused=str(WHY[error.why]), typed=typed)
    return _back()


@pages.post("/help-numbers/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Approve what another person has proposed."""
    try:
        with acting() as deed:
            numbers.approve(deed.connection, number, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.HELP_NUMBER_APPROVED, str(number))
    except AnnouncementRefusedError as error:
        return _refused(error)
    return _back()


@pages.post("/help-numbers/<int:number>/withdraw")
def withdraw(number: int) -> AnyResponse:
    """Take one back."""
    try:
        with acting() as deed:
            numbers.withdraw(deed.connection, number, deed.who, deed.at_ms, deed.scope)
            deed.record(audit.Act.HELP_NUMBER_WITHDRAWN, str(number))
    except AnnouncementRefusedError as error:
        return _refused(error)
    return _back()


def entries_seen() -> list[Entry]:
    """Read what stands for kiosks of the scope, the newest first; the page and the JSON share it."""
    with looking() as (connection, scope):
        return numbers.read_all(connection, scope)[::-1]


def _page(refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    scope, found = gate.scope(), entries_seen()
    page = render_template(
        "help_numbers.html",
        standing=[each for each in found if each.stage is not Stage.WITHDRAWN],
        past=[each for each in found if each.stage is Stage.WITHDRAWN],
        provinces=sorted(scope.provinces, key=lambda code: in_reading_order(province_name(code))),
        is_nation=scope.level is Level.NATION,
        stages=announcements.STAGES,
        refused=refused,
        typed=typed or {},
        written=written,
        central=CENTRAL,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _digits(typed: Mapping[str, str]) -> HelpNumber:
    try:
        return help_number(typed.get("digits", ""))
    except WireError as error:
        raise AnnouncementRefusedError(Why.PHONE, str(error)) from error


def _where(typed: Mapping[str, str], scope: Scope) -> Scope:
    """The place of the form; whoever belongs to one facility need not say so."""
    if scope.level is Level.FACILITY:
        return scope
    province, facility = typed.get("province", ""), typed.get("facility", "").strip()
    if province == Level.NATION and not facility:
        return NATION
    try:
        return Scope.parse(f"facility:{province}/{facility}" if facility else f"province:{province}")
    except ScopeRefusedError as error:
        raise AnnouncementRefusedError(Why.NO_PLACE, "no such place") from error


def _refused(error: AnnouncementRefusedError) -> Response:
    if error.why is Why.UNKNOWN:
        abort(HTTPStatus.NOT_FOUND)
    return _page(refused=str(WHY[error.why]))


def _back() -> AnyResponse:
    return redirect(url_for("help_numbers.overview"), HTTPStatus.SEE_OTHER)
