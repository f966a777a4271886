# SPDX-License-Identifier: Apache-2.0
"""KPI 57 on integers: the verdict of a province, the share of provinces that pass, and the sums of a region.

It never rounds, never uses floating point, never gives a sum or the nation a verdict, and never turns a missing figure
into zero. Source: KPI 57 definition sheet (FY 2566); docs/coverage.md repeats the rules with examples.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Generic

from fleet.coverage.figures import Absence, Figures, M, Mode, Share

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fleet.coverage.indicators import Gate
    from wire.ids import ProvinceCode


class Met(StrEnum):
    """Whether one share reaches its percentage."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    MISSING = "missing"


class Verdict(StrEnum):
    """A province's verdict."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    NOT_EVALUABLE = "not_evaluable"
    NO_GATE = "no_gate"


class Flag(StrEnum):
    """What a reader must know of a province's figures before quoting them."""

    A_GT_B = "a_gt_b"
    PROXY = "proxy"
    STALE_B = "stale_b"
    UNRECONCILED = "unreconciled"
    EARLY = "early"
    MADE_UP = "made_up"


def met(share: Share, percent: int) -> Met:
    """Decide one share: 100 A >= percent B, on integers; equality passes."""
    known = share.known
    if known is None:
        return Met.MISSING
    a, b = known
    return Met.PASS if 100 * a >= percent * b else Met.FAIL


def both(staff: Met, people: Met) -> Verdict:
    """Decide a province: a known failure decides, even if the other share is missing."""
    if Met.FAIL in (staff, people):
        return Verdict.FAIL
    if Met.MISSING in (staff, people):
        return Verdict.NOT_EVALUABLE
    return Verdict.PASS


def truncated(a: int, b: int) -> str:
    """Write A of B as a percentage with two decimals, cut and never rounded: 49.998 % is `49.99`."""
    hundredths = 10_000 * a // b
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def shown(share: Share) -> str | None:
    """Write a share as `truncated` does; None when it cannot be evaluated."""
    known = share.known
    return None if known is None else truncated(*known)


def need(b: int, percent: int) -> int:
    """Give the fewest people that reach the percentage of B."""
    return -(-percent * b // 100)


def gap(share: Share, percent: int) -> int | None:
    """Give how many people are still lacking; 0 when it is reached, None when it cannot be evaluated."""
    known = share.known
    return None if known is None else max(0, need(known[1], percent) - known[0])


QUARTERS_OF_THE_WAY = 4


def quarters_of_the_way(share: Share, percent: int) -> int | None:
    """Give how many whole quarters of the way to the percentage are behind: 4 when it is reached; None if unknown."""
    known = share.known
    if known is None:
        return None
    a, b = known
    return min(QUARTERS_OF_THE_WAY, QUARTERS_OF_THE_WAY * 100 * a // (percent * b))


@dataclass(frozen=True, slots=True)
class ProvinceResult(Generic[M]):
    """A province's figures and what follows from them. Without a gate nothing is decided."""

    figures: Figures[M]
    staff: Met | None
    people: Met | None
    staff_gap: int | None
    people_gap: int | None
    verdict: Verdict
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class National:
    """How many provinces pass. No threshold is published for this share, so it has no verdict."""

    passed: int
    failed: int
    in_scope: int

    @property
    def headline(self) -> str:
        """The share of all provinces in scope: a missing figure counts against."""
        return truncated(self.passed, self.in_scope)

    @property
    def of_evaluable(self) -> str | None:
        """The share of the provinces that could be decided, printed beside the headline; None if none could."""
        decided = self.passed + self.failed
        return truncated(self.passed, decided) if decided else None


def assess(figures: Figures[M], gate: Gate | None) -> ProvinceResult[M]:
    """Decide one province by a gate; None is "no gate stated"."""
    flags = _flags(figures)
    if gate is None:
        return ProvinceResult(figures, None, None, None, None, Verdict.NO_GATE, flags)
    staff, people = met(figures.staff, gate.staff_percent), met(figures.people, gate.people_percent)
    return ProvinceResult(
        figures=figures,
        staff=staff,
        people=people,
        staff_gap=gap(figures.staff, gate.staff_percent),
        people_gap=gap(figures.people, gate.people_percent),
        verdict=both(staff, people),
        flags=flags,
    )


def assess_all(
    provinces: Mapping[ProvinceCode, Figures[M]], gate: Gate | None
) -> dict[ProvinceCode, ProvinceResult[M]]:
    """Decide every province by one gate."""
    return {code: assess(figures, gate) for code, figures in provinces.items()}


def national(verdicts: Iterable[Verdict]) -> National:
    """Count the verdicts of all provinces in scope."""
    counted = list(verdicts)
    return National(counted.count(Verdict.PASS), counted.count(Verdict.FAIL), len(counted))


def total(provinces: Iterable[Figures[M]]) -> Figures[M]:
    """Sum the provinces of a region: numerators over denominators, never the mean of percentages.

    Raises:
        MixedFiguresError: the figures were not counted the same way.
        ValueError: there is no province to sum.
    """
    figures = list(provinces)
    if not figures:
        message = "a region has at least one province; give its figures"
        raise ValueError(message)
    return reduce(add, figures)


def _flags(figures: Figures[M]) -> tuple[Flag, ...]:
    stale = figures.snapshot is not None and figures.snapshot != figures.fiscal_year
    raised = {
        Flag.A_GT_B: figures.staff.a_exceeds_b or figures.people.a_exceeds_b,
        Flag.PROXY: figures.mode is Mode.PROXY,
        Flag.STALE_B: stale,
        Flag.UNRECONCILED: Absence.UNRECONCILED in (figures.staff.absence, figures.people.absence),
        Flag.EARLY: figures.early,
        Flag.MADE_UP: figures.made_up,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)
