# SPDX-License-Identifier: Apache-2.0
"""The morning page: how the kiosks do in one line, what is to be done today, and where KPI 57.2 stands."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint
from flask import redirect, render_template, url_for

from fleet.alerts.telling import read_figures
from fleet.coverage import kpi57
from fleet.coverage.fiscal import bangkok_day, fiscal_year
from fleet.coverage.workload import USUAL_WEEKS
from fleet.devices.certificates import SOON_DAYS
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.operators import mornings
from fleet.web import gate
from fleet.web.agenda import LATELY_DAYS, read_agenda
from fleet.web.alerts import urgency
from fleet.web.deeds import mornings as deeds
from fleet.web.questions import Choice, MorningQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked, asked_again
from fleet.web.supplies import now
from fleet.web.wording import in_reading_order, province_name

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.web.agenda import Agenda

pages = APIBlueprint("morning", __name__, enable_openapi=False)


@pages.get("/morning")
def overview() -> str:
    """Show this morning, of the country or of one province."""
    return render_template("morning.html", **told(asked(MorningQuestion)))


def told(question: MorningQuestion) -> dict[str, Any]:
    """What the page says, on the screen or on paper."""
    agenda = agenda_of(question)
    today = bangkok_day(now())
    with looking() as (connection, _):
        alerts = read_figures(connection, agenda.at_ms, agenda.scope)
        checks = mornings.read_checks(connection, agenda.scope, today)
    return {
        "question": question,
        "agenda": agenda,
        "today": today,
        "alerts": alerts,
        "checks": checks,
        "urgency": urgency,
        "provinces": sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
        "choices": (Choice.LIVE, Choice.TEST),
        "is_test": question.choice is Choice.TEST,
        "this_year": fiscal_year(today),
        "shown": kpi57.shown,
        "certificate_days": SOON_DAYS,
        "silent_minutes": SILENT_AFTER_MS // 60_000,
        "usual_weeks": USUAL_WEEKS,
        "lately_days": LATELY_DAYS,
    }


@pages.post("/morning/checked")
def check() -> AnyResponse:
    """Write down that the account has looked at this morning."""
    deeds.check(asked(MorningQuestion))
    return redirect(url_for("morning.overview", **asked_again()), HTTPStatus.SEE_OTHER)


def agenda_of(question: MorningQuestion) -> Agenda:
    """Read the morning asked for; the page and the JSON share it."""
    with looking() as (connection, scope):
        return read_agenda(connection, now(), question.profile, question.within(scope))
