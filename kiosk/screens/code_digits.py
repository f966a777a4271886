# SPDX-License-Identifier: Apache-2.0
"""The one-time code in digits that can be read from an arm's length, drawn in half blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from kiosk.screens.sentence import Read
from wire.lettering.thai import drawable

if TYPE_CHECKING:
    from textual.geometry import Size

    from kiosk.screens.wording import Wording

_SHAPES = {
    "0": ("###", "# #", "# #", "# #", "###"),
    "1": ("## ", " # ", " # ", " # ", "###"),
    "2": ("###", "  #", "###", "#  ", "###"),
    "3": ("###", "  #", "###", "  #", "###"),
    "4": ("# #", "# #", "###", "  #", "  #"),
    "5": ("###", "#  ", "###", "  #", "###"),
    "6": ("###", "#  ", "###", "# #", "###"),
    "7": ("###", "  #", "  #", "  #", "  #"),
    "8": ("###", "# #", "###", "# #", "###"),
    "9": ("###", "# #", "###", "  #", "###"),
    " ": (" ", " ", " ", " ", " "),
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_ROOMY_ROWS = 20  # a screen this high has room for digits of double size
_GROUP = 3


def grouped(code: str) -> str:
    """Set a space in the middle of six digits, as people read them."""
    return f"{code[:_GROUP]} {code[_GROUP:]}" if code.isdecimal() and len(code) == 2 * _GROUP else code


def block_digits(code: str, scale: int) -> list[str]:
    """Draw digits and spaces; every pixel is `scale` cells wide and `scale` half cells high."""
    pixel_rows = [" ".join(_SHAPES[digit][row] for digit in code) for row in range(5)]
    tall = ["".join(pixel * scale for pixel in row) for row in pixel_rows for _ in range(scale)]
    if len(tall) % 2:
        tall.append(" " * len(tall[0]))
    pairs = zip(tall[::2], tall[1::2], strict=True)
    return ["".join(_HALVES[up == "#", low == "#"] for up, low in zip(*pair, strict=True)) for pair in pairs]


class CodeDigits(Read):
    """A code as block digits, or as plain letters when it is not digits or does not fit; said digit by digit."""

    ALLOW_SELECT = False

    def __init__(self, code: str, wording: Wording) -> None:
        super().__init__(classes="code")
        self.phrase = wording.phrase("spoken.code", code=" ".join(code))
        self._code = drawable(grouped(code))

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the cells of the drawing."""
        return len(self._lines(container.width, viewport.height)[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """Return the rows of the drawing."""
        return len(self._lines(container.width, viewport.height))

    def render(self) -> Content:
        """Draw the code."""
        return Content("\n".join(self._lines(self.size.width, self.app.size.height)))

    def _lines(self, width: int, screen_rows: int) -> list[str]:
        scales = (2, 1) if screen_rows >= _ROOMY_ROWS else (1,)
        if set(self._code) <= _SHAPES.keys():
            for scale in scales:
                lines = block_digits(self._code, scale)
                if len(lines[0]) <= width:
                    return lines
        return [self._code]
