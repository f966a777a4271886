# SPDX-License-Identifier: Apache-2.0
"""The page of who is told of alarms, and when nobody is: subscriptions, maintenance and opening hours."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext

from fleet.alerts import schedule, subscribers
from fleet.alerts.rules import Severity
from fleet.alerts.subscribers import ChannelKind
from fleet.store.hours import DAYS
from fleet.store.scope import Level
from fleet.web import gate
from fleet.web.alerts import urgency
from fleet.web.deeds import telling as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now_ms
from fleet.web.wording import in_reading_order, province_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.alerts.subscribers import Sent, Subscription
    from fleet.alerts.windows import Window
    from fleet.store.hours import Hours
    from fleet.store.scope import Scope

pages = APIBlueprint("telling", __name__, enable_openapi=False)
CHANNELS = {
    ChannelKind.MAIL: lazy_gettext("mail"),
    ChannelKind.LINE: lazy_gettext("LINE"),
    ChannelKind.WEBHOOK: lazy_gettext("webhook"),
}
_DAYS = {
    "mon": lazy_gettext("Mon"),
    "tue": lazy_gettext("Tue"),
    "wed": lazy_gettext("Wed"),
    "thu": lazy_gettext("Thu"),
    "fri": lazy_gettext("Fri"),
    "sat": lazy_gettext("Sat"),
    "sun": lazy_gettext("Sun"),
}


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told in a scope, with what became of the latest letter, and when nobody is."""

    at_ms: int
    scope: Scope
    subscriptions: tuple[Subscription, ...]
    letters: Mapping[int, Sent]
    windows: tuple[Window, ...]
    hours: Mapping[Scope, Hours]


@pages.get("/alerts/telling")
def overview() -> Response:
    """Show them, and the forms for new ones."""
    return _page()


@pages.post("/alerts/subscriptions")
def subscribe() -> AnyResponse:
    """Tell an address from now on."""
    deeds.subscribe(request.form)
    return _back("told")


@pages.post("/alerts/subscriptions/<int:number>/end")
def unsubscribe(number: int) -> AnyResponse:
    """Tell an address no longer, and erase it."""
    deeds.unsubscribe(number)
    return _back("told")


@pages.post("/alerts/windows")
def add_window() -> AnyResponse:
    """Tell nobody for a while."""
    deeds.add_window(request.form)
    return _back("windows")


@pages.post("/alerts/windows/<int:number>/end")
def end_window(number: int) -> AnyResponse:
    """End a window before its time."""
    deeds.end_window(number)
    return _back("windows")


@pages.post("/alerts/hours")
def set_hours() -> AnyResponse:
    """Say when a facility is open."""
    deeds.set_hours(request.form.to_dict() | {"days": ",".join(request.form.getlist("days"))})
    return _back("hours")


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the forms, which keep what was typed."""
    return _page(error.words, request.form)


def read_telling() -> Telling:
    """Read what lies in the scope of whoever asks; the page and the JSON share it."""
    moment = now_ms()
    with looking() as (connection, scope):
        return Telling(
            at_ms=moment,
            scope=scope,
            subscriptions=tuple(subscribers.read(connection, scope)),
            letters=subscribers.latest_letters(connection, scope),
            windows=tuple(schedule.read_windows(connection, scope, moment)),
            hours=schedule.read_hours(connection, scope),
        )


def _page(refused: str = "", typed: Mapping[str, str] | None = None) -> Response:
    scope = gate.scope()
    page = render_template(
        "telling.html",
        found=read_telling(),
        provinces=sorted(scope.provinces, key=lambda code: in_reading_order(province_name(code))),
        wide=scope if scope.level in (Level.NATION, Level.REGION) else None,
        channels=CHANNELS,
        offered=deeds.CHANNELS,
        severities=tuple(Severity),
        urgency=urgency,
        days=_DAYS,
        days_of=lambda hours: [str(_DAYS[DAYS[each]]) for each in sorted(hours.days)],
        refused=refused,
        typed=typed or {},
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _back(section: str) -> AnyResponse:
    return redirect(url_for("telling.overview", _anchor=section), HTTPStatus.SEE_OTHER)
