# SPDX-License-Identifier: Apache-2.0
"""Measures how many times longer one piece of work takes than another, and prints it as a table.

Both are timed in turns in one run, so that a machine that is busy slows both. It asserts nothing and prints no seconds:
those say more about the machine than about the code.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ROUNDS = 15
_SLICE_S = 0.01  # one timing lasts at least so long: the clock and its own cost do not show


@dataclass(frozen=True, slots=True)
class Ratio:
    """Time over the baseline's time: the middle of all rounds, and the middle half of them."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, ratios: Sequence[float]) -> Ratio:
        """Sum up the rounds."""
        low, middle, high = statistics.quantiles(ratios, n=4)
        return cls(middle, low, high)

    def columns(self) -> tuple[str, str]:
        """What stands in a table: the ratio and its spread."""
        return f"{self.middle:.2f}", f"{self.low:.2f}-{self.high:.2f}"


def compare(work: Callable[[], object], baseline: Callable[[], object], *, rounds: int = _ROUNDS) -> Ratio:
    """Time both in turns; each is repeated until a timing is long enough to believe."""
    work_times, baseline_times = _repetitions(work), _repetitions(baseline)
    ratios = []
    for _ in range(rounds):
        base_s = _seconds(baseline, baseline_times) / baseline_times
        ratios.append(_seconds(work, work_times) / work_times / base_s)
    return Ratio.of(ratios)


def against(timed: Sequence[dict[str, float]], name: str, baseline: str) -> Ratio:
    """Compare two pieces of work that were timed elsewhere, round by round."""
    return Ratio.of([seconds[name] / seconds[baseline] for seconds in timed])


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table that also reads as Markdown."""
    cells = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(columns))]
    print(f"\n{title}\n")
    for n, row in enumerate(cells):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if n == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


def _repetitions(work: Callable[[], object]) -> int:
    """How often a piece of work is done in one timing; finding out also warms it up."""
    times = 1
    while _seconds(work, times) < _SLICE_S:
        times *= 2
    return times


def _seconds(work: Callable[[], object], times: int) -> float:
    started = time.perf_counter()
    for _ in range(times):
        work()
    return time.perf_counter() - started
