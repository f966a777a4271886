# SPDX-License-Identifier: Apache-2.0
"""Complaints, satisfaction and help numbers as JSON: what the pages show, without their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.announcements.rules import Stage
from fleet.complaints.rules import Source, State, Term
from fleet.coverage.judging import Judgement
from fleet.web.complaints import SHOWN, ComplaintQuestion, weekly_of
from fleet.web.help_numbers import entries_seen
from fleet.web.iso import at
from fleet.web.questions import WeekQuestion
from fleet.web.ratings import report_of
from wire.events import Profile
from wire.opinions import Category

if TYPE_CHECKING:
    from fleet.coverage.satisfaction import Satisfaction

pages = APIBlueprint("api_voices", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class TicketAnswer(_Answer):
    """One complaint. It names nobody; `opened` of a kiosk's is the hour in which it came."""

    number: str
    profile: Profile
    province: str
    facility: str | None
    kiosk: str | None
    source: Source
    category: Category
    term: Term
    state: State
    overdue: bool
    said_day: str
    opened: str
    due: str
    responsible: str | None
    words: str
    answer: str
    reopened: int


class UnitAnswer(_Answer):
    """A unit's week: what came and was closed in it, and what is open now."""

    province: str
    facility: str | None
    new: int
    open: int
    overdue: int
    closed: int


class ComplaintsAnswer(_Answer):
    """A week of complaints; `tickets` are those that came in it or are open, the newest hundred of them at most."""

    at: str
    scope: str
    first_day: str
    last_day: str
    new: int
    open: int
    overdue: int
    open_over_seven_days: int
    closed: int
    oldest: str | None
    categories: dict[Category, int]
    units: list[UnitAnswer]
    tickets: list[TicketAnswer] = Field(max_length=SHOWN)


class SatisfactionAnswer(_Answer):
    """Satisfied of answers against R8-C2's gate; nulls where some answered and fewer than ten, or nobody."""

    satisfied: int | None
    responses: int | None
    percent: str | None = Field(description="cut to two decimals, never rounded")
    judgement: Judgement
    small_sample: bool


class RatedAnswer(_Answer):
    """The same of a province, or of a facility in it."""

    province: str
    facility: str | None
    answers: SatisfactionAnswer


class WeekRatedAnswer(_Answer):
    """The same of a week, by its Friday."""

    last_day: str
    answers: SatisfactionAnswer


class RatingsAnswer(_Answer):
    """A week of answers as kiosks told them; our own measure, which no imported figure is part of."""

    scope: str
    profile: Profile
    first_day: str
    last_day: str
    whole: SatisfactionAnswer
    provinces: list[RatedAnswer]
    facilities: list[RatedAnswer]
    about: dict[str, int]
    trend: list[WeekRatedAnswer]


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


@pages.get("/api/v1/complaints")
@pages.input(ComplaintQuestion, location="query", arg_name="question")
@pages.output(ComplaintsAnswer)
def complaints(question: ComplaintQuestion) -> ComplaintsAnswer:
    """The week's review of complaints in the account's scope, or in one province or facility of it."""
    weekly = weekly_of(question)
    whole = weekly.review.whole
    return ComplaintsAnswer(
        at=at(weekly.at_ms),
        scope=str(weekly.scope),
        first_day=weekly.week.first.isoformat(),
        last_day=weekly.week.last.isoformat(),
        new=whole.new,
        open=whole.open,
        overdue=whole.overdue,
        open_over_seven_days=whole.long_open,
        closed=whole.closed,
        oldest=None if whole.oldest_ms is None else at(whole.oldest_ms),
        categories=dict(weekly.review.about),
        units=[
            UnitAnswer(
                province=province,
                facility=facility,
                new=each.new,
                open=each.open,
                overdue=each.overdue,
                closed=each.closed,
            )
            for (province, facility), each in weekly.review.units.items()
        ],
        tickets=[
            TicketAnswer(
                number=each.number,
                profile=each.profile,
                province=each.province,
                facility=each.facility,
                kiosk=each.kiosk,
                source=each.kind.source,
                category=each.kind.category,
                term=each.kind.term,
                state=each.state,
                overdue=each.is_overdue(weekly.at_ms),
                said_day=each.said_day,
                opened=at(each.opened_ms),
                due=at(each.due_ms),
                responsible=each.responsible,
                words=each.words,
                answer=each.answer,
                reopened=each.reopened,
            )
            for each in weekly.tickets
        ],
    )


@pages.get("/api/v1/ratings")
@pages.input(WeekQuestion, location="query", arg_name="question")
@pages.output(RatingsAnswer)
def ratings(question: WeekQuestion) -> RatingsAnswer:
    """How satisfied people were in a week, in the account's scope or in one province of it."""
    scope, report = report_of(question)
    rated = [
        [RatedAnswer(province=each.province, facility=each.facility, answers=_told(each.satisfaction)) for each in part]
        for part in (report.provinces, report.facilities)
    ]
    return RatingsAnswer(
        scope=str(scope),
        profile=question.profile,
        first_day=report.week.first.isoformat(),
        last_day=report.week.last.isoformat(),
        whole=_told(report.whole),
        provinces=rated[0],
        facilities=rated[1],
        about={str(opinion): n for opinion, n in report.about},
        trend=[WeekRatedAnswer(last_day=last.isoformat(), answers=_told(each)) for last, each in report.trend],
    )


@pages.get("/api/v1/help-numbers")
@pages.output(HelpNumbersAnswer)
def help_numbers() -> HelpNumbersAnswer:
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


def _told(found: Satisfaction | None) -> SatisfactionAnswer:
    if found is None or not found.responses:
        lacking = Judgement.NOT_EVALUABLE
        return SatisfactionAnswer(satisfied=None, responses=None, percent=None, judgement=lacking, small_sample=True)
    finding = found.finding
    return SatisfactionAnswer(
        satisfied=found.satisfied,
        responses=found.responses,
        percent=finding.shown,
        judgement=finding.judgement,
        small_sample=bool(finding.remarks),
    )
