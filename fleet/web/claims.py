# SPDX-License-Identifier: Apache-2.0
"""The page of kiosks that are to come: claims of the last day, and a form for a new one, whose code is shown once."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import segno
from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from markupsafe import Markup

from fleet.devices import claims
from fleet.devices.claims import Standing
from fleet.store.scope import Level, Scope
from fleet.web import gate
from fleet.web.deeds import claims as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now_ms
from fleet.web.wording import in_reading_order, province_name
from wire import words
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug import Response as AnyResponse

    from fleet.devices.claims import Entry
    from fleet.web.deeds.claims import Told

pages = APIBlueprint("claims", __name__, enable_openapi=False)
STANDINGS = {
    Standing.OPEN: lazy_gettext("waits for the kiosk"),
    Standing.TAKEN: lazy_gettext("the kiosk has come"),
    Standing.EXPIRED: lazy_gettext("expired"),
    Standing.WITHDRAWN: lazy_gettext("taken back"),
}
_PROFILES = {Profile.TEST: lazy_gettext("test, counted apart"), Profile.LIVE: lazy_gettext("live, counted")}
_TONES = {Standing.OPEN: "needs_care", Standing.TAKEN: "ok"}


@pages.get("/claims")
def overview() -> Response:
    """Show how claims stand, and the form."""
    return _page()


@pages.post("/claims")
def make() -> Response:
    """Make one, and show its code this once."""
    return _page(told=deeds.make(request.form))


@pages.post("/claims/<name>/withdraw")
def withdraw(name: str) -> AnyResponse:
    """End one that is open."""
    deeds.withdraw(name)
    return redirect(url_for("claims.overview"), HTTPStatus.SEE_OTHER)


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the form, which keeps what was typed."""
    return _page(error.words, request.form)


def read_claims() -> tuple[int, list[Entry]]:
    """The moment, and the claims of the last day in the scope, the newest first."""
    moment = now_ms()
    with looking() as (connection, scope):
        return moment, claims.read_recent(connection, moment, scope)


def words_of(entry: Entry) -> tuple[str, str] | None:
    """What stands for the keys that came, in Thai and English: the kiosk's screen shows the same."""
    return None if entry.fingerprint is None else (words.thai(entry.fingerprint), words.english(entry.fingerprint))


def _page(refused: str = "", typed: Mapping[str, str] | None = None, told: Told | None = None) -> Response:
    moment, found = read_claims()
    scope = gate.scope()
    page = render_template(
        "claims.html",
        claims=[(each, each.standing(moment)) for each in found],
        told=told,
        qr=None if told is None else Markup(segno.make(told.qr).svg_inline(scale=6, border=4, light="#fff")),  # noqa: S704 - drawn here, of letters and digits
        words_of=words_of,
        where=lambda entry: Scope(Level.FACILITY, province=entry.province, facility=entry.facility),
        standings=STANDINGS,
        tones=_TONES,
        profiles=_PROFILES,
        provinces=sorted(scope.provinces, key=lambda code: in_reading_order(province_name(code))),
        refused=refused,
        typed=typed or {},
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)
