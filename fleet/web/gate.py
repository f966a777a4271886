# SPDX-License-Identifier: Apache-2.0
"""Who gets in: every address needs a signed-in account with the right to it, unless it is in one of the lists below.

1. A program asks the API with a token, and no oftener than at its pace; a browser anything with its session's cookie.
2. Without either a page leads to the sign-in, and the API answers 401.
3. What changes something is sent from a page of this console: by its origin, and by a token that only its pages hold.
   The API changes something for a token that was made to act only: no cookie is looked at.
4. The account has the right that the address asks for; an address that asks for none is open to nobody.

Source: security design, section 6; OWASP ASVS 5.0, 3.3, 3.5, 7.4 and 8.2.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import g, request

from fleet.operators import api_tokens, sessions
from fleet.operators.accounts import Role
from fleet.store.scope import NATION
from fleet.store.session import reading, unit_of_work
from fleet.web.headers import OWN_NAMES, asked_name
from fleet.web.rights import RIGHTS
from fleet.web.supplies import engine, now_ms, paces, sign_in

if TYPE_CHECKING:
    from flask import Flask, Response

    from fleet.operators.accounts import Account
    from fleet.operators.api_tokens import Admission
    from fleet.operators.sessions import Session
    from fleet.store.scope import Scope
    from fleet.web.rights import Right

OPEN = frozenset(
    {
        "static",
        "api.healthz",
        "signing_in.form",
        "signing_in.enter",
        "at_provider.start",
        "at_provider.back",
        "at_provider.prove",
        "passkeys.form",
        "passkeys.enter",
    }
)
OPEN_ON_THIS_MACHINE = frozenset({"metrics.metrics"})  # Prometheus asks from here; no proxy may lead to it
_OF_NOBODY = frozenset({"static", "api.healthz"})  # asked so often that nobody is looked up
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_BEARER = "Bearer "
_LONGEST_ID = 64


class NotSignedInError(Exception):
    """The address needs an account, and whoever asks has not signed in."""


class ForgedError(Exception):
    """Something was to be changed, but not from a page of this console."""


class ReadsOnlyError(Exception):
    """Something was to be changed with a token that only reads."""


class NotAllowedError(Exception):
    """Whoever asks has signed in, and the account has not the right; `right` is what it lacks, None for all."""

    def __init__(self, right: Right | None) -> None:
        """Keep what would be needed."""
        self.right = right
        super().__init__(str(right))


def keep(app: Flask) -> None:
    """Let nobody past without an account; where the console was opened on purpose, everybody."""

    @app.before_request
    def _judge() -> None:
        if request.endpoint in _OF_NOBODY:
            return
        if sign_in() is not None:
            _recognise()
            if account() is None and not _is_open():
                raise NotSignedInError  # 2
            if request.routing_exception is None and _changes():
                _check_form() if admission() is None else _check_token()  # 3
        if request.endpoint is not None and not _is_open() and not may(request.endpoint):
            raise NotAllowedError(RIGHTS.get(request.endpoint))  # 4

    app.jinja_env.globals.update(signed_in=account, form_token=form_token, may=may, scope=scope)


def may(endpoint: str) -> bool:
    """Whether whoever asks has the right that an address asks for. An open console lets everybody look."""
    right, whose = RIGHTS.get(endpoint), account()
    if right is None:
        return False
    role, seen = (Role.VIEWER, NATION) if whose is None else (whose.role, whose.scope)
    let_in = admission()
    if let_in is not None and _changes():
        role = let_in.acting or Role.VIEWER
    return role.may(right.role) and seen.level.width >= right.width.width


def scope() -> Scope:
    """What whoever asks may see: the account's scope, and everything where the console was opened on purpose.

    Raises:
        NotSignedInError: there is no account.
    """
    whose = account()
    if whose is None and sign_in() is not None:
        raise NotSignedInError
    return NATION if whose is None else whose.scope


def account() -> Account | None:
    """Whose request this is, as it was recognised when it came in."""
    found: Account | None = g.get("account")
    return found


def admission() -> Admission | None:
    """What the token of this request lets in, if it came with one."""
    found: Admission | None = g.get("admission")
    return found


def session() -> Session | None:
    """The session that the request came in, if it came in one."""
    found: Session | None = g.get("session")
    return found


def form_token() -> str:
    """What the forms of this page bring along."""
    return sessions.form_token(browser_id())


def give_cookie(response: Response, value: str | None = None) -> None:
    """Let the browser keep a session's id; without one, the id by which its sign-in form is known."""
    settings = sign_in()
    if settings is None:
        return
    kept = value or browser_id()
    secure = settings.is_encrypted
    response.set_cookie(settings.cookie, kept, secure=secure, httponly=True, samesite="Lax", path="/")


def own_origin() -> str:
    """Where this console is found by browsers: only pages from there may change something."""
    settings = sign_in()
    return settings.origin if settings and settings.origin else f"http://{request.host}"


def browser_id() -> str:
    """The id in the browser's cookie, or a fresh one for the rest of this request."""
    settings = sign_in()
    sent = request.cookies.get(settings.cookie, "") if settings else ""
    if "browser_id" not in g:
        g.browser_id = sent if 0 < len(sent) <= _LONGEST_ID and sent.isascii() else sessions.new_id()
    return str(g.browser_id)


def _is_open() -> bool:
    return request.endpoint in OPEN or (request.endpoint in OPEN_ON_THIS_MACHINE and _is_this_machine())


def _is_this_machine() -> bool:
    try:
        return asked_name() in OWN_NAMES and ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _recognise() -> None:  # 1
    offered = request.headers.get("Authorization", "")
    if offered:
        if offered.startswith(_BEARER) and _is_api():
            _recognise_program(offered.removeprefix(_BEARER))
        return
    settings = sign_in()
    if settings is None or settings.cookie not in request.cookies or (_is_api() and _changes()):
        return
    moment = now_ms()
    with reading(engine()) as connection:
        found = sessions.find(connection, browser_id(), moment)
    if found is None:
        return
    g.account, g.session = found
    if sessions.is_to_be_written(g.session, moment):
        with unit_of_work(engine()) as connection:
            sessions.seen(connection, g.session, moment)


def _recognise_program(token: str) -> None:
    moment = now_ms()
    with reading(engine()) as connection:
        found = api_tokens.find(connection, token, moment)
    if found is not None:
        g.account, g.admission = found.account, found
        paces().take(found.number, moment)


def _is_api() -> bool:
    return request.path.startswith("/api/")


def _changes() -> bool:
    return request.method not in _READS


def _check_token() -> None:
    let_in = admission()
    if let_in is None or let_in.acting is None:
        raise ReadsOnlyError


def _check_form() -> None:
    from_here = request.headers.get("Origin") == own_origin()
    from_here = from_here and request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    given = request.form.get("token", "").encode()
    if not (from_here and hmac.compare_digest(given, form_token().encode())):
        raise ForgedError
