# SPDX-License-Identifier: Apache-2.0
"""Says a calibration in tables that read as Markdown. It names no person and no picture, and never calls a rate 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.face.evaluation.calibration import SLICE_PEOPLE_AT_LEAST
from kiosk.face.evaluation.rates import FMR_TARGETS, Rate, Scores, equal_errors, operating_point, trials_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kiosk.face.evaluation.attacks import AttackFindings
    from kiosk.face.evaluation.calibration import Calibration
    from kiosk.face.evaluation.comparisons import Compared
    from kiosk.face.evaluation.rates import EqualErrors, OperatingPoint
    from kiosk.face.policy import ComparisonPolicy

CANNOT_BE_TOLD = "cannot be told"
RATES_HEAD = ("compared", "true / false pairs", "EER", *(f"FNMR at FMR {target:g}" for target in FMR_TARGETS))
_NOTES = """\
* Intervals are 95 % (Wilson; rule of three where no error was seen) and take pairs for independent. Pairs that share a
  person are not, so the true intervals are wider.
* A true pair is a visit against a card made from another picture of the same person; cards are simulated: 148x178
  pixels, 36 between the eyes, at most 5,118 bytes.
* No quality gate, challenge or attack detection stands before these comparisons: they are of pictures, not visits."""
_NUMBERS = {2: "two", 3: "three", 4: "four"}


def report(calibration: Calibration, single: Compared | None, rules: ComparisonPolicy) -> str:
    """The whole report.

    Args:
        calibration: what was found.
        single: the same visits with one frame each, for comparison.
        rules: the thresholds in use, to be judged by the data.
    """
    return "\n\n".join(_sections(calibration, single, rules)) + "\n"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded so that it also reads as text."""
    cells = [list(head), *map(list, rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def rates_row(name: str, scores: Scores) -> tuple[str, ...]:
    """One way of comparing under `RATES_HEAD`."""
    points = (operating_point(scores, target) for target in FMR_TARGETS)
    pairs = f"{_count(len(scores.genuine))} / {_count(len(scores.impostor))}"
    return name, pairs, _equal(equal_errors(scores)), *(_point(point, scores) for point in points)


def way(name: str, frames: int) -> str:
    """What stands before a row: the describer, and how many frames it fused."""
    return f"{name}, one frame" if frames == 1 else f"{name}, {_NUMBERS.get(frames, frames)} frames fused"


def percent(value: float) -> str:
    """Three significant digits, and no exponent."""
    shown = f"{value * 100:.3g}"
    return f"{value * 100:.5f}".rstrip("0") + " %" if "e-" in shown else f"{float(shown):g} %"


def rate_text(rate: Rate) -> str:
    """A rate with its interval, or how far it can be told."""
    if rate.trials == 0:
        return f"{CANNOT_BE_TOLD} (nothing compared)"
    if rate.value is None:
        return f"{CANNOT_BE_TOLD}, below {percent(rate.high)} (0 of {_count(rate.trials)})"
    return f"{percent(rate.value)} [{percent(rate.low)[:-2]}, {percent(rate.high)[:-2]}]"


def _sections(calibration: Calibration, single: Compared | None, rules: ComparisonPolicy) -> Iterator[str]:
    scores = calibration.scores
    yield f"# Calibration of {calibration.engine}"
    yield "\n".join(f"* {line}" for line in _told(calibration, scores))
    rows = [rates_row(way(calibration.engine, calibration.compared.frames), scores)]
    if single is not None and single.frames != calibration.compared.frames:
        rows.append(rates_row(way(calibration.engine, single.frames), Scores.of(single.genuine, single.impostor)))
    yield table(RATES_HEAD, rows)
    yield "## At the thresholds in use"
    yield table(("zone", "distance at most", "FMR", "FNMR"), [*_zones(scores, rules)])
    if calibration.slices is not None:
        yield "## Slices, each compared among itself"
        yield from _slices(calibration, scores)
    if calibration.attacks is not None:
        yield "## Attack detection alone (ISO/IEC 30107-3)"
        yield _attacks(calibration.attacks)
    yield _NOTES


def _told(calibration: Calibration, scores: Scores) -> Iterator[str]:
    people, compared = calibration.plan.people, calibration.compared
    yield f"Compared: {calibration.description}."
    pictures = len(calibration.plan.live_places() | calibration.plan.card_places())
    yield f"{_count(len(people.names))} people, {_count(pictures)} pictures used, {_count(people.left_out)} left out."
    missing = len(compared.genuine) - len(scores.genuine), len(compared.impostor) - len(scores.impostor)
    yield f"Not compared for want of a usable face: {_count(missing[0])} true and {_count(missing[1])} false pairs."
    if calibration.slices is not None and calibration.slices.strangers:
        yield f"Rows of the slices file that name nobody in the folder: {calibration.slices.strangers}."
    for digest in calibration.model_digests:
        yield f"Model {digest}."


def _zones(scores: Scores, rules: ComparisonPolicy) -> Iterator[tuple[str, ...]]:
    for name, threshold in (("match", rules.match_at_most), ("match or staff looks", rules.staff_at_most)):
        at = scores.at(threshold)
        yield name, f"{threshold:g}", rate_text(at.fmr), rate_text(at.fnmr)


def _slices(calibration: Calibration, everybody: Scores) -> Iterator[str]:
    points = [point for point in (operating_point(everybody, target) for target in FMR_TARGETS) if point.point]
    at_everybodys = [
        "slice",
        "people",
        *(f"FMR at everybody's {point.target:g}" for point in points),
        "times everybody's",
    ]
    rows, own = [], []
    for name, members in (calibration.slices.members if calibration.slices else {}).items():
        if len(members) < SLICE_PEOPLE_AT_LEAST:
            few = f"{CANNOT_BE_TOLD} (fewer than {SLICE_PEOPLE_AT_LEAST} people)"
            rows.append([name, str(len(members)), *[few] * (len(points) + 1)])
            continue
        scores = calibration.scores_of(members)
        found = [scores.at(point.point.threshold).fmr for point in points if point.point]
        rows.append([name, str(len(members)), *map(rate_text, found), _times(found, points)])
        own.append(rates_row(name, scores))
    yield table(at_everybodys, rows)
    if own:
        yield table(("its own thresholds", *RATES_HEAD[1:]), own)


def _times(found: Sequence[Rate], points: Sequence[OperatingPoint]) -> str:
    # At the strictest threshold at which the slice still shows a false match.
    for rate, point in reversed([*zip(found, points, strict=True)]):
        everybody = point.point.fmr.value if point.point else None
        if rate.value is not None and everybody:
            return f"{rate.value / everybody:.2g} at {point.target:g}"
    return CANNOT_BE_TOLD


def _attacks(attacks: AttackFindings) -> str:
    rows = [
        (name, "APCER", rate_text(found.apcer), _count(found.apcer.trials), _count(found.not_responded))
        for name, found in attacks.species.items()
    ]
    if attacks.bona_fide is not None:
        found = attacks.bona_fide
        rows.append(
            ("bona fide", "BPCER", rate_text(found.bpcer), _count(found.bpcer.trials), _count(found.not_responded))
        )
    return table(("presentations, the worst first", "rate", "95 %", "classified", "no response"), rows)


def _equal(found: EqualErrors) -> str:
    if found.threshold is None:
        return f"{CANNOT_BE_TOLD} (nothing compared)"
    if found.rate is None:
        return f"{CANNOT_BE_TOLD}, below {percent(found.below)}"
    return f"{percent(found.rate)} at {found.threshold:.4f}"


def _point(found: OperatingPoint, scores: Scores) -> str:
    if found.point is None:
        needed = trials_for(found.target)
        if len(scores.impostor) < needed:
            return f"{CANNOT_BE_TOLD} (needs {_count(needed)} false pairs)"
        return f"{CANNOT_BE_TOLD} (no threshold keeps it)"
    return f"{rate_text(found.point.fnmr)} at {found.point.threshold:.4f}"


def _count(number: int) -> str:
    return f"{number:,}"
