# SPDX-License-Identifier: Apache-2.0
"""The pages of passkeys: signing in with one, and adding and removing one's own.

The script that asks the device is the only one of the console; whoever runs none signs in with name, password and code.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from fleet import audit
from fleet.operators import errands, passkeys
from fleet.operators.accounts import AccountRefusedError
from fleet.operators.errands import Purpose
from fleet.operators.passkeys import Ceremony
from fleet.store.session import unit_of_work
from fleet.web import gate
from fleet.web.signing_in import asked_for, let_in
from fleet.web.supplies import engine, now_ms, sign_in
from fleet.web.ways import confirmed, overview_of, owner

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

log = structlog.get_logger(__name__)
pages = APIBlueprint("passkeys", __name__, enable_openapi=False)


@pages.get("/sign-in/passkey")
def form() -> AnyResponse:
    """Let the device be asked."""
    if gate.account() is not None:
        return redirect(asked_for() or url_for("coverage.start"))
    return _form(asked_for())


@pages.post("/sign-in/passkey")
def enter() -> AnyResponse:
    """Sign in with what the device answered."""
    where, moment = request.remote_addr or "", now_ms()
    ticket = request.form.get("ticket", "")
    with unit_of_work(engine()) as connection:
        errand = errands.finish(connection, gate.browser_id(), Purpose.PASSKEY, ticket, moment)
    found = None
    if errand is not None:
        found = passkeys.sign_in(engine(), request.form.get("answer", ""), _ceremony(ticket), where, moment)
    if errand is None or found is None:
        log.warning("sign_in_refused", address=where, wait_ms=0)
        return _form("" if errand is None else errand.wanted, HTTPStatus.FORBIDDEN)
    return let_in(found, errand.wanted)


@pages.post("/sign-in/ways/passkeys")
def begin() -> Response:
    """Begin to add one, with password and code."""
    settings, moment = sign_in(), now_ms()
    if settings is None:
        abort(HTTPStatus.NOT_FOUND)
    refused = confirmed()
    if refused is not None:
        return overview_of(refused)
    with unit_of_work(engine()) as connection:
        whose = owner()
        ticket = errands.begin(connection, gate.browser_id(), Purpose.ADD_PASSKEY, moment, account=whose.number)
        options = passkeys.wanted_new(connection, whose, settings.key, _ceremony(ticket))
    page = render_template("passkey_new.html", ticket=ticket, options=options, here="ways.overview")
    return make_response(page)


@pages.post("/sign-in/ways/passkeys/add")
def add() -> AnyResponse:
    """Keep what the device made."""
    said, whose, moment = request.form, owner(), now_ms()
    ticket = said.get("ticket", "")
    with unit_of_work(engine()) as connection:
        errand = errands.finish(connection, gate.browser_id(), Purpose.ADD_PASSKEY, ticket, moment)
    if errand is None or errand.account != whose.number:
        return _not_added()
    try:
        with unit_of_work(engine()) as connection:
            passkeys.add(connection, whose, said.get("name", ""), said.get("answer", ""), _ceremony(ticket), moment)
            audit.record(connection, audit.Act.PASSKEY_ADDED, who=whose.name, subject=whose.name, at_ms=moment)
    except AccountRefusedError:
        return _not_added()
    return redirect(url_for("ways.overview"), HTTPStatus.SEE_OTHER)


@pages.post("/sign-in/ways/passkeys/<int:number>/end")
def end(number: int) -> AnyResponse:
    """Remove one's own."""
    whose, moment = owner(), now_ms()
    with unit_of_work(engine()) as connection:
        if passkeys.end(connection, whose, number):
            audit.record(connection, audit.Act.PASSKEY_ENDED, who=whose.name, subject=whose.name, at_ms=moment)
    return redirect(url_for("ways.overview"), HTTPStatus.SEE_OTHER)


def _form(to: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    with unit_of_work(engine()) as connection:
        ticket = errands.begin(connection, gate.browser_id(), Purpose.PASSKEY, now_ms(), wanted=to)
    options = passkeys.wanted_known(_ceremony(ticket))
    page = render_template(
        "passkey.html", ticket=ticket, options=options, refused=status is not HTTPStatus.OK, here="signing_in.form"
    )
    response = make_response(page, status)
    gate.give_cookie(response)
    return response


def _not_added() -> Response:
    title = gettext("The passkey was not added")
    line = gettext("Begin again under Ways to sign in. An account has ten at most, each with a name.")
    page = render_template("refused.html", title=title, lines=[line], status=int(HTTPStatus.CONFLICT))
    return make_response(page, HTTPStatus.CONFLICT)


def _ceremony(ticket: str) -> Ceremony:
    return Ceremony(gate.own_origin(), ticket)
