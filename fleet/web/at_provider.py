# SPDX-License-Identifier: Apache-2.0
"""To the provider and back: whoever it names signs in with the code of the app after it, or links the account there.

1. A browser is sent away with a ticket that only it can bring back, once (`fleet.operators.errands`).
2. Who comes back must be linked to an account; nobody else is let in, and no account is made.
3. The provider stands for the password; the code from the app is asked here all the same.
4. Whoever links must be signed in as who has begun it.

No token and no name of the provider's is kept or logged.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

import structlog
from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select

from fleet import audit
from fleet.operators import errands, identities
from fleet.operators.accounts import AccountRefusedError, of_row
from fleet.operators.errands import Errand, Purpose
from fleet.operators.provider import IdentityRefusedError, ProviderUnavailableError, Way
from fleet.operators.signing_in import Attempt, Refused, sign_in_after_provider
from fleet.store.operator_tables import operator
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.signing_in import asked_for, let_in
from fleet.web.supplies import engine, now_ms, sign_in
from fleet.web.wording import go_on_in

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.operators.accounts import Account
    from fleet.operators.identities import Identity
    from fleet.operators.one_time_codes import OperatorKey
    from fleet.operators.provider import Provider

log = structlog.get_logger(__name__)
pages = APIBlueprint("at_provider", __name__, enable_openapi=False)
_LONGEST_ANSWER = 2048  # letters of a code or a state that comes back
_BACK = "/sign-in/provider/return"  # as it is registered there, to the letter


class _Settings(NamedTuple):
    provider: Provider
    key: OperatorKey


@pages.get("/sign-in/provider")
def start() -> AnyResponse:
    """Send the browser to the provider to sign in there."""
    if gate.account() is not None:
        return redirect(asked_for() or url_for("coverage.start"))
    try:
        to = leave_for(Purpose.SIGN_IN, asked_for() or url_for("coverage.start"))
    except ProviderUnavailableError as error:
        return unreachable(error)
    response = Response(status=HTTPStatus.SEE_OTHER, headers={"Location": to})
    gate.give_cookie(response)
    return response


@pages.get(_BACK)
def back() -> AnyResponse:
    """Take the browser back, with whom the provider says it is."""
    settings = _settings()
    code, state = (request.args.get(name, "")[:_LONGEST_ANSWER] for name in ("code", "state"))
    purpose, errand = _begun_here(state)
    if errand is None:
        return _refused(gettext("This way in was not begun here, is over, or was used before"))
    go_on_in(errand.wanted)
    if not code or request.args.get("iss", settings.provider.client.issuer) != settings.provider.client.issuer:
        return _refused(gettext("%(provider)s did not let you in", provider=settings.provider.client.name))
    try:
        identity = settings.provider.identity(code, _way(state), now_ms() // 1000)
    except ProviderUnavailableError as error:
        return unreachable(error)
    except IdentityRefusedError as error:
        log.warning("provider_answer_refused", why=str(error))
        return _refused(
            gettext("What %(provider)s answered cannot be believed", provider=settings.provider.client.name)
        )
    return _linked(errand, identity) if purpose is Purpose.LINK else _recognised(errand, identity)


@pages.post("/sign-in/provider")
def prove() -> AnyResponse:
    """Let in whom the provider has named, with the code from the app."""
    settings, moment = _settings(), now_ms()
    with unit_of_work(engine()) as connection:
        ticket = request.form.get("ticket", "")[:_LONGEST_ANSWER]
        errand = errands.finish(connection, gate.browser_id(), Purpose.PROVE, ticket, moment)
    account = None if errand is None else _account(errand)
    if errand is None or account is None:
        return _refused(gettext("This way in was not begun here, is over, or was used before"))
    where = request.remote_addr or ""
    attempt = Attempt(account.name, "", "".join(request.form.get("code", "").split()), where)
    found = sign_in_after_provider(engine(), attempt, settings.key, moment)
    if isinstance(found, Refused):
        log.warning("sign_in_refused", address=where, wait_ms=found.wait_ms)
        return _ask_for_code(account, errand.wanted, found)
    return let_in(found, errand.wanted)


def leave_for(purpose: Purpose, wanted: str, account: Account | None = None) -> str:  # 1
    """Begin a way to the provider, at whose end a page is wanted; the address to go to.

    Raises:
        ProviderUnavailableError: the provider does not answer.
    """
    settings, moment = _settings(), now_ms()
    with unit_of_work(engine()) as connection:
        number = None if account is None else account.number
        state = errands.begin(connection, gate.browser_id(), purpose, moment, account=number, wanted=wanted)
    return settings.provider.address(_way(state), moment // 1000)


def unreachable(error: ProviderUnavailableError) -> Response:
    """Say that the provider cannot be asked, and how to get in all the same."""
    log.warning("provider_unavailable", why=str(error))
    name = _settings().provider.client.name
    return _say(
        HTTPStatus.BAD_GATEWAY,
        gettext("%(provider)s cannot be reached", provider=name),
        gettext("Try again in a minute, or sign in with name, password and code: that works without it."),
        gettext("Technician: look for provider_unavailable in the log of the console."),
    )


def _recognised(errand: Errand, identity: Identity) -> AnyResponse:  # 2
    settings = _settings()
    with reading(engine()) as connection:
        account = identities.find(connection, identity, settings.key)
    if account is None:
        log.warning("provider_identity_unknown")
        return _say(
            HTTPStatus.FORBIDDEN,
            gettext(
                "You are known to %(provider)s, and linked to no account here", provider=settings.provider.client.name
            ),
            gettext("Sign in with name, password and code, and link it under your name at the top of the page."),
            gettext("No account yet? Ask whoever runs the controller for one."),
        )
    return _ask_for_code(account, errand.wanted)


def _ask_for_code(account: Account, wanted: str, refused: Refused | None = None) -> Response:  # 3
    with unit_of_work(engine()) as connection:
        ticket = errands.begin(
            connection, gate.browser_id(), Purpose.PROVE, now_ms(), account=account.number, wanted=wanted
        )
    wait_s = -(-refused.wait_ms // 1000) if refused else 0
    status = HTTPStatus.OK if refused is None else HTTPStatus.TOO_MANY_REQUESTS if wait_s else HTTPStatus.FORBIDDEN
    page = render_template(
        "second_factor.html",
        ticket=ticket,
        whose=account.display,
        refused=refused is not None,
        wait_s=wait_s,
        here="signing_in.form",
    )
    response = make_response(page, status)
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    gate.give_cookie(response)
    return response


def _linked(errand: Errand, identity: Identity) -> AnyResponse:  # 4
    whose = gate.account()
    if whose is None or whose.number != errand.account:
        return _refused(gettext("This way in was not begun here, is over, or was used before"))
    moment = now_ms()
    try:
        with unit_of_work(engine()) as connection:
            identities.link(connection, whose, identity, _settings().key, moment)
            audit.record(
                connection, audit.Act.IDENTITY_LINKED, who=whose.name, subject=whose.name, at_ms=moment, detail={}
            )
    except AccountRefusedError:
        return _say(
            HTTPStatus.CONFLICT,
            gettext("Somebody else's account is linked to this already"),
            gettext("Ask whoever runs the controller: one person at the provider is one account here."),
        )
    return redirect(errand.wanted, HTTPStatus.SEE_OTHER)


def _begun_here(state: str) -> tuple[Purpose, Errand | None]:
    with unit_of_work(engine()) as connection:
        for purpose in (Purpose.LINK, Purpose.SIGN_IN):
            found = errands.finish(connection, gate.browser_id(), purpose, state, now_ms())
            if found is not None:
                return purpose, found
    return Purpose.SIGN_IN, None


def _account(errand: Errand) -> Account | None:
    with reading(engine()) as connection:
        row = connection.execute(select(operator).where(operator.c.id == errand.account)).first()
    return None if row is None else of_row(row)


def _way(state: str) -> Way:
    browser = gate.browser_id()
    nonce, verifier = (errands.derived(browser, state, what) for what in ("nonce", "verifier"))
    return Way(gate.own_origin() + _BACK, state, nonce, verifier)


def _settings() -> _Settings:
    settings = sign_in()
    if settings is None or settings.provider is None:
        abort(HTTPStatus.NOT_FOUND)
    return _Settings(settings.provider, settings.key)


def _refused(title: str) -> Response:
    return _say(HTTPStatus.FORBIDDEN, title, gettext("Start again from the sign-in, or use name, password and code."))


def _say(status: HTTPStatus, title: str, *lines: str) -> Response:
    return make_response(render_template("refused.html", title=title, lines=lines, status=int(status)), status)
