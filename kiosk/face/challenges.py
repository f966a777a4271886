# SPDX-License-Identifier: Apache-2.0
"""Which actions an attempt may ask for: two different ones in their order, one of them a turn.

A draw is never repeated within one process, so that a film of the attempt before does not fit the next one.
"""

from __future__ import annotations

import secrets
from itertools import permutations
from typing import TYPE_CHECKING

from kiosk.enrollment.evidence import Challenge

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Pair = tuple[Challenge, ...]
"""The actions of one attempt, in the order in which they are asked for."""

TURNS = frozenset({Challenge.TURN_LEFT, Challenge.TURN_RIGHT})
_ALWAYS = (Challenge.TURN_LEFT, Challenge.TURN_RIGHT, Challenge.LOOK_UP, Challenge.COME_CLOSER)
_WITH_MESH = (Challenge.BLINK, Challenge.OPEN_MOUTH)


def pairs(*, mesh: bool) -> tuple[Pair, ...]:
    """All that may be drawn: 10, or 18 with lids and lips. One action is a turn: there parallax is measured."""
    actions = _ALWAYS + _WITH_MESH if mesh else _ALWAYS
    return tuple(pair for pair in permutations(actions, 2) if TURNS & set(pair))


class Drawer:
    """Draws the challenges of one session's attempts."""

    def __init__(self, choose: Callable[[Sequence[Pair]], Pair] = secrets.choice) -> None:
        """Draw with `choose`, which a person must not be able to foresee."""
        self._choose = choose
        self._drawn: set[Pair] = set()

    def draw(self, *, mesh: bool) -> Pair:
        """Two actions that were not asked for in this order before, as long as there are such."""
        left = [pair for pair in pairs(mesh=mesh) if pair not in self._drawn]
        drawn = self._choose(left or pairs(mesh=mesh))
        self._drawn.add(drawn)
        return drawn
