# SPDX-License-Identifier: Apache-2.0
"""By what an account signs in beside name, password and code: its owner links the provider, and sees the passkeys.

What would outlast a stolen session asks for password and code once more.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for

from fleet import audit
from fleet.operators import identities, passkeys
from fleet.operators.errands import Purpose
from fleet.operators.provider import ProviderUnavailableError
from fleet.operators.signing_in import Attempt, Refused, confirm
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.at_provider import leave_for, unreachable
from fleet.web.supplies import engine, now_ms, sign_in

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.operators.accounts import Account

pages = APIBlueprint("ways", __name__, enable_openapi=False)


@pages.get("/sign-in/ways")
def overview() -> Response:
    """Show by what the account signs in."""
    return overview_of()


@pages.post("/sign-in/ways/provider")
def link() -> Response:
    """Begin to link the account to whoever its owner is at the provider."""
    settings = sign_in()
    if settings is None or settings.provider is None:
        abort(HTTPStatus.NOT_FOUND)
    refused = confirmed()
    if refused is not None:
        return overview_of(refused)
    try:
        to = leave_for(Purpose.LINK, url_for("ways.overview"), owner())
    except ProviderUnavailableError as error:
        return unreachable(error)
    name = settings.provider.client.name
    return make_response(render_template("leaving.html", to=to, provider=name, here="ways.overview"))


@pages.post("/sign-in/ways/provider/end")
def unlink() -> AnyResponse:
    """End the link."""
    whose, moment = owner(), now_ms()
    with unit_of_work(engine()) as connection:
        if identities.unlink(connection, whose):
            audit.record(connection, audit.Act.IDENTITY_UNLINKED, who=whose.name, subject=whose.name, at_ms=moment)
    return redirect(url_for("ways.overview"), HTTPStatus.SEE_OTHER)


def owner() -> Account:
    """Whose ways these are: of whoever asks."""
    found = gate.account()
    if found is None:
        raise gate.NotSignedInError
    return found


def confirmed() -> Refused | None:
    """Let the owner show password and code once more, as the form brings them."""
    settings = sign_in()
    if settings is None:
        raise gate.NotSignedInError
    said = request.form
    attempt = Attempt(
        owner().name, said.get("password", ""), "".join(said.get("code", "").split()), request.remote_addr or ""
    )
    return confirm(engine(), attempt, settings.key, now_ms())


def overview_of(refused: Refused | None = None) -> Response:
    """Show them, with why what was asked for was not done."""
    settings = sign_in()
    with reading(engine()) as connection:
        linked = identities.read(connection, owner())
        own = passkeys.read_all(connection, owner())
    wait_s = -(-refused.wait_ms // 1000) if refused else 0
    provider = settings.provider.client.name if settings and settings.provider else ""
    page = render_template(
        "ways.html",
        linked=linked,
        passkeys=own,
        provider=provider,
        refused=refused is not None,
        wait_s=wait_s,
        here="ways.overview",
    )
    status = HTTPStatus.OK if refused is None else HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.FORBIDDEN
    response = make_response(page, status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response
