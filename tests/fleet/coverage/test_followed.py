# SPDX-License-Identifier: Apache-2.0
"""Figures without a target: imported like the others, shown as they are, and judged by nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.coverage.fiscal import Period
from fleet.coverage.followed import FOLLOWED, followed
from fleet.coverage.judging import WHOLE, Figure, Measure
from fleet.coverage.region8 import INDICATORS, SELF_MEASURED
from fleet.coverage.standing import place_of, read_standing
from tests.fleet.books import bring

if TYPE_CHECKING:
    from sqlalchemy import Engine

HEADER = "fiscal_year,period,figure,num,den\n"


def test_each_is_imported_and_shown_and_judged_by_nothing(engine: Engine) -> None:
    counts = {code for code, each in FOLLOWED.items() if each.measure is Measure.COUNT}
    lines = [f"2568,12,{code},2,{'' if code in counts else 3}\n" for code in FOLLOWED]
    bring(engine, "indicators", HEADER + "".join(lines))
    with engine.connect() as connection:
        standing = read_standing(connection, Period.TWELVE)
    shown = {each.indicator.code: each.shown for each in standing.followed}
    assert shown == {code: "2" if code in counts else "66.66" for code in FOLLOWED}
    assert [each.indicator.code for each in standing.indicators] == list(INDICATORS)
    assert [batch.kind for batch in standing.batches] == ["indicators"]


def test_the_lists_have_no_code_in_common_and_none_has_a_gate() -> None:
    assert FOLLOWED.keys() & INDICATORS.keys() == set()
    assert [each.code for each in FOLLOWED.values() if each.gates or each.parts] == []
    assert {place_of(code) for code in FOLLOWED} == {(code, WHOLE) for code in FOLLOWED}
    assert [place_of(code) for code in ("S001", "S058/part", "s058")] == [None, None, None]


def test_what_is_missing_is_shown_as_missing_and_not_as_zero() -> None:
    share, count = FOLLOWED["S079"], FOLLOWED["S058"]
    assert followed(share, None).shown is None
    assert followed(share, Figure(None, 3)).shown is None
    assert followed(share, Figure(2, 0)).shown is None
    assert followed(share, Figure(0, 3)).shown == "0.00"
    assert followed(count, Figure(0)).shown == "0"


def test_the_console_s_measure_of_itself_counts_what_the_plan_has_a_target_for(engine: Engine) -> None:
    bring(engine, "indicators", HEADER + "2568,12,R8-1,855,855\n2568,12,S058,10,\n")
    with engine.connect() as connection:
        judged = {each.indicator.code: each for each in read_standing(connection, Period.TWELVE).indicators}
    assert judged[SELF_MEASURED].findings[0].figure == Figure(1, 16)
