# SPDX-License-Identifier: Apache-2.0
"""Announcements as JSON: what stands and waits, and what a program may do about it."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict

from fleet.announcements.rules import Stage
from fleet.web.announcements import entries_seen
from fleet.web.bodies import Body, MadeAnswer, Text
from fleet.web.deeds import announcements as deeds

pages = APIBlueprint("api_announcements", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AnnouncementAnswer(_Answer):
    """One announcement; at every kiosk where neither a province nor a kiosk is named. Days are Bangkok's, inclusive."""

    number: int
    stage: Stage
    th: str
    en: str
    province: str | None
    kiosk: str | None
    first_day: str
    last_day: str
    proposed_by: str
    approved_by: str | None
    withdrawn_by: str | None


class AnnouncementsAnswer(_Answer):
    """All that the account may see."""

    announcements: list[AnnouncementAnswer]


class AnnouncementBody(Body):
    """Words for welcome screens from the first day to the last: of `nation`, of a province, or of one kiosk."""

    th: Text
    en: Text
    first_day: Text
    last_day: Text
    province: Text | None = None
    kiosk: Text | None = None


@pages.get("/api/v1/announcements")
@pages.output(AnnouncementsAnswer)
def overview() -> AnnouncementsAnswer:
    """What stands, stood or waits to stand at welcome screens of the account's scope, the newest first."""
    return AnnouncementsAnswer(
        announcements=[
            AnnouncementAnswer(
                number=each.number,
                stage=each.stage,
                th=each.proposal.th,
                en=each.proposal.en,
                province=each.proposal.where.province,
                kiosk=each.proposal.where.kiosk,
                first_day=each.proposal.first.isoformat(),
                last_day=each.proposal.last.isoformat(),
                proposed_by=each.proposal.by,
                approved_by=each.approved_by,
                withdrawn_by=each.withdrawn_by,
            )
            for each in entries_seen()
        ]
    )


@pages.post("/api/v1/announcements")
@pages.input(AnnouncementBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def propose(body: AnnouncementBody) -> MadeAnswer:
    """Propose an announcement; kiosks show it once another person has approved it."""
    return MadeAnswer(number=deeds.propose(body.typed()))


@pages.post("/api/v1/announcements/<int:number>/approve")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def approve(number: int) -> str:
    """Approve what another person has proposed."""
    deeds.approve(number)
    return ""


@pages.post("/api/v1/announcements/<int:number>/withdraw")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def withdraw(number: int) -> str:
    """Take one back."""
    deeds.withdraw(number)
    return ""
