# SPDX-License-Identifier: Apache-2.0
"""Judges an indicator of the registry on integers: shares, growths and counts against the gates of a document.

It never rounds and never turns a missing figure into zero. A known failure decides, even if another part is missing;
where a document states a count and a percentage that decide differently, the verdict is that it contradicts itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.coverage.kpi57 import need, truncated

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fleet.coverage.fiscal import Period

WHOLE = ""  # the part that stands for all
EACH = "*"  # every part of a name, each by itself


class Measure(StrEnum):
    """What of a figure is compared with a gate."""

    SHARE = "share"  # 100 x num of den, in percent
    GROWTH = "growth"  # 100 x (num - den) of den, in percent
    COUNT = "count"  # num alone


class Comparator(StrEnum):
    """How a document words its gate: "at least" unless it says more than."""

    AT_LEAST = "at_least"
    MORE_THAN = "more_than"
    AT_MOST = "at_most"


class Judgement(StrEnum):
    """What is said of an indicator, or of one part of it."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    CONFLICT = "conflict"  # the document's count and its percentage decide differently
    NOT_EVALUABLE = "not_evaluable"
    NO_GATE = "no_gate"


class Remark(StrEnum):
    """What a reader must know of a figure before quoting it."""

    A_GT_B = "a_gt_b"
    SMALL_SAMPLE = "small_sample"
    NO_UNITS = "no_units"  # a part of which there is nothing: it passes, vacuously
    DOCUMENT_CONTRADICTS_ITSELF = "document_contradicts_itself"


@dataclass(frozen=True, slots=True)
class Figure:
    """An imported figure; `None` is missing, 0 is zero. A count has no `den`."""

    num: int | None
    den: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A threshold: whole percent, or a number of things. `period` None: the document states no date."""

    period: Period | None
    threshold: int
    part: str = WHOLE
    comparator: Comparator = Comparator.AT_LEAST
    stated: int | None = None  # the count that stands beside the percentage


_ALL = (Gate(None, 100),)  # "every one", at no stated date


@dataclass(frozen=True, slots=True)
class Indicator:
    """One row of the registry. `parts` are the figures that it is made of; none: one figure for the whole."""

    code: str
    title_th: str
    title_en: str
    gates: tuple[Gate, ...] = _ALL
    measure: Measure = Measure.SHARE
    parts: tuple[str, ...] = ()
    small_below: int = 0  # of `den`: fewer answers are remarked on
    empty_part_passes: bool = False

    def takes(self, part: str) -> bool:
        """Whether a figure of this part belongs to it."""
        return any(_named(part, known) for known in self.parts or (WHOLE,))


@dataclass(frozen=True, slots=True)
class Finding:
    """One part against one gate. `shown` is cut and never rounded; `lacking` is how many more are needed."""

    part: str
    gate: Gate
    judgement: Judgement
    figure: Figure
    shown: str | None
    lacking: int | None
    remarks: tuple[Remark, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """An indicator at the end of a quarter."""

    indicator: Indicator
    judgement: Judgement
    findings: tuple[Finding, ...]


def judge(indicator: Indicator, period: Period, figures: Mapping[str, Figure]) -> Judged:
    """Judge the figures of one period by their parts.

    Gates of the period count; those without a date count in every one.
    """
    findings = tuple(
        _finding(indicator, gate, part, figure)
        for gate in indicator.gates
        if gate.period in {None, period}
        for part, figure in _of(gate, figures)
    )
    return Judged(indicator, _together(findings), findings)


def _together(findings: tuple[Finding, ...]) -> Judgement:
    found = {finding.judgement for finding in findings}
    for judgement in (Judgement.FAIL, Judgement.CONFLICT, Judgement.NOT_EVALUABLE, Judgement.PASS):
        if judgement in found:
            return judgement
    return Judgement.NO_GATE


def _of(gate: Gate, figures: Mapping[str, Figure]) -> Iterator[tuple[str, Figure]]:
    if gate.part == WHOLE:
        yield WHOLE, figures.get(WHOLE) or _summed(figures)
        return
    named = [(part, figure) for part, figure in sorted(figures.items()) if _named(part, gate.part)]
    yield from named or [(gate.part, Figure(None))]


def _named(part: str, known: str) -> bool:
    if not known.endswith(EACH):
        return part == known
    return part.startswith(known.removesuffix(EACH)) and len(part) >= len(known)


def _summed(figures: Mapping[str, Figure]) -> Figure:
    # A sum over parts of which one is missing would be a smaller whole than there is.
    nums, dens = [each.num for each in figures.values()], [each.den for each in figures.values()]
    known = [num for num in nums if num is not None], [den for den in dens if den is not None]
    whole = figures and (len(known[0]), len(known[1])) == (len(nums), len(dens))
    return Figure(sum(known[0]), sum(known[1])) if whole else Figure(None)


def _finding(indicator: Indicator, gate: Gate, part: str, figure: Figure) -> Finding:
    if indicator.empty_part_passes and part != WHOLE and figure.den == 0:
        return Finding(part, gate, Judgement.PASS, figure, None, None, (Remark.NO_UNITS,))
    known = _known(indicator.measure, figure)
    if known is None:
        return Finding(part, gate, Judgement.NOT_EVALUABLE, figure, None, None, ())
    value, of = known
    percent_met = _met(value, of, gate)
    counted = figure.num if gate.stated is not None else None
    conflict = counted is not None and gate.stated is not None and (counted >= gate.stated) is not percent_met
    judged = Judgement.PASS if percent_met else Judgement.FAIL
    return Finding(
        part=part,
        gate=gate,
        judgement=Judgement.CONFLICT if conflict else judged,
        figure=figure,
        shown=str(value) if of is None else _signed(value, of),
        lacking=None if gate.comparator is Comparator.AT_MOST else _lacking(value, of, gate),
        remarks=tuple(_remarks(indicator, gate, figure)),
    )


def _known(measure: Measure, figure: Figure) -> tuple[int, int | None] | None:
    # The two numbers whose share is compared; a count is compared as it is.
    num, den = figure.num, figure.den
    if measure is Measure.COUNT:
        return None if num is None else (num, None)
    if num is None or not den:
        return None
    return (num if measure is Measure.SHARE else num - den), den


def _met(value: int, of: int | None, gate: Gate) -> bool:
    left, right = (value, gate.threshold) if of is None else (100 * value, gate.threshold * of)
    match gate.comparator:
        case Comparator.AT_LEAST:
            return left >= right
        case Comparator.MORE_THAN:
            return left > right
        case Comparator.AT_MOST:
            return left <= right


def _lacking(value: int, of: int | None, gate: Gate) -> int:
    more = 1 if gate.comparator is Comparator.MORE_THAN else 0
    if of is None:
        return max(0, gate.threshold + more - value)
    wanted = gate.threshold * of // 100 + 1 if more else need(of, gate.threshold)
    return max(0, wanted - value)


def _signed(value: int, of: int) -> str:
    return truncated(value, of) if value >= 0 else f"-{truncated(-value, of)}"


def _remarks(indicator: Indicator, gate: Gate, figure: Figure) -> Iterator[Remark]:
    if figure.num is None or figure.den is None:
        return
    if indicator.measure is Measure.SHARE and figure.num > figure.den:
        yield Remark.A_GT_B
    if figure.den < indicator.small_below:
        yield Remark.SMALL_SAMPLE
    if gate.stated is not None and need(figure.den, gate.threshold) != gate.stated:
        yield Remark.DOCUMENT_CONTRADICTS_ITSELF
