# SPDX-License-Identifier: Apache-2.0
"""Error rates from counts and sorted distances, each with what its number of trials can support.

A rate of which no error was seen is never called 0: it cannot be told, and only its upper bound is known. Lower
distances are more alike, so a comparison matches when its distance is at most the threshold.

ISO/IEC 19795-1 (FMR, FNMR, rule of 3); E. B. Wilson, Probable Inference, JASA 22 (1927) for the interval. All of it
assumes independent trials. Comparisons that share a person are not, so true intervals are wider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

Distances = npt.NDArray[np.float64]
"""float64[n], ascending, without NaN."""

Z_95 = 1.959963984540054  # the standard normal's 97.5 % quantile: a two-sided interval of 95 %
RULE_OF_THREE = 3.0  # no error in n trials: with 95 % confidence the rate is below 3 / n
FMR_TARGETS = (1e-2, 1e-3, 1e-4)
THRESHOLD_STEP = 1e-4  # thresholds are published so finely, always rounded to the stricter side


@dataclass(frozen=True, slots=True)
class Rate:
    """So many errors in so many trials."""

    errors: int
    trials: int

    def __post_init__(self) -> None:
        """Refuse counts that cannot be.

        Raises:
            ValueError: when there are more errors than trials, or fewer than none.
        """
        if not 0 <= self.errors <= self.trials:
            message = f"{self.errors} errors of {self.trials} trials cannot be"
            raise ValueError(message)

    @property
    def value(self) -> float | None:
        """The rate; None where it cannot be told."""
        return self.errors / self.trials if self.errors else None

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return wilson(self)[0] if self.trials else 0.0

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval; by the rule of three where no error was seen."""
        if not self.errors:
            return min(RULE_OF_THREE / self.trials, 1.0) if self.trials else 1.0
        return wilson(self)[1]


def wilson(rate: Rate) -> tuple[float, float]:
    """The 95 % score interval of a rate with at least one trial."""
    n, p, z = rate.trials, rate.errors / rate.trials, Z_95
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if rate.errors == 0 else max(middle - half, 0.0)
    high = 1.0 if rate.errors == n else min(middle + half, 1.0)
    return low, high


def trials_for(target: float) -> int:
    """How many trials can support a rate: with fewer, not even none wrong would show that it is that low."""
    return math.ceil(RULE_OF_THREE / target - 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """The distances of true and of false pairs, sorted."""

    genuine: Distances
    impostor: Distances

    @classmethod
    def of(cls, genuine: Iterable[float], impostor: Iterable[float]) -> Self:
        """Sort them; what is not a number was not compared and is left out."""
        return cls(_sorted(genuine), _sorted(impostor))

    def false_matches(self, threshold: float) -> Rate:
        """FMR: false pairs that the threshold accepts."""
        return Rate(int(np.searchsorted(self.impostor, threshold, side="right")), len(self.impostor))

    def false_non_matches(self, threshold: float) -> Rate:
        """FNMR: true pairs that the threshold refuses."""
        accepted = int(np.searchsorted(self.genuine, threshold, side="right"))
        return Rate(len(self.genuine) - accepted, len(self.genuine))

    def at(self, threshold: float) -> CurvePoint:
        """Both rates at a threshold."""
        return CurvePoint(threshold, self.false_matches(threshold), self.false_non_matches(threshold))


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Both errors of one threshold. A curve is such points by rising threshold."""

    threshold: float
    fmr: Rate
    fnmr: Rate


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The most lenient published threshold whose FMR stays within `target`; `point` is None where it cannot be told."""

    target: float
    point: CurvePoint | None


@dataclass(frozen=True, slots=True)
class EqualErrors:
    """Where FMR and FNMR meet. `rate` is None where it cannot be told; it then lies below `below`."""

    rate: float | None
    below: float
    threshold: float | None


def curve(scores: Scores, points: int = 50) -> tuple[CurvePoint, ...]:
    """Both errors at evenly spaced thresholds, from the smallest distance seen to the largest."""
    seen = [values for values in (scores.genuine, scores.impostor) if len(values)]
    if not seen:
        return ()
    low, high = min(values[0] for values in seen), max(values[-1] for values in seen)
    return tuple(scores.at(float(threshold)) for threshold in np.linspace(low, high, points))


def operating_point(scores: Scores, target: float) -> OperatingPoint:
    """The threshold for an FMR of at most `target`.

    1. Too few false pairs to support the target, or no true pair at all: it cannot be told.
    2. So many false matches are allowed; the next one must be refused.
    3. The threshold is the largest step below that next distance; at distance 0 there is none.
    """
    impostors = len(scores.impostor)
    if impostors < trials_for(target) or not len(scores.genuine):  # 1
        return OperatingPoint(target, None)
    allowed = math.floor(target * impostors + 1e-9)  # 2
    next_one = float(scores.impostor[allowed]) if allowed < impostors else float(scores.impostor[-1]) + THRESHOLD_STEP
    return OperatingPoint(target, scores.at(step_below(next_one)) if next_one > 0 else None)  # 3


def step_below(distance: float) -> float:
    """The largest multiple of the step that is smaller than `distance`; never below 0."""
    steps = math.ceil(distance / THRESHOLD_STEP)
    while steps > 0 and round(steps * THRESHOLD_STEP, 4) >= distance:
        steps -= 1
    return round(max(steps, 0) * THRESHOLD_STEP, 4)


def equal_errors(scores: Scores) -> EqualErrors:
    """The EER: FMR rises and FNMR falls with the threshold, so the smallest gap lies where they cross."""
    if not len(scores.genuine) or not len(scores.impostor):
        return EqualErrors(None, 1.0, None)
    thresholds = np.unique(np.concatenate([scores.genuine, scores.impostor]))
    false_matches = np.searchsorted(scores.impostor, thresholds, side="right") / len(scores.impostor)
    false_non_matches = 1 - np.searchsorted(scores.genuine, thresholds, side="right") / len(scores.genuine)
    best = scores.at(float(thresholds[np.argmin(np.abs(false_matches - false_non_matches))]))
    below = max(best.fmr.high, best.fnmr.high)
    if best.fmr.value is None or best.fnmr.value is None:
        return EqualErrors(None, below, best.threshold)
    return EqualErrors((best.fmr.value + best.fnmr.value) / 2, below, best.threshold)


def _sorted(values: Iterable[float]) -> Distances:
    given = np.asarray(values if isinstance(values, np.ndarray) else list(values), np.float64)
    return np.sort(given[~np.isnan(given)])
