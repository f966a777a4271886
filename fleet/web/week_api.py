# SPDX-License-Identifier: Apache-2.0
"""The weekly summary as JSON: the figures of the page, without its words."""

from __future__ import annotations

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.alerts.rules import Severity
from fleet.coverage.reading import SMALL
from fleet.devices.health import Condition
from fleet.web.answers import ProgressAnswer
from fleet.web.api import progress_answer
from fleet.web.iso import at
from fleet.web.questions import WeekQuestion
from fleet.web.week import week_of
from wire.events import Profile

pages = APIBlueprint("api_week", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class BusyAnswer(_Answer):
    """One of the facilities with the most visits."""

    province: str
    facility: str
    visits: int | None = Field(ge=SMALL, description=f"null: some, and fewer than {SMALL}")


class ActiveAnswer(_Answer):
    """People of one province who became active in the week; `code` is null where the card names no province."""

    code: str | None
    active: int


class WeekAnswer(_Answer):
    """A week of seven Bangkok days. `unused_*`, `kiosks` and `progress` are of the moment `at`, whichever week it is.

    `captured` are visits, `duplicates` among them of people who came twice; `lapsed` requests are no visits.
    """

    at: str
    scope: str
    profile: Profile
    first_day: str
    last_day: str
    is_over: bool
    active: int
    active_week_before: int
    difference: int
    captured: int
    duplicates: int
    lapsed: int
    unused_one_day: int
    unused_seven_days: int
    busiest: list[BusyAnswer]
    provinces: list[ActiveAnswer]
    progress: ProgressAnswer
    kiosks: dict[Condition, int]
    raised: dict[Severity, int] | None = Field(description="alarms raised in the week; null where that is not known")
    complaints_new: int
    complaints_open: int
    complaints_overdue: int
    complaints_closed: int
    satisfied: int | None = Field(description="at the kiosks; null where fewer than ten answered")
    responses: int | None


@pages.get("/api/v1/week")
@pages.input(WeekQuestion, location="query", arg_name="question")
@pages.output(WeekAnswer)
def overview(question: WeekQuestion) -> WeekAnswer:
    """The weekly summary of the account's scope, or of one province of it."""
    summary = week_of(question)
    return WeekAnswer(
        at=at(summary.at_ms),
        scope=str(summary.scope),
        profile=summary.profile,
        first_day=summary.counts.week.first.isoformat(),
        last_day=summary.counts.week.last.isoformat(),
        is_over=summary.counts.week.is_over,
        active=summary.counts.active,
        active_week_before=summary.counts.active_before,
        difference=summary.counts.difference,
        captured=summary.counts.visits.captured,
        duplicates=summary.counts.visits.duplicates,
        lapsed=summary.counts.visits.lapsed,
        unused_one_day=summary.unused.one_day,
        unused_seven_days=summary.unused.seven_days,
        busiest=[
            BusyAnswer(province=each.province, facility=each.facility, visits=each.visits)
            for each in summary.counts.busiest
        ],
        provinces=[ActiveAnswer(code=code or None, active=n) for code, n in summary.counts.provinces.items()],
        progress=progress_answer(summary.progress),
        kiosks=dict(summary.kiosks),
        complaints_new=summary.complaints.whole.new,
        complaints_open=summary.complaints.whole.open,
        complaints_overdue=summary.complaints.whole.overdue,
        complaints_closed=summary.complaints.whole.closed,
        satisfied=None if summary.satisfaction is None else summary.satisfaction.satisfied,
        responses=None if summary.satisfaction is None else summary.satisfaction.responses,
        raised=None if summary.raised is None else dict(summary.raised.by_severity),
    )
