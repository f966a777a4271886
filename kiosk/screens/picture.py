# SPDX-License-Identifier: Apache-2.0
"""The live picture in half blocks: two pixels per cell, with an oval where the face belongs.

It keeps the newest frame only, in memory, and loses it with the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

Pixel: TypeAlias = tuple[int, int, int]  # red, green, blue: 0 to 255

_BLANK: Pixel = (16, 35, 28)
OVAL: Pixel = (255, 212, 0)
FACE_WIDTH, FACE_HEIGHT = 0.26, 0.42  # half axes of the oval as parts of the picture's width and height
_OVAL_WIDTH = 0.12  # of the radius, each side
_COLOUR_STEP = 8  # levels merged, so that styles are found in the cache


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of the camera: `height * width * 3` bytes, RGB, row by row."""

    width: int
    height: int
    rgb: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """Where each pixel of the widget comes from, for one size of widget and frame; None lies outside the frame."""

    columns: Sequence[int | None]
    rows: Sequence[int | None]
    oval: frozenset[tuple[int, int]]  # pixels (x, y) of the line
    inside: frozenset[tuple[int, int]]


class Picture(Widget):
    """A small mirrored picture of the person, so that they can place their face in the oval."""

    ALLOW_SELECT = False

    def __init__(self) -> None:
        super().__init__(classes="camera")
        self.frame = Frame(4, 3, bytes(_BLANK * 12))

    def take(self, width: int, height: int, rgb: bytes) -> None:
        """Show this frame: `height * width * 3` bytes, RGB, row by row. A frame of another size is not shown."""
        if width > 0 and height > 0 and len(rgb) == width * height * 3:
            self.frame = Frame(width, height, rgb)
            self.arrived()

    def arrived(self) -> None:
        """Draw the frame that has come."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw two rows of pixels as one row of upper half blocks."""
        columns, rows = self.size
        plan = _plan(columns, rows * 2, self.frame.width, self.frame.height)
        pairs = ((self._pixel(plan, x, 2 * y), self._pixel(plan, x, 2 * y + 1)) for x in range(columns))
        cells = [Segment("▀", _style(upper, lower)) for upper, lower in pairs]
        return Strip(cells, columns)

    def _pixel(self, plan: Plan, x: int, y: int) -> Pixel:
        if (x, y) in plan.oval:
            return OVAL
        column, row = plan.columns[x], plan.rows[y]
        if column is None or row is None:
            return _BLANK
        start = (row * self.frame.width + column) * 3
        red, green, blue = self.frame.rgb[start : start + 3]
        if (x, y) in plan.inside:
            return _merged(red, green, blue)
        return _merged(red // 2, green // 2, blue // 2)


@lru_cache(maxsize=4)
def _plan(columns: int, rows: int, width: int, height: int) -> Plan:
    """Fit a frame into the widget, whole and centred, and lay the oval over it."""
    scale = min(columns / width, rows / height)
    shown_width, shown_height = max(round(width * scale), 1), max(round(height * scale), 1)
    oval, inside = set(), set()
    for y in range(rows):
        for x in range(columns):
            across = (x + 0.5 - columns / 2) / (shown_width * FACE_WIDTH)
            down = (y + 0.5 - rows / 2) / (shown_height * FACE_HEIGHT)
            radius = (across**2 + down**2) ** 0.5
            if abs(radius - 1) <= _OVAL_WIDTH / 2 + 0.25 / max(shown_height * FACE_HEIGHT, 1):
                oval.add((x, y))
            elif radius < 1:
                inside.add((x, y))
    return Plan(
        _sources(columns, shown_width, width), _sources(rows, shown_height, height), frozenset(oval), frozenset(inside)
    )


def _sources(length: int, shown: int, source: int) -> list[int | None]:
    start = (length - shown) // 2
    return [(at - start) * source // shown if 0 <= at - start < shown else None for at in range(length)]


def _merged(red: int, green: int, blue: int) -> Pixel:
    return (red - red % _COLOUR_STEP, green - green % _COLOUR_STEP, blue - blue % _COLOUR_STEP)


@lru_cache(maxsize=8192)
def _style(upper: Pixel, lower: Pixel) -> Style:
    return Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
