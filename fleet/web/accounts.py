# SPDX-License-Identifier: Apache-2.0
"""The accounts of one's scope: who may what and where, and what takes it away or gives more of it.

Accounts, passwords and secrets are made on the controller's command line: whoever stole a session could make one here.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from apiflask import APIBlueprint
from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask_babel import lazy_gettext
from pydantic import BaseModel, ConfigDict, Field

from fleet import audit
from fleet.operators import oversight
from fleet.operators.accounts import Role
from fleet.operators.oversight import NotDoneError, Overseer, Why
from fleet.store.scope import Scope, ScopeRefusedError
from fleet.web.questions import Printed, described
from fleet.web.reach import acting, looking
from fleet.web.refusals import asked
from fleet.web.rights import ROLES
from fleet.web.supplies import now_ms

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.operators.accounts import Account
    from fleet.web.reach import Deed

pages = APIBlueprint("accounts", __name__, enable_openapi=False)
MOST = 100  # a page
_LONGEST = 32  # letters of a scope or a role
_WHY_NOT = {
    Why.OWN: lazy_gettext("This is your own account: somebody else has to do that."),
    Why.BEYOND: lazy_gettext("That reaches beyond what your own account may see."),
    Why.DISABLED: lazy_gettext(
        "The account is disabled. It is opened again on the controller: dipchip-fleet account reset."
    ),
    Why.NOT_PROPOSED: lazy_gettext("This is not proposed, or something else is by now. Look at it again."),
    Why.SECOND_PERSON: lazy_gettext("You have proposed it yourself: another person has to approve it."),
    Why.SAME: lazy_gettext("The account has that scope and role already."),
}
_NO_SCOPE = lazy_gettext("Write the scope as nation, region:8, province:41 or facility:41/10670, and choose a role.")


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
    try:
        with acting() as deed:
            account, n = oversight.end(deed.connection, number, _by(deed))
            if n:
                deed.record(audit.Act.SESSIONS_ENDED, account.name, {"n": n})
    except NotDoneError as error:
        return _refused(number, error)
    return _done(number)


@pages.post("/accounts/<int:number>/disable")
def disable(number: int) -> AnyResponse:
    """Let it sign in no more."""
    try:
        with acting() as deed:
            account = oversight.disable(deed.connection, number, _by(deed))
            if account.disabled_ms is None:
                deed.record(audit.Act.ACCOUNT_DISABLED, account.name)
    except NotDoneError as error:
        return _refused(number, error)
    return _done(number)


@pages.post("/accounts/<int:number>/change")
def change(number: int) -> AnyResponse:
    """Give it another scope and role, at once or once somebody else approves."""
    said = {name: request.form.get(name, "").strip()[:_LONGEST] for name in ("scope", "role")}
    try:
        scope, role = Scope.parse(said["scope"]), Role(said["role"])
    except (ScopeRefusedError, ValueError):
        return _page(number, str(_NO_SCOPE))
    told: audit.Detail = {"role": str(role), "scope": str(scope)}
    try:
        with acting() as deed:
            account, in_force = oversight.change(deed.connection, number, scope, role, _by(deed))
            deed.record(audit.Act.ACCOUNT_CHANGED if in_force else audit.Act.RIGHTS_PROPOSED, account.name, told)
    except NotDoneError as error:
        return _refused(number, error)
    return _done(number)


@pages.post("/accounts/<int:number>/approve")
def approve(number: int) -> AnyResponse:
    """Put in force what somebody else has proposed."""
    seen = (request.form.get("scope", ""), request.form.get("role", ""))
    try:
        with acting() as deed:
            account, given = oversight.approve(deed.connection, number, seen, _by(deed))
            told: audit.Detail = {"role": str(given.role), "scope": str(given.scope), "proposed_by": given.by}
            deed.record(audit.Act.ACCOUNT_CHANGED, account.name, told)
    except NotDoneError as error:
        return _refused(number, error)
    return _done(number)


@pages.post("/accounts/<int:number>/decline")
def decline(number: int) -> AnyResponse:
    """Take away what was proposed."""
    try:
        with acting() as deed:
            account = oversight.decline(deed.connection, number, _by(deed))
            deed.record(audit.Act.RIGHTS_DECLINED, account.name)
    except NotDoneError as error:
        return _refused(number, error)
    return _done(number)


def read(question: AccountsQuestion) -> tuple[list[Account], set[int]]:
    """The accounts of the scope of whoever asks, one more than a page shows, and for which more is proposed."""
    with looking() as (connection, scope):
        found = oversight.read(connection, scope, question.after or "", MOST + 1)
        return found, oversight.proposed(connection, scope, now_ms())


def _by(deed: Deed) -> Overseer:
    return Overseer(deed.who, deed.scope, deed.at_ms)


def _done(number: int) -> AnyResponse:
    return redirect(url_for("accounts.one", number=number), HTTPStatus.SEE_OTHER)


def _refused(number: int, error: NotDoneError) -> Response:
    if error.why is Why.NOT_THERE:
        abort(HTTPStatus.NOT_FOUND)
    return _page(number, str(_WHY_NOT[error.why]))


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
