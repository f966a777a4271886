# SPDX-License-Identifier: Apache-2.0
"""What a terminal would show of the app: its lines as text, its cells with colours, and a picture of them as SVG.

Like foot, it shapes one cell at a time and draws blocks and boxes itself, so Thai looks here as it does on the panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from rich.cells import cell_len

from wire.lettering.thai import clusters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.style import Style
    from textual.app import App
    from textual.strip import Strip

FONT = "Tlwg Mono"  # the kiosk's font: fonts-tlwg-mono-ttf
CELL_WIDTH, CELL_HEIGHT = 12, 30  # line height 1.5 times the pixel size, so that no tone mark is cut
FONT_SIZE, BASELINE = 20, 21

_QUADRANTS = {  # upper left, upper right, lower left, lower right
    "▀": "1100",
    "▄": "0011",
    "█": "1111",
    "▌": "1010",
    "▐": "0101",
    "▛": "1110",
    "▜": "1101",
    "▙": "1011",
    "▟": "0111",
}
_STRIPES = {"═": (0.35, 0.65), "▁": (0.875, 1.0)}
_BOXES = {"─": "lr", "│": "ud", "┌": "dr", "┐": "dl", "└": "ur", "┘": "ul"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cluster as drawn: where, in which colours."""

    x: int
    y: int
    text: str
    width: int
    ink: str
    paper: str
    bold: bool
    underline: bool


def lines(app: App[None]) -> list[str]:
    """Return the text of the screen, line by line."""
    return ["".join(segment.text for segment in strip if not segment.control) for strip in _strips(app)]


def beside_letters(app: App[None]) -> str:
    """Return what else the terminal is told: pictures, and where they are."""
    return "".join(segment.text for strip in _strips(app) for segment in strip if segment.control)


def cells(app: App[None]) -> Iterator[Cell]:
    """Walk the screen cell by cell."""
    for y, strip in enumerate(_strips(app)):
        x = 0
        for segment in strip:
            for text in _cell_texts(segment.text):
                yield _cell(x, y, text, segment.style)
                x += cell_len(text)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, `#rrggbb`. WCAG 2.2, 1.4.6."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def svg(app: App[None], *, cell_height: float = CELL_HEIGHT) -> str:
    """Draw the screen; a cell is `CELL_WIDTH` wide."""
    width, height = app.size.width * CELL_WIDTH, app.size.height * cell_height
    drawn = list(cells(app))
    runs = (list(run) for _, run in groupby(drawn, key=lambda cell: (cell.y, cell.paper)))
    pen = Pen(cell_height)
    shapes = [pen.rect(run[0], 0, 0, sum(cell.width for cell in run), 1, run[0].paper) for run in runs]
    shapes += [shape for cell in drawn for shape in pen.ink(cell)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family="{FONT}, DejaVu Sans Mono, monospace" font-size="{FONT_SIZE}" '
        f'shape-rendering="crispEdges">\n' + "\n".join(shapes) + "\n</svg>\n"
    )


def _luminance(colour: str) -> float:
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _strips(app: App[None]) -> list[Strip]:
    return app.screen._compositor.render_strips()  # noqa: SLF001 - the only way to the drawn lines


def _cell_texts(text: str) -> Iterator[str]:
    """Split as a terminal does: SARA AA and the leading vowels have cells of their own."""
    for cluster in clusters(text):
        base = ""
        for character in cluster:
            if base and cell_len(character):
                yield base
                base = ""
            base += character
        yield base


def _cell(x: int, y: int, text: str, style: Style | None) -> Cell:
    return Cell(x, y, text, cell_len(text), *_looks(style))


@lru_cache(4096)
def _looks(style: Style | None) -> tuple[str, str, bool, bool]:
    """Ink, paper, bold and underlined."""
    ink = style.color.get_truecolor().hex if style and style.color else "#ffffff"
    paper = style.bgcolor.get_truecolor().hex if style and style.bgcolor else "#000000"
    if style and style.reverse:
        ink, paper = paper, ink
    bold, underline = (bool(style.bold), bool(style.underline)) if style else (False, False)
    return ink, paper, bold, underline


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws cells of one height, in pixels."""

    cell_height: float

    def rect(self, cell: Cell, left: float, top: float, right: float, bottom: float, colour: str) -> str:
        """Fill a part of a cell, measured in cells."""
        x, y = (cell.x + left) * CELL_WIDTH, (cell.y + top) * self.cell_height
        width, height = (right - left) * CELL_WIDTH, (bottom - top) * self.cell_height
        return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{colour}"/>'

    def ink(self, cell: Cell) -> Iterator[str]:
        """Draw what stands in a cell."""
        if cell.underline:
            yield self.rect(cell, 0, 0.85, cell.width, 0.9, cell.ink)
        if cell.text in _QUADRANTS:
            for index, inked in enumerate(_QUADRANTS[cell.text]):
                left, top = index % 2 / 2, index // 2 / 2
                if inked == "1":
                    yield self.rect(cell, left, top, left + 0.5, top + 0.5, cell.ink)
        elif cell.text in _BOXES:
            arms = _BOXES[cell.text]
            yield self.rect(cell, 0 if "l" in arms else 0.4, 0.47, 1 if "r" in arms else 0.6, 0.53, cell.ink)
            yield self.rect(cell, 0.42, 0 if "u" in arms else 0.47, 0.58, 1 if "d" in arms else 0.53, cell.ink)
        elif cell.text in _STRIPES:
            top, bottom = _STRIPES[cell.text]
            yield self.rect(cell, 0, top, 1, bottom, cell.ink)
        elif cell.text == "░":
            yield self.rect(cell, 0, 0, 1, 1, cell.ink).replace("/>", ' opacity="0.2"/>')
        elif cell.text.strip():
            base, marks = cell.text[:1], cell.text[1:]
            yield self._text(cell, base)
            if marks:  # in a monospaced font they are as wide as their base: lay them over it
                yield self._text(cell, f"\u200d{marks}")

    def _text(self, cell: Cell, text: str) -> str:
        weight = ' font-weight="bold"' if cell.bold else ""
        x, y = cell.x * CELL_WIDTH, cell.y * self.cell_height + BASELINE + (self.cell_height - CELL_HEIGHT) / 2
        return f'<text x="{x}" y="{y:g}" fill="{cell.ink}"{weight}>{escape(text)}</text>'
