# SPDX-License-Identifier: Apache-2.0
"""Where a region stands in its indicators at the end of a quarter: every one judged, with the imports behind it.

The indicator about this console itself is counted here: a figure that nobody imported cannot be claimed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.coverage.fiscal import Period
from fleet.coverage.followed import FOLLOWED, Followed, followed
from fleet.coverage.judging import WHOLE, Figure, Judged, judge
from fleet.coverage.reading import Batch, batches_of
from fleet.coverage.region8 import FISCAL_YEAR, INDICATORS, SELF_MEASURED
from fleet.coverage.region8 import place_of as place_in_region8
from fleet.store.tables import indicator_figure

if TYPE_CHECKING:
    from sqlalchemy import Connection

QUARTERS = tuple(Period)


@dataclass(frozen=True, slots=True)
class Standing:
    """All indicators of one quarter, in the document's order; `made_up` if any figure came from sample data.

    `followed` are the figures without a target, which nothing judges.
    """

    period: Period
    indicators: tuple[Judged, ...]
    followed: tuple[Followed, ...]
    batches: tuple[Batch, ...]
    made_up: bool


def place_of(figure: str) -> tuple[str, str] | None:
    """The indicator and the part that an imported figure is of, of either list; None when there is none."""
    return (figure, WHOLE) if figure in FOLLOWED else place_in_region8(figure)


def read_standing(connection: Connection, period: Period) -> Standing:
    """Read and judge the indicators of Health Region 8 at one quarter's end."""
    rows = connection.execute(
        select(indicator_figure).where(
            indicator_figure.c.fiscal_year == FISCAL_YEAR, indicator_figure.c.period == int(period)
        )
    ).all()
    figures: dict[str, dict[str, Figure]] = {}
    for row in rows:
        place = place_of(row.figure)
        if place is not None:  # a figure that a later release no longer knows is left out
            code, part = place
            figures.setdefault(code, {})[part] = Figure(row.num, row.den)
    batches = batches_of(connection, {row.batch for row in rows})
    figures[SELF_MEASURED] = {WHOLE: Figure(len(figures.keys() & INDICATORS.keys()), len(INDICATORS) - 1)}
    judged = tuple(judge(each, period, figures.get(code, {})) for code, each in INDICATORS.items())
    without_target = tuple(followed(each, figures.get(code, {}).get(WHOLE)) for code, each in FOLLOWED.items())
    made_up = any(batch.made_up for batch in batches.values())
    return Standing(period, judged, without_target, tuple(batches[key] for key in sorted(batches)), made_up)
