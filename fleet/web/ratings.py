# SPDX-License-Identifier: Apache-2.0
"""How satisfied people were, by their own touch at the kiosks: a week of a place, and the weeks before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import render_template

from fleet.coverage.fiscal import bangkok_day
from fleet.coverage.reading import SMALL
from fleet.coverage.satisfaction import INDICATOR, read_report
from fleet.coverage.weekly import week_ending
from fleet.web import complaint_words, gate
from fleet.web.questions import Choice, WeekQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now
from fleet.web.week import fridays
from fleet.web.wording import in_reading_order, province_name

if TYPE_CHECKING:
    from fleet.coverage.satisfaction import Report
    from fleet.store.scope import Scope

pages = APIBlueprint("ratings", __name__, enable_openapi=False)


@pages.get("/ratings")
def overview() -> str:
    """Show the week asked for."""
    question = asked(WeekQuestion)
    scope, report = report_of(question)
    return render_template(
        "ratings.html",
        question=question,
        place=scope,
        report=report,
        gate=INDICATOR.gates[0],
        indicator=INDICATOR,
        small=SMALL,
        fridays=fridays(question.last),
        provinces=sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
        choices=(Choice.LIVE, Choice.TEST),
        is_test=question.choice is Choice.TEST,
        about_words=complaint_words.ABOUT,
    )


def report_of(question: WeekQuestion) -> tuple[Scope, Report]:
    """Read the week asked for; the page and the JSON share it."""
    week = week_ending(question.last, bangkok_day(now()))
    with looking() as (connection, seen):
        scope = question.within(seen)
        return scope, read_report(connection, week, question.profile, scope)
