# SPDX-License-Identifier: Apache-2.0
"""The weekly summary as a draft, to read and to send on: on the page, and the same as text for a mail."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from flask import render_template

from fleet.coverage.fiscal import bangkok_day
from fleet.coverage.weekly import last_friday
from fleet.web import gate, week_words
from fleet.web.questions import Choice, WeekQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.summary import read_summary
from fleet.web.supplies import now
from fleet.web.wording import in_reading_order, province_name

if TYPE_CHECKING:
    from datetime import date

    from fleet.web.summary import Summary

pages = APIBlueprint("week", __name__, enable_openapi=False)
_WEEKS_OFFERED = 12


@pages.get("/week")
def overview() -> str:
    """Show the week asked for."""
    return render_template("week.html", **told(asked(WeekQuestion)))


def told(question: WeekQuestion) -> dict[str, Any]:
    """What the page says, on the screen or on paper."""
    summary = week_of(question)
    return {
        "question": question,
        "summary": summary,
        "title": week_words.title(),
        "days": week_words.days(summary),
        "basis": week_words.basis(summary),
        "parts_told": week_words.parts(summary),
        "missing": week_words.missing(summary),
        "letter": week_words.letter(summary),
        "fridays": fridays(question.last),
        "provinces": sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
        "choices": (Choice.LIVE, Choice.TEST),
        "is_test": question.choice is Choice.TEST,
    }


def week_of(question: WeekQuestion) -> Summary:
    """Read the week asked for; the page, the file and the JSON share it."""
    with looking() as (connection, scope):
        return read_summary(connection, now(), question.last, question.profile, question.within(scope))


def fridays(chosen: date) -> list[date]:
    """The weeks that are offered, by their Fridays, the latest first, and the one that is shown."""
    latest = last_friday(bangkok_day(now()))
    offered = {latest - timedelta(weeks=n) for n in range(_WEEKS_OFFERED)}
    return sorted(offered | {chosen}, reverse=True)
