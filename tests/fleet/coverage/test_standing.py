# SPDX-License-Identifier: Apache-2.0
"""A quarter of Health Region 8 from imported figures, and how bad rows are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.coverage.fiscal import Period
from fleet.coverage.judging import WHOLE, Figure, Judgement
from fleet.coverage.region8 import SELF_MEASURED, place_of
from fleet.coverage.standing import read_standing
from fleet.errors import ImportRefusedError
from tests.fleet.books import bring, bring_samples

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.coverage.judging import Judged

HEADER = "fiscal_year,period,figure,num,den\n"


def standing(engine: Engine, period: Period) -> dict[str, Judged]:
    with engine.connect() as connection:
        return {each.indicator.code: each for each in read_standing(connection, period).indicators}


def test_imported_figures_are_judged_in_their_own_quarter(engine: Engine) -> None:
    bring(engine, "indicators", HEADER + "2568,3,R8-1,785,855\n2568,6,R8-1,840,855\n")
    assert standing(engine, Period.THREE)["R8-1"].judgement is Judgement.FAIL
    assert standing(engine, Period.SIX)["R8-1"].judgement is Judgement.PASS
    assert standing(engine, Period.NINE)["R8-1"].judgement is Judgement.NOT_EVALUABLE


def test_a_later_import_replaces_the_figure_it_names_and_an_empty_cell_is_missing(engine: Engine) -> None:
    bring(engine, "indicators", HEADER + "2568,12,R8-U3,88,88\n2568,12,R8-P2,21,\n")
    bring(engine, "indicators", HEADER + "2568,12,R8-U3,,88\n")
    found = standing(engine, Period.TWELVE)
    assert found["R8-U3"].judgement is Judgement.NOT_EVALUABLE
    assert found["R8-P2"].judgement is Judgement.PASS


def test_the_console_measures_itself_by_what_was_imported(engine: Engine) -> None:
    assert standing(engine, Period.SIX)[SELF_MEASURED].findings[0].figure == Figure(0, 16)
    bring(engine, "indicators", HEADER + "2568,6,R8-1,840,855\n2568,6,R8-3/M1,6,6\n2568,6,R8-3/S,5,5\n")
    assert standing(engine, Period.SIX)[SELF_MEASURED].findings[0].figure == Figure(2, 16)


def test_figures_of_another_year_are_not_judged_by_this_years_gates(engine: Engine) -> None:
    bring(engine, "indicators", HEADER + "2569,12,R8-1,855,855\n")
    assert standing(engine, Period.TWELVE)["R8-1"].judgement is Judgement.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("2568,4,R8-1,1,2", "column period: found a number out of range, expected 3, 6, 9 or 12"),
        ("2568,3,R8-9,1,2", "column figure: found text, expected an indicator of the list"),
        ("2568,3,R8-1/M1,1,2", "column figure: found text"),
        ("2568,3,R8-3,1,2", "column figure: found text"),
        ("2568,3,R8-M1,1,2", "column figure: found text"),
        ("2568,3,R8-1,1.5,2", "column num: found a decimal number"),
        ("2568,3,R8-1,1", "found 4 cells, expected 5 cells"),
    ],
)
def test_a_row_that_is_no_figure_is_told_and_nothing_is_stored(engine: Engine, line: str, place: str) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        bring(engine, "indicators", f"{HEADER}2568,3,R8-1,785,855\n{line}\n")
    assert place in str(caught.value)
    assert standing(engine, Period.THREE)["R8-1"].judgement is Judgement.NOT_EVALUABLE


def test_the_samples_show_every_verdict_and_say_that_they_are_made_up(engine: Engine) -> None:
    bring_samples(engine)
    with engine.connect() as connection:
        last, second = read_standing(connection, Period.TWELVE), read_standing(connection, Period.SIX)
    assert last.made_up
    assert [batch.kind for batch in last.batches] == ["indicators"]
    assert {each.judgement for each in (*last.indicators, *second.indicators)} == set(Judgement)


@pytest.mark.parametrize(
    "figure", ["", "R8-1/", "R8-3/", "R8-U1/departments:", f"R8-U1/departments:{'9' * 40}", "r8-1"]
)
def test_what_names_no_figure_has_no_place(figure: str) -> None:
    assert place_of(figure) is None


def test_what_names_a_figure_has_one() -> None:
    assert place_of("R8-1") == ("R8-1", WHOLE)
    assert place_of("R8-3/M1") == ("R8-3", "M1")
    assert place_of("R8-U1/departments:10670") == ("R8-U1", "departments:10670")
