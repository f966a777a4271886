# SPDX-License-Identifier: Apache-2.0
"""The accounts of one's scope as JSON, and what a program may do to them."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict

from fleet.operators.accounts import Role
from fleet.web.accounts import MOST, AccountsQuestion, read
from fleet.web.bodies import Body, Choice, Text
from fleet.web.deeds import accounts as deeds
from fleet.web.iso import at

pages = APIBlueprint("api_accounts", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AccountAnswer(_Answer):
    """One account; `more_proposed` where somebody has proposed more rights for it."""

    number: int
    name: str
    display: str
    scope: str
    role: Role
    made_at: str
    disabled: bool
    more_proposed: bool


class AccountsAnswer(_Answer):
    """Accounts by name; ask again with `after` = `next` until it is null."""

    accounts: list[AccountAnswer]
    next: str | None


class RightsBody(Body):
    """A scope, as `province:41`, and a role; of an approval those that were seen."""

    scope: Text
    role: Choice[Role]


@pages.get("/api/v1/accounts")
@pages.input(AccountsQuestion, location="query", arg_name="question")
@pages.output(AccountsAnswer)
def overview(question: AccountsQuestion) -> AccountsAnswer:
    """The accounts within the account's scope, a hundred at a time."""
    found, waiting = read(question)
    accounts = [
        AccountAnswer(
            number=each.number,
            name=each.name,
            display=each.display,
            scope=str(each.scope),
            role=each.role,
            made_at=at(each.made_ms),
            disabled=each.disabled_ms is not None,
            more_proposed=each.number in waiting,
        )
        for each in found[:MOST]
    ]
    return AccountsAnswer(accounts=accounts, next=accounts[-1].name if len(found) > MOST else None)


@pages.post("/api/v1/accounts/<int:number>/end")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def end(number: int) -> str:
    """End an account's sessions and tokens."""
    deeds.end(number)
    return ""


@pages.post("/api/v1/accounts/<int:number>/disable")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def disable(number: int) -> str:
    """Let an account sign in no more."""
    deeds.disable(number)
    return ""


@pages.post("/api/v1/accounts/<int:number>/change")
@pages.input(RightsBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def change(number: int, body: RightsBody) -> str:
    """Give an account another scope and role, at once or once somebody else approves."""
    deeds.change(number, body.typed())
    return ""


@pages.post("/api/v1/accounts/<int:number>/approve")
@pages.input(RightsBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def approve(number: int, body: RightsBody) -> str:
    """Put in force what somebody else has proposed."""
    deeds.approve(number, body.typed())
    return ""


@pages.post("/api/v1/accounts/<int:number>/decline")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def decline(number: int) -> str:
    """Take away what was proposed."""
    deeds.decline(number)
    return ""
