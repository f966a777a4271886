# SPDX-License-Identifier: Apache-2.0
"""Satisfaction as JSON: what the page shows, without its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.coverage.judging import Judgement
from fleet.web.questions import WeekQuestion
from fleet.web.ratings import report_of
from wire.events import Profile

if TYPE_CHECKING:
    from fleet.coverage.satisfaction import Satisfaction

pages = APIBlueprint("api_ratings", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


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
    """A week of answers as kiosks told them; our own measure, which no imported figure is part of.

    `facilities` are those of one province: ask with `province`, or as an account of one.
    """

    scope: str
    profile: Profile
    first_day: str
    last_day: str
    whole: SatisfactionAnswer
    provinces: list[RatedAnswer]
    facilities: list[RatedAnswer]
    about: dict[str, int]
    trend: list[WeekRatedAnswer]


@pages.get("/api/v1/ratings")
@pages.input(WeekQuestion, location="query", arg_name="question")
@pages.output(RatingsAnswer)
def overview(question: WeekQuestion) -> RatingsAnswer:
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
