# SPDX-License-Identifier: Apache-2.0
"""The accounts of one's scope: who may what and where, and what takes it away or gives more of it.

Accounts, passwords and secrets are made on the controller's command line: whoever stole a session could make one here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field

from fleet.operators import oversight
from fleet.operators.oversight import NotDoneError
from fleet.web.deeds import accounts as deeds
from fleet.web.questions import Printed, described
from fleet.web.reach import RefusedError, looking
from fleet.web.refusals import asked
from fleet.web.rights import ROLES
from fleet.web.supplies import now_ms

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.operators.accounts import Account

pages = APIBlueprint("accounts", __name__, enable_openapi=False)
MOST = 100  # a page


class AccountsQuestion(BaseModel):
    """Which page: the accounts after a name. Other parameters are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    after: Annotated[
        Annotated[str, Field(max_length=32)] | None,
        Printed,
        described("Accounts after this name.", type="string", maxLength=32),
    ] = None


@pages.get("/accounts")
def overview() -> str:
    """Show them."""
    found, waiting = read(asked(AccountsQuestion))
    more = found[MOST - 1].name if len(found) > MOST else None
    return render_template("accounts.html", accounts=found[:MOST], waiting=waiting, more=more, roles=ROLES)


@pages.get("/accounts/<int:number>")
def one(number: int) -> Response:
    """Show one."""
    return _page(number)


@pages.post("/accounts/<int:number>/end")
def end(number: int) -> AnyResponse:
    """End its sessions and tokens."""
    deeds.end(number)
    return _to(number)


@pages.post("/accounts/<int:number>/disable")
def disable(number: int) -> AnyResponse:
    """Let it sign in no more."""
    deeds.disable(number)
    return _to(number)


@pages.post("/accounts/<int:number>/change")
def change(number: int) -> AnyResponse:
    """Give it another scope and role, at once or once somebody else approves."""
    deeds.change(number, request.form)
    return _to(number)


@pages.post("/accounts/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Put in force what somebody else has proposed."""
    deeds.approve(number, request.form)
    return _to(number)


@pages.post("/accounts/<int:number>/decline")
def decline(number: int) -> AnyResponse:
    """Take away what was proposed."""
    deeds.decline(number)
    return _to(number)


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it on the account's page."""
    return _page((request.view_args or {})["number"], error.words)


def read(question: AccountsQuestion) -> tuple[list[Account], set[int]]:
    """The accounts of the scope of whoever asks, one more than a page shows, and for which more is proposed."""
    with looking() as (connection, scope):
        found = oversight.read(connection, scope, question.after or "", MOST + 1)
        return found, oversight.proposed(connection, scope, now_ms())


def _to(number: int) -> AnyResponse:
    return redirect(url_for("accounts.one", number=number), HTTPStatus.SEE_OTHER)


def _page(number: int, refused: str = "") -> Response:
    moment = now_ms()
    try:
        with looking() as (connection, scope):
            found = oversight.look(connection, number, scope, moment)
    except NotDoneError:
        abort(HTTPStatus.NOT_FOUND)
    page = render_template(
        "account.html", found=found, refused=refused, now_ms=moment, roles=ROLES, here="accounts.one"
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)
