# SPDX-License-Identifier: Apache-2.0
"""The accounts of one's scope as JSON."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict

from fleet.operators.accounts import Role
from fleet.web.accounts import MOST, AccountsQuestion, read
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
