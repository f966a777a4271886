# SPDX-License-Identifier: Apache-2.0
"""Help numbers as JSON: what stands and waits, and what a program may do about it."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict

from fleet.announcements.rules import Stage
from fleet.web.bodies import Body, MadeAnswer, Text
from fleet.web.deeds import help_numbers as deeds
from fleet.web.help_numbers import entries_seen

pages = APIBlueprint("api_help_numbers", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class HelpNumberAnswer(_Answer):
    """A number that kiosks tell people to call; `where` is written as an account's scope."""

    number: int
    digits: str
    where: str
    stage: Stage
    proposed_by: str
    approved_by: str | None
    withdrawn_by: str | None


class HelpNumbersAnswer(_Answer):
    """All that stand, stood or wait for kiosks of the account's scope."""

    help_numbers: list[HelpNumberAnswer]


class HelpNumberBody(Body):
    """A number to call: for `nation`, for a province by its two digits, or for a facility in it by its five."""

    digits: Text
    province: Text | None = None
    facility: Text | None = None


@pages.get("/api/v1/help-numbers")
@pages.output(HelpNumbersAnswer)
def overview() -> HelpNumbersAnswer:
    """What kiosks of the account's scope tell people to call, the newest first."""
    return HelpNumbersAnswer(
        help_numbers=[
            HelpNumberAnswer(
                number=each.number,
                digits=each.digits,
                where=str(each.where),
                stage=each.stage,
                proposed_by=each.proposed_by,
                approved_by=each.approved_by,
                withdrawn_by=each.withdrawn_by,
            )
            for each in entries_seen()
        ]
    )


@pages.post("/api/v1/help-numbers")
@pages.input(HelpNumberBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def propose(body: HelpNumberBody) -> MadeAnswer:
    """Propose a number; kiosks tell it once another person has approved it."""
    return MadeAnswer(number=deeds.propose(body.typed()))


@pages.post("/api/v1/help-numbers/<int:number>/approve")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def approve(number: int) -> str:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return ""


@pages.post("/api/v1/help-numbers/<int:number>/withdraw")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def withdraw(number: int) -> str:
    """Take one back."""
    deeds.withdraw(number)
    return ""
