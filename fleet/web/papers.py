# SPDX-License-Identifier: Apache-2.0
"""The pages that go to meetings and files, as PDF: each is its page, asked for in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apiflask import APIBlueprint

from fleet.web import coverage, funnel, indicators, morning, week
from fleet.web.exports import attached
from fleet.web.indicators import QuarterQuestion
from fleet.web.paper import on_paper
from fleet.web.questions import FunnelQuestion, MorningQuestion, Question, TableQuestion, WeekQuestion
from fleet.web.refusals import asked

if TYPE_CHECKING:
    from flask import Response

pages = APIBlueprint("papers", __name__, enable_openapi=False)


@pages.get("/papers/coverage.pdf")
def of_coverage() -> Response:
    """Give all provinces on one basis."""
    question = asked(TableQuestion)
    return _paper("coverage.html", f"coverage-{_basis(question)}", coverage.told(question))


@pages.get("/papers/coverage/<code>.pdf")
def of_province(code: str) -> Response:
    """Give one province with the sources of its figures."""
    question = asked(Question)
    known = coverage.known_province(code)
    return _paper("province.html", f"coverage-{known}-{_basis(question)}", coverage.told_of(known, question))


@pages.get("/papers/funnel.pdf")
def of_funnel() -> Response:
    """Give how far people came."""
    question = asked(FunnelQuestion)
    return _paper("funnel.html", f"funnel-{_basis(question)}", funnel.told(question))


@pages.get("/papers/indicators.pdf")
def of_indicators() -> Response:
    """Give the indicators at a quarter's end."""
    told = indicators.told(asked(QuarterQuestion))
    return _paper("indicators.html", f"indicators-{told['fiscal_year']}-{int(told['standing'].period)}", told)


@pages.get("/papers/morning.pdf")
def of_morning() -> Response:
    """Give what is to be done today, to take along."""
    told = morning.told(asked(MorningQuestion))
    return _paper("morning.html", f"morning-{told['today'].isoformat()}", told)


@pages.get("/papers/week.pdf")
def of_week() -> Response:
    """Give the weekly summary."""
    question = asked(WeekQuestion)
    return _paper("week.html", f"week-{question.last.isoformat()}-{question.ours}", week.told(question))


def _basis(question: Question) -> str:
    basis = question.basis()
    return f"{basis.fiscal_year}-{int(basis.period)}-{question.choice}"


def _paper(template: str, name: str, told: dict[str, Any]) -> Response:
    return attached(on_paper(template, **told), "application/pdf", f"{name}.pdf")
