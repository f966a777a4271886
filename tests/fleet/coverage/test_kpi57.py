# SPDX-License-Identifier: Apache-2.0
"""KPI 57: the worked examples, the truth table and what no display may hide."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.coverage import kpi57
from fleet.coverage.figures import Absence, Figures, MixedFiguresError, Mode, OfficialFigures, ProxyFigures, Share
from fleet.coverage.fiscal import Period
from fleet.coverage.indicators import UnknownFiscalYearError, gate, published_years
from fleet.coverage.kpi57 import Flag, Met, Verdict
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence


def official(a1: int | None, b1: int | None, a2: int | None, b2: int | None, year: int = 2566) -> OfficialFigures:
    mode: Literal[Mode.OFFICIAL] = Mode.OFFICIAL
    return Figures(mode, year, Share(a1, b1), Share(a2, b2), snapshot=year)


def proxy(a2: int, b2: int | None, profile: Profile = Profile.LIVE) -> ProxyFigures:
    mode: Literal[Mode.PROXY] = Mode.PROXY
    return Figures(mode, 2566, Share(None, 10, Absence.NO_ROSTER), Share(a2, b2), profile=profile)


GATE = gate(2566, Period.TWELVE)
EXAMPLES = {
    "ก": (official(6_000, 12_000, 90_000, 360_000), "50.00", "25.00", Verdict.PASS),
    "ข": (official(3_000, 6_000, 40_000, 150_000), "50.00", "26.66", Verdict.PASS),
    "ค": (official(15_000, 30_001, 300_000, 1_200_000), "49.99", "25.00", Verdict.FAIL),
    "ง": (official(0, 0, 5_000, 20_000), None, "25.00", Verdict.NOT_EVALUABLE),
    "จ": (official(2_600, 2_500, 60_000, 200_000), "104.00", "30.00", Verdict.PASS),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_worked_examples_come_out_as_published(name: str) -> None:
    figures, staff, people, verdict = EXAMPLES[name]
    assert kpi57.shown(figures.staff) == staff
    assert kpi57.shown(figures.people) == people
    assert kpi57.assess(figures, GATE).verdict is verdict


def test_the_third_example_lacks_one_person() -> None:
    figures = EXAMPLES["ค"][0]
    assert kpi57.need(30_001, 50) == 15_001
    assert kpi57.assess(figures, GATE).staff_gap == 1
    assert kpi57.assess(figures, GATE).people_gap == 0


def test_more_people_than_the_denominator_is_flagged_and_never_clamped() -> None:
    result = kpi57.assess(EXAMPLES["จ"][0], GATE)
    assert result.flags == (Flag.A_GT_B,)
    assert kpi57.shown(result.figures.staff) == "104.00"


def test_the_headline_counts_all_provinces_and_the_other_only_those_decided() -> None:
    nation = kpi57.national(kpi57.assess(figures, GATE).verdict for figures, *_ in EXAMPLES.values())
    assert (nation.headline, nation.of_evaluable) == ("60.00", "75.00")
    assert (nation.passed, nation.failed, nation.in_scope) == (3, 1, 5)


def test_a_nation_without_any_decided_province_has_no_second_share() -> None:
    nation = kpi57.national([Verdict.NOT_EVALUABLE, Verdict.NO_GATE])
    assert (nation.headline, nation.of_evaluable) == ("0.00", None)


def test_a_region_sums_what_can_be_evaluated() -> None:
    region = kpi57.total(figures for figures, *_ in EXAMPLES.values())
    assert region.staff == Share(26_600, 50_501)
    assert region.people == Share(495_000, 1_930_000)
    assert (kpi57.shown(region.staff), kpi57.shown(region.people)) == ("52.67", "25.64")


def test_a_region_is_never_the_mean_of_its_percentages() -> None:
    region = kpi57.total([official(9, 10, 9, 10), official(10, 100, 10, 100)])
    assert kpi57.shown(region.people) == "17.27"


def test_both_shares_must_reach_the_six_month_gate() -> None:
    result = kpi57.assess(official(2_499, 10_000, 6_000, 10_000), gate(2566, Period.SIX))
    assert kpi57.shown(result.figures.staff) == "24.99"
    assert (result.staff, result.people, result.verdict) == (Met.FAIL, Met.PASS, Verdict.FAIL)


def test_a_known_year_without_a_six_month_criterion_has_no_gate() -> None:
    assert gate(2567, Period.SIX) is None
    result = kpi57.assess(official(10, 10, 10, 10, 2567), gate(2567, Period.SIX))
    assert (result.verdict, result.staff, result.people_gap) == (Verdict.NO_GATE, None, None)


@pytest.mark.parametrize("year", [2565, 2570, 2026, 0])
@pytest.mark.parametrize("period", [Period.SIX, Period.TWELVE])
def test_an_unknown_year_is_an_error_and_never_a_default_target(year: int, period: Period) -> None:
    with pytest.raises(UnknownFiscalYearError, match=f"{year}; known: 2566 to 2569"):
        gate(year, period)


def test_every_gate_names_its_document() -> None:
    gates = [gate(year, period) for year in published_years() for period in Period]
    stated = [each for each in gates if each is not None]
    assert [(each.fiscal_year, each.period, each.staff_percent, each.people_percent) for each in stated] == [
        (2566, 6, 25, 10),
        (2566, 12, 50, 25),
        (2567, 12, 70, 30),
        (2568, 12, 80, 35),
        (2569, 12, 90, 40),
    ]
    assert all(each.source and each.version == 1 for each in stated)


P, F, M, N = Met.PASS, Met.FAIL, Met.MISSING, Verdict.NOT_EVALUABLE


@pytest.mark.parametrize(
    ("staff", "people", "verdict"),
    [
        (P, P, Verdict.PASS),
        (P, F, Verdict.FAIL),
        (P, M, N),
        (F, P, Verdict.FAIL),
        (F, F, Verdict.FAIL),
        (F, M, Verdict.FAIL),
        (M, P, N),
        (M, F, Verdict.FAIL),
        (M, M, N),
    ],
)
def test_both_must_pass_and_a_known_failure_decides(staff: Met, people: Met, verdict: Verdict) -> None:
    assert kpi57.both(staff, people) is verdict


@pytest.mark.parametrize("percent", [10, 25, 30, 35, 40, 50, 70, 80, 90])
def test_equality_passes_and_one_person_less_fails(percent: int) -> None:
    assert kpi57.met(Share(percent * 1_000, 100_000), percent) is Met.PASS
    assert kpi57.met(Share(percent * 1_000 - 1, 100_000), percent) is Met.FAIL
    assert kpi57.met(Share(percent * 1_000, 100_001), percent) is Met.FAIL


def test_just_under_half_is_neither_shown_nor_decided_as_half() -> None:
    share = Share(49_999, 100_000)
    assert kpi57.shown(share) == "49.99"
    assert kpi57.met(share, 50) is Met.FAIL
    assert kpi57.gap(share, 50) == 1


@pytest.mark.parametrize(
    ("share", "absence"),
    [
        (Share(5, None), Absence.NO_DENOMINATOR),
        (Share(5, 0), Absence.ZERO_DENOMINATOR),
        (Share(0, 0), Absence.ZERO_DENOMINATOR),
        (Share(None, 5), Absence.NOT_IMPORTED),
        (Share(None, 0, Absence.NO_ROSTER), Absence.NO_ROSTER),
    ],
)
def test_missing_and_zero_are_both_undecided_for_different_reasons(share: Share, absence: Absence) -> None:
    assert share.absence is absence
    assert kpi57.met(share, 25) is Met.MISSING
    assert kpi57.shown(share) is None
    assert kpi57.gap(share, 25) is None


def test_a_denominator_of_another_year_is_flagged() -> None:
    mode: Literal[Mode.OFFICIAL] = Mode.OFFICIAL
    stale = Figures(mode, 2566, Share(1, 2), Share(1, 2), snapshot=2565)
    assert kpi57.assess(stale, GATE).flags == (Flag.STALE_B,)


def test_our_own_figures_are_flagged_as_estimates_and_cannot_pass_without_staff() -> None:
    result = kpi57.assess(proxy(90, 100), GATE)
    assert result.flags == (Flag.PROXY,)
    assert (result.people, result.verdict) == (Met.PASS, Verdict.NOT_EVALUABLE)
    assert kpi57.assess(proxy(10, 100), GATE).verdict is Verdict.FAIL


def test_figures_of_two_modes_neither_type_check_nor_add() -> None:
    ours, theirs = proxy(1, 2), official(1, 2, 1, 2)
    with pytest.raises(MixedFiguresError):
        theirs + ours  # type: ignore[operator]
    with pytest.raises(MixedFiguresError):
        kpi57.total([theirs, ours])  # type: ignore[arg-type]


def test_test_people_are_never_added_to_live_ones_nor_one_year_to_another() -> None:
    with pytest.raises(MixedFiguresError):
        proxy(1, 2) + proxy(1, 2, Profile.TEST)
    with pytest.raises(MixedFiguresError):
        official(1, 2, 1, 2) + official(1, 2, 1, 2, 2567)


def test_a_negative_count_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Share(-1, 5)


counts = st.one_of(st.none(), st.integers(0, 3_000_000))
provinces = st.lists(st.builds(official, counts, counts, counts, counts), min_size=1, max_size=8)


@given(provinces.flatmap(lambda figures: st.tuples(st.just(figures), st.permutations(figures))))
def test_the_order_of_provinces_changes_nothing(
    pair: tuple[Sequence[OfficialFigures], Sequence[OfficialFigures]],
) -> None:
    given_order, other_order = pair
    if len(given_order) > 1:
        assert kpi57.total(given_order) == kpi57.total(other_order)
    verdicts = [[kpi57.assess(figures, GATE).verdict for figures in order] for order in pair]
    assert kpi57.national(verdicts[0]) == kpi57.national(verdicts[1])


@given(st.integers(0, 10**8), st.integers(1, 10**8), st.integers(1, 100))
def test_what_is_shown_never_reaches_a_target_that_was_missed(a: int, b: int, percent: int) -> None:
    text = kpi57.truncated(a, b)
    assert Fraction(text) <= Fraction(100 * a, b) < Fraction(text) + Fraction(1, 100)
    passed = kpi57.met(Share(a, b), percent) is Met.PASS
    assert passed == (Fraction(text) >= percent)
    assert passed == (kpi57.gap(Share(a, b), percent) == 0)


@given(st.integers(0, 10**8), st.integers(1, 10**8), st.integers(1, 100))
def test_the_gap_is_the_fewest_people_that_turn_the_verdict(a: int, b: int, percent: int) -> None:
    lacking = kpi57.gap(Share(a, b), percent)
    assert lacking is not None
    assert kpi57.met(Share(a + lacking, b), percent) is Met.PASS
    if lacking:
        assert kpi57.met(Share(a + lacking - 1, b), percent) is Met.FAIL
