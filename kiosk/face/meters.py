# SPDX-License-Identifier: Apache-2.0
"""The meters of the camera's screen: a measure becomes a step between the limits of its hint, and steps calm down.

It has no limits of its own: a step lies in the good band exactly when the hint is silent about that measure.
"""

from __future__ import annotations

from enum import IntEnum
from statistics import median_low
from typing import TYPE_CHECKING

from kiosk.enrollment.measures import METER_STEPS, Meters

if TYPE_CHECKING:
    from collections.abc import Iterable

_BANDS = 3
_EACH = METER_STEPS // _BANDS
NOTHING_MEASURED = Meters()
STEADY_S = 0.4  # a meter moves 2.5 times a second at most: nothing may flash more than 3 times (WCAG 2.2, 2.3.1)


class Band(IntEnum):
    """What the quality check found of a measure."""

    TOO_LITTLE = 0
    GOOD = 1
    TOO_MUCH = 2


def step(value: float, band: Band, limits: tuple[float, float], most: float) -> int:
    """Place a measure on a meter.

    Args:
        value: the measure, from 0.
        band: what was found of it, by whatever rule; the step stays within.
        limits: where the good band begins and ends.
        most: where the meter ends.
    """
    edges = (0.0, *limits, most)
    begins, ends = edges[band], edges[band + 1]
    passed = sum(bool(value >= begins + (ends - begins) * part / _EACH) for part in range(1, _EACH))
    return _EACH * band + passed


class Steady:
    """Gathers what each frame shows, and says the middle of it when `STEADY_S` have passed."""

    def __init__(self) -> None:
        self._seen: list[Meters] = []
        self._told_s = float("-inf")

    def see(self, meters: Meters, now_s: float) -> Meters | None:
        """Take one frame's steps in; None while it is too early to move."""
        self._seen.append(meters)
        if now_s - self._told_s < STEADY_S:
            return None
        seen, self._seen, self._told_s = self._seen, [], now_s
        return Meters(_middle(one.distance for one in seen), _middle(one.light for one in seen))


def _middle(steps: Iterable[int | None]) -> int | None:
    """Return the middle step, None when most of the frames had none."""
    seen = list(steps)
    known = [one for one in seen if one is not None]
    return median_low(known) if 2 * len(known) > len(seen) else None
