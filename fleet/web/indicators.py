# SPDX-License-Identifier: Apache-2.0
"""The indicators page: every indicator of Health Region 8 at one quarter's end, judged by its own document's gates."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

from apiflask import APIBlueprint
from flask import render_template
from pydantic import BaseModel, ConfigDict, Field

from fleet.coverage.fiscal import Period, bangkok_day, cutoff_day, fiscal_year, last_day
from fleet.coverage.judging import Judgement
from fleet.coverage.region8 import FISCAL_YEAR
from fleet.coverage.satisfaction import INDICATOR, Satisfaction, read_whole
from fleet.coverage.standing import QUARTERS, Standing, read_standing
from fleet.coverage.weekly import Week
from fleet.store.scope import region_scope
from fleet.web.questions import OrNothing, WholeNumber, described
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now
from wire.events import Profile

pages = APIBlueprint("indicators", __name__, enable_openapi=False)


_EIGHTH = region_scope(8)
_QUARTER = timedelta(weeks=13)


class QuarterQuestion(BaseModel):
    """Which quarter's end; the last one that is over, or the last of the document's year."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    quarter: Annotated[
        Annotated[int, WholeNumber, Field(ge=1, le=len(QUARTERS))] | None,
        OrNothing,
        described(
            "Quarter of the fiscal year; the last one that is over if not given.", type="integer", minimum=1, maximum=4
        ),
    ] = None

    @property
    def period(self) -> Period:
        """The period that ends with the quarter asked for."""
        return QUARTERS[self.quarter - 1] if self.quarter else _last_over()


def _last_over() -> Period:
    today = bangkok_day(now())
    if fiscal_year(today) > FISCAL_YEAR:
        return Period.TWELVE
    over = [period for period in QUARTERS if cutoff_day(FISCAL_YEAR, period) <= today]
    return over[-1] if over else Period.THREE


def standing_of(question: QuarterQuestion) -> Standing:
    """Where the region stands at the quarter asked for."""
    with looking() as (connection, scope):
        scope.narrowed(_EIGHTH)  # the region's figures are for whoever belongs to it
        return read_standing(connection, question.period)


@pages.get("/indicators")
def overview() -> str:
    """Show all indicators."""
    return render_template("indicators.html", **told(asked(QuarterQuestion)))


def told(question: QuarterQuestion) -> dict[str, Any]:
    """What the page says, on the screen or on paper."""
    standing = standing_of(question)
    counted = Counter(each.judgement for each in standing.indicators)
    return {
        "standing": standing,
        "ours": _own_satisfaction(),
        "own_code": INDICATOR.code,
        "counts": [(judgement, counted[judgement]) for judgement in Judgement],
        "quarters": QUARTERS,
        "fiscal_year": FISCAL_YEAR,
        "last_day": last_day(FISCAL_YEAR, question.period),
    }


def _own_satisfaction() -> Satisfaction | None:
    """What people touched at the region's kiosks in the last quarter of a year: beside R8-C2, never in it."""
    today = bangkok_day(now())
    span = Week(today - _QUARTER, today, is_over=False)
    with looking() as (connection, _):
        return read_whole(connection, span, Profile.LIVE, _EIGHTH)
