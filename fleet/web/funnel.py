# SPDX-License-Identifier: Apache-2.0
"""The funnel page: how many people came how far, by province, for one profile and one cut-off."""

from __future__ import annotations

from typing import Any

from apiflask import APIBlueprint
from flask import render_template

from fleet.coverage import reading
from fleet.coverage.fiscal import cutoff_day
from fleet.web.coverage import chooser
from fleet.web.questions import Choice, FunnelQuestion, Question
from fleet.web.reach import looking
from fleet.web.refusals import asked
from wire.provinces import PROVINCES

pages = APIBlueprint("funnel", __name__, enable_openapi=False)


@pages.get("/funnel")
def overview() -> str:
    """Show the whole funnel and each province's that has one."""
    return render_template("funnel.html", **told(asked(FunnelQuestion)))


def told(question: FunnelQuestion) -> dict[str, Any]:
    """What the page says, on the screen or on paper."""
    rows = read_funnels(question, question.region)
    return {
        **chooser(question),
        "question": question,
        "rows": rows,
        "total": reading.summed(list(rows.values())),
        "choices": (Choice.LIVE, Choice.TEST),
    }


def read_funnels(question: Question, region: int | None) -> dict[str, reading.Funnel]:
    """Read the funnels of a region's provinces or of all, the unknown province last."""
    basis = question.basis()
    with looking() as (connection, scope):
        found = reading.funnel(connection, question.profile, cutoff_day(basis.fiscal_year, basis.period), scope)
    known: dict[str, reading.Funnel] = {
        code: found[code]
        for code, province in PROVINCES.items()
        if code in found and region in (None, province.health_region)
    }
    if region is None and reading.UNKNOWN_PROVINCE in found:
        known[reading.UNKNOWN_PROVINCE] = found[reading.UNKNOWN_PROVINCE]
    return known
