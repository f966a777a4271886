# SPDX-License-Identifier: Apache-2.0
"""The pages by which one signs in and out, and sees and ends one's sessions.

No answer tells whether an account exists.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import structlog
from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from fleet import audit
from fleet.operators import sessions
from fleet.operators.accounts import is_name
from fleet.operators.signing_in import Attempt, Refused
from fleet.operators.signing_in import sign_in as try_to_sign_in
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.supplies import engine, now_ms, sign_in

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from werkzeug import Response as AnyResponse

    from fleet.operators.accounts import Account

log = structlog.get_logger(__name__)
pages = APIBlueprint("signing_in", __name__, enable_openapi=False)

_INSIDE = re.compile(r"/(?!/)[A-Za-z0-9/._-]*(\?[A-Za-z0-9=&._-]*)?")  # a page of ours, and no other place


@pages.get("/sign-in")
def form() -> AnyResponse:
    """Show the form; whoever has signed in goes on."""
    if gate.account() is not None:
        return redirect(_wanted())
    return _form(HTTPStatus.OK)


@pages.post("/sign-in")
def enter() -> AnyResponse:
    """Try to sign in: a new session in place of whatever the browser had, or the form again."""
    settings = sign_in()
    if settings is None:
        abort(HTTPStatus.NOT_FOUND)
    typed = {name: request.form.get(name, "") for name in ("name", "password", "code")}
    where = request.remote_addr or ""
    attempt = Attempt(typed["name"].strip(), typed["password"], "".join(typed["code"].split()), where)
    found = try_to_sign_in(engine(), attempt, settings.key, now_ms())
    if isinstance(found, Refused):
        log.warning("sign_in_refused", address=where, wait_ms=found.wait_ms)
        status = HTTPStatus.TOO_MANY_REQUESTS if found.wait_ms else HTTPStatus.FORBIDDEN
        return _form(status, attempt.name if is_name(attempt.name) else "", -(-found.wait_ms // 1000))
    return let_in(found, _wanted())


@pages.post("/sign-out")
def leave() -> AnyResponse:
    """End this session."""
    _end_the_old_one()
    response = redirect(url_for("signing_in.form"), HTTPStatus.SEE_OTHER)
    gate.give_cookie(_ours(response), sessions.new_id())
    return response


@pages.get("/sessions")
def overview() -> str:
    """Show where the account is signed in."""
    moment = now_ms()
    with reading(engine()) as connection:
        found = sessions.read_all(connection, _whose(), moment)
    return render_template("sessions.html", sessions=found, this=gate.session(), now_ms=moment)


@pages.post("/sessions/<int:number>/end")
def end(number: int) -> AnyResponse:
    """End one of the account's own sessions."""
    with unit_of_work(engine()) as connection:
        if sessions.end(connection, _whose(), number):
            _record(connection, audit.Act.SESSIONS_ENDED, _whose(), {"sessions": 1})
    return redirect(url_for("signing_in.overview"), HTTPStatus.SEE_OTHER)


def let_in(session: str, to: str) -> AnyResponse:
    """Give the browser its new session in place of whatever it had, and go on."""
    _end_the_old_one()
    response = redirect(to or url_for("coverage.start"), HTTPStatus.SEE_OTHER)
    gate.give_cookie(_ours(response), session)
    return response


def asked_for() -> str:
    """The page that was wanted before the sign-in; "" where none of this console was named."""
    asked = request.values.get("to", "")
    return asked if _INSIDE.fullmatch(asked) else ""


def _form(status: HTTPStatus, name: str = "", wait_s: int = 0) -> Response:
    settings = sign_in()
    words: dict[str, object] = {"refused": status is not HTTPStatus.OK, "name": name, "wait_s": wait_s}
    encrypted = settings is not None and settings.is_encrypted
    provider = settings.provider.client.name if settings and settings.provider else ""
    words |= {"to": asked_for(), "encrypted": encrypted, "provider": provider}
    response = make_response(render_template("sign_in.html", **words), status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    gate.give_cookie(response)
    return response


def _wanted() -> str:
    return asked_for() or url_for("coverage.start")


def _end_the_old_one() -> None:
    old, whose = gate.session(), gate.account()
    if old is None or whose is None:
        return
    with unit_of_work(engine()) as connection:
        if sessions.end(connection, whose, old.number):
            _record(connection, audit.Act.SIGNED_OUT, whose, {})


def _whose() -> Account:
    found = gate.account()
    if found is None:
        raise gate.NotSignedInError
    return found


def _ours(response: AnyResponse) -> Response:
    if not isinstance(response, Response):
        message = "Flask makes its own responses"
        raise TypeError(message)
    return response


def _record(connection: Connection, act: audit.Act, whose: Account, detail: audit.Detail) -> None:
    audit.record(connection, act, who=whose.name, subject=whose.name, at_ms=now_ms(), detail=detail)
