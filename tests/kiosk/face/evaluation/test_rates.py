# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.face.evaluation.rates import (
    FMR_TARGETS,
    Rate,
    Scores,
    curve,
    equal_errors,
    operating_point,
    step_below,
    trials_for,
    wilson,
)


def spread(seed: int, count: int) -> npt.NDArray[np.float64]:
    return np.round(np.random.default_rng(seed).uniform(0, 4, count), 3)


DISTANCES = st.lists(st.floats(0, 4), max_size=60)
SOME = st.lists(st.floats(0, 4), min_size=1, max_size=60)
MANY = st.builds(spread, st.integers(0), st.integers(300, 400))
RATES = st.integers(1, 10_000).flatmap(lambda n: st.builds(Rate, st.integers(0, n), st.just(n)))

# Worked by hand: at 0.4 one false pair of four matches and one true pair of four does not.
BY_HAND = Scores.of([0.6, 0.1, 0.3, 0.2], [0.7, 0.4, 0.8, 0.5])


@pytest.mark.parametrize(
    ("threshold", "false_matches", "false_non_matches"),
    [(0.0, 0, 4), (0.1, 0, 3), (0.35, 0, 1), (0.4, 1, 1), (0.5, 2, 1), (0.6, 2, 0), (0.8, 4, 0)],
)
def test_both_errors_are_counted_at_a_threshold(threshold: float, false_matches: int, false_non_matches: int) -> None:
    point = BY_HAND.at(threshold)
    assert point.fmr == Rate(false_matches, 4)
    assert point.fnmr == Rate(false_non_matches, 4)


def test_equal_errors_are_where_both_meet() -> None:
    found = equal_errors(BY_HAND)
    assert (found.rate, found.threshold) == (0.25, 0.4)


def test_equal_errors_of_pairs_that_part_cleanly_cannot_be_told() -> None:
    found = equal_errors(Scores.of([0.1] * 10, [0.9] * 60))
    assert found.rate is None
    assert found.below == 0.3  # three of the ten true pairs


def test_equal_errors_of_nothing_cannot_be_told() -> None:
    assert equal_errors(Scores.of([], [0.5])).rate is None
    assert equal_errors(Scores.of([0.5], [])).rate is None


# Source: the interval of README's 14.16 % of 13,896 is [13.6, 14.8]; 1 of 10 and 5 of 10 by hand with z = 1.96.
@pytest.mark.parametrize(
    ("errors", "trials", "low", "high"),
    [(1968, 13_896, 0.136, 0.148), (1, 10, 0.0179, 0.4042), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1.0)],
)
def test_the_interval_is_wilsons(errors: int, trials: int, low: float, high: float) -> None:
    assert wilson(Rate(errors, trials)) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


def test_no_error_seen_is_never_a_rate_of_zero() -> None:
    rate = Rate(0, 30_000)
    assert rate.value is None
    assert rate.high == pytest.approx(1e-4)
    assert Rate(0, 2).high == 1.0
    assert Rate(0, 0).high == 1.0


@pytest.mark.parametrize(("errors", "trials"), [(-1, 5), (6, 5)])
def test_counts_that_cannot_be_are_refused(errors: int, trials: int) -> None:
    with pytest.raises(ValueError, match="cannot be"):
        Rate(errors, trials)


@pytest.mark.parametrize(("target", "needed"), [(1e-2, 300), (1e-3, 3_000), (1e-4, 30_000)])
def test_a_target_needs_three_times_its_inverse(target: float, needed: int) -> None:
    assert trials_for(target) == needed
    impostor = np.linspace(0.5, 1.5, needed)
    assert operating_point(Scores.of([0.1], impostor[:-1]), target).point is None
    assert operating_point(Scores.of([0.1], impostor), target).point is not None


def test_an_operating_point_by_hand() -> None:
    # Of 300 false pairs at 0.501, 0.502, ... three may match, so the fourth, at 0.504, must not.
    impostor = [0.5 + n / 1000 for n in range(1, 301)]
    genuine = [0.2] * 9 + [0.6]
    point = operating_point(Scores.of(genuine, impostor), 1e-2).point
    assert point is not None
    assert point.threshold == 0.5039
    assert point.fmr == Rate(3, 300)
    assert point.fnmr == Rate(1, 10)


def test_without_a_true_pair_there_is_no_operating_point() -> None:
    assert operating_point(Scores.of([], [0.5] * 300), 1e-2).point is None


@given(genuine=DISTANCES, impostor=DISTANCES, one=st.floats(0, 4), other=st.floats(0, 4))
def test_a_higher_threshold_matches_no_fewer_pairs(
    genuine: list[float], impostor: list[float], one: float, other: float
) -> None:
    scores = Scores.of(genuine, impostor)
    lower, higher = scores.at(min(one, other)), scores.at(max(one, other))
    assert lower.fmr.errors <= higher.fmr.errors
    assert lower.fnmr.errors >= higher.fnmr.errors


@given(genuine=SOME, impostor=SOME)
def test_a_curve_rises_from_end_to_end(genuine: list[float], impostor: list[float]) -> None:
    points = curve(Scores.of(genuine, impostor))
    assert [point.threshold for point in points] == sorted(point.threshold for point in points)
    assert [point.fmr.errors for point in points] == sorted(point.fmr.errors for point in points)
    assert points[-1].fmr.errors == len(impostor)
    assert points[-1].fnmr.errors == 0


@given(data=st.data(), genuine=DISTANCES, impostor=MANY)
def test_the_order_of_pairs_does_not_matter(
    data: st.DataObject, genuine: list[float], impostor: npt.NDArray[np.float64]
) -> None:
    mixed = Scores.of(data.draw(st.permutations(genuine)), impostor[::-1])
    plain = Scores.of(genuine, impostor)
    assert equal_errors(mixed) == equal_errors(plain)
    assert operating_point(mixed, 1e-2) == operating_point(plain, 1e-2)


@given(genuine=SOME, impostor=MANY, target=st.sampled_from((0.5, 0.1, *FMR_TARGETS)))
def test_an_operating_point_keeps_its_target_and_is_as_lenient_as_it_may_be(
    genuine: list[float], impostor: npt.NDArray[np.float64], target: float
) -> None:
    scores = Scores.of(genuine, impostor)
    point = operating_point(scores, target).point
    if point is None:
        assert len(impostor) < trials_for(target) or min(impostor) == 0
        return
    assert Fraction(point.fmr.errors, point.fmr.trials) <= Fraction(str(target))
    lenient = scores.at(point.threshold + 1.1e-4)
    assert lenient.fmr.errors > math.floor(target * len(impostor) + 1e-9) or lenient.threshold > max(impostor)


def test_false_pairs_that_are_alike_to_the_last_bit_leave_no_threshold() -> None:
    assert operating_point(Scores.of([0.1], [0.0] * 300), 1e-2).point is None


@given(distance=st.floats(1e-3, 4))
def test_a_published_threshold_lies_just_below(distance: float) -> None:
    assert step_below(distance) < distance <= step_below(distance) + 1.0001e-4


@given(rate=RATES)
def test_an_interval_holds_its_rate_and_stays_between_none_and_all(rate: Rate) -> None:
    assert 0 <= rate.low <= rate.errors / rate.trials <= rate.high <= 1


@given(rate=RATES)
def test_more_of_the_same_narrows_an_interval(rate: Rate) -> None:
    tenfold = Rate(rate.errors * 10, rate.trials * 10)
    assert tenfold.high - tenfold.low <= rate.high - rate.low + 1e-12


@given(genuine=SOME, impostor=SOME)
def test_equal_errors_lie_between_none_and_all(genuine: list[float], impostor: list[float]) -> None:
    found = equal_errors(Scores.of(genuine, impostor))
    assert 0 <= found.below <= 1
    assert found.rate is None or 0 < found.rate <= 1


def test_what_is_not_a_number_was_not_compared() -> None:
    scores = Scores.of([0.1, float("nan")], [float("nan"), 0.9])
    assert (len(scores.genuine), len(scores.impostor)) == (1, 1)
