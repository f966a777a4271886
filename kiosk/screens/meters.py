# SPDX-License-Identifier: Apache-2.0
"""Two bars that show where the person is: too little, good, too much. The shape says it, colour only helps.

A thin line with a thicker middle, which is good, and a block as high as the line of text where the person is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from kiosk.enrollment.measures import METER_GOOD, METER_STEPS, Meters
from wire.lettering.thai import drawable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.style import Style

_LINE, _GOOD, _HERE = "▁", "▄", "█"
_WIDEST_STEP = 2  # cells


Ends: TypeAlias = tuple[str, str]  # what stands left and right of a bar


class MeterPanel(Widget):
    """Distance above, light below; no block while nothing is measured."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"meters--scale", "meters--good", "meters--here"}

    def __init__(self, distance: Ends, light: Ends) -> None:
        super().__init__()
        self._ends = (distance, light)
        self._meters = Meters()

    def take(self, meters: Meters) -> None:
        """Show these."""
        if meters != self._meters:
            self._meters = meters
            self.refresh()

    def render(self) -> Content:
        """Draw both bars, one under the other, as wide as there is room."""
        low, high = ([drawable(words) for words in end] for end in zip(*self._ends, strict=True))
        before, after = (max(cell_len(words) for words in end) for end in (low, high))
        cells = min(max((self.content_size.width - before - after - 2) // METER_STEPS, 1), _WIDEST_STEP)
        steps = (self._meters.distance, self._meters.light)
        bars = [
            Content.assemble(
                f"{' ' * (before - cell_len(left))}{left} ",
                *self._bar(step, cells),
                f" {right}{' ' * (after - cell_len(right))}",
            )
            for left, right, step in zip(low, high, steps, strict=True)
        ]
        return Content("\n\n").join(bars)

    def _bar(self, here: int | None, cells: int) -> Iterator[tuple[str, Style]]:
        scale, good, block = (self.get_visual_style(f"meters--{part}") for part in ("scale", "good", "here"))
        for step in range(METER_STEPS):
            if step == here:
                yield _HERE * cells, block
            elif step in METER_GOOD:
                yield _GOOD * cells, good
            else:
                yield _LINE * cells, scale
