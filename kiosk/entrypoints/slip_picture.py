# SPDX-License-Identifier: Apache-2.0
"""Draws a slip as black dots on white, because printers do not agree on how Thai letters are sent.

It draws words and nothing else. Marks are shaped by the font (Raqm), which every wheel of Pillow brings.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw, ImageFont

from kiosk.screens.slip import Look
from wire.lettering.thai import WORD_MARK, clusters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from kiosk.screens.slip import Line

_SIZES = {Look.BANNER: 34, Look.TITLE: 36, Look.CODE: 96, Look.TEXT: 30}  # dots, on paper of 384
_BOLD = {Look.BANNER: 1, Look.TITLE: 1, Look.CODE: 2, Look.TEXT: 0}  # dots that strokes grow on each side
_NARROW_DOTS = 384  # 58 mm paper at 203 dots an inch
_LARGEST = 1.25  # wider paper gets letters so much larger, and more air
_GAPS = {Look.BANNER: 16, Look.TITLE: 18, Look.CODE: 22, Look.TEXT: 10}  # dots below a sentence; its rows have none
_MARGIN = 10  # dots that stay white on each side
_AROUND = 16  # dots above, below and around a banner
_BREAKS = re.compile(f"{WORD_MARK}|( )")
_INK = 128  # a pixel that is darker becomes a dot


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of letters: `above` and `below` its baseline with all marks, then a gap."""

    text: str
    look: Look
    font: ImageFont.FreeTypeFont
    left: int
    width: int
    above: int
    below: int
    gap: int

    @property
    def band(self) -> int:
        """How high the black of a banner is, or the row."""
        return self.above + self.below + (2 * _AROUND if self.look is Look.BANNER else 0)


def drawn(lines: Iterable[Line], width_dots: int, font: Path) -> Image.Image:
    """Return the slip as `1[height, width_dots]`, 0 where a dot is printed."""
    scale = min(width_dots / _NARROW_DOTS, _LARGEST)
    rows = [row for line in lines for row in _rows(line, width_dots - 2 * _MARGIN, font, scale)]
    paper = Image.new("L", (width_dots, sum(row.band + row.gap for row in rows) + 2 * _AROUND), 255)
    top = _AROUND
    for row in rows:
        _draw(ImageDraw.Draw(paper), row, top, width_dots)
        top += row.band + row.gap
    return paper.point([0] * _INK + [255] * (256 - _INK), "1")


def letters(lines: Iterable[Line]) -> frozenset[str]:
    """Return the letters that a font must have."""
    return frozenset(letter for line in lines for letter in line.text if letter not in {WORD_MARK, " ", "\n"})


def _draw(ink: ImageDraw.ImageDraw, row: _Row, top: int, width_dots: int) -> None:
    bold, fill, baseline = _BOLD[row.look], 0, top + row.above
    if row.look is Look.BANNER:
        ink.rectangle((0, top, width_dots - 1, top + row.band - 1), fill=0)
        fill, baseline = 255, baseline + _AROUND
    left = (width_dots - row.width) // 2 - row.left
    ink.text((left, baseline), row.text, fill, row.font, anchor="ls", stroke_width=bold, stroke_fill=fill)


def _rows(line: Line, room: int, font: Path, scale: float) -> Iterator[_Row]:
    look = line.look
    size = round(_SIZES[look] * scale)
    face = ImageFont.truetype(str(font), size)
    while look is Look.CODE and _width(line.text, face, look) > room:  # a code is never broken
        size -= 2
        face = ImageFont.truetype(str(font), size)
    # Digits have no marks: no room is kept for them.
    ascent, descent = (0, 0) if look is Look.CODE else face.getmetrics()
    texts = [line.text] if look is Look.CODE else list(_wrapped(line, room, face))
    for n, text in enumerate(texts, start=1):
        left, top, right, bottom = face.getbbox(text, anchor="ls", stroke_width=_BOLD[look])
        yield _Row(
            text=text,
            look=look,
            font=face,
            left=math.floor(left),
            width=math.ceil(right) - math.floor(left),
            above=max(ascent, math.ceil(-top)),
            below=max(descent, math.ceil(bottom)),
            gap=_GAPS[look] if n == len(texts) else 0,
        )


def _wrapped(line: Line, room: int, face: ImageFont.FreeTypeFont) -> Iterator[str]:
    """Break between words where it must; a word that is too long is broken between clusters."""
    for paragraph in line.text.split("\n"):
        row = ""
        for word in filter(None, _BREAKS.split(paragraph)):
            for piece in [word] if _width(word, face, line.look) <= room else clusters(word):
                if row and _width((row + piece).rstrip(), face, line.look) > room:
                    yield row.rstrip()
                    row = ""
                row = (row + piece).lstrip()
        yield row.rstrip()


def _width(text: str, face: ImageFont.FreeTypeFont, look: Look) -> float:
    left, _, right, _ = face.getbbox(text, anchor="ls", stroke_width=_BOLD[look])
    return right - left
