# SPDX-License-Identifier: Apache-2.0
"""A QR code in half blocks, dark on the paper's white: one cell wide and half a cell high a module.

It is drawn only where it fits whole with at least one module of quiet around it; else nothing is drawn.
Source: ISO/IEC 18004; the encoding is segno's.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import segno
from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from textual.geometry import Size

_QUIET = 1  # modules on each side; the screen's own white adds to it
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def shortest(link: str) -> str:
    """Spell a link so that its code is small: scheme and host may be in capitals, which need fewer bits.

    It helps where the path has no small letter either. Source: ISO/IEC 18004, 7.4.4; RFC 3986, 3.1 and 3.2.2.
    """
    parts = urlsplit(link)
    path = "" if parts.path == "/" else parts.path
    return f"{parts.scheme}://{parts.netloc}{path}".upper() if path == path.upper() else link


def qr_lines(text: str) -> list[str]:
    """Draw a text as a QR code of the least size, two rows of modules a line, quiet zone included."""
    rows = [list(map(bool, row)) for row in segno.make(text, error="l", boost_error=False, micro=False).matrix]
    blank = [False] * (len(rows) + 2 * _QUIET)
    framed = [blank] * _QUIET + [[False] * _QUIET + row + [False] * _QUIET for row in rows] + [blank] * _QUIET
    if len(framed) % 2:
        framed.append(blank)
    return [
        "".join(_HALVES[pair] for pair in zip(*two, strict=True)) for two in zip(framed[::2], framed[1::2], strict=True)
    ]


class QrCode(Widget):
    """A link to be photographed, or nothing where there is no room for it."""

    ALLOW_SELECT = False

    def __init__(self, link: str) -> None:
        super().__init__(classes="qr")
        self._link = link

    @cached_property
    def _lines(self) -> list[str]:
        return qr_lines(shortest(self._link))

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Return the cells of the code, none where it does not fit."""
        return len(self._lines[0]) if len(self._lines) <= container.height else 0

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Return the rows of the code."""
        return len(self._lines)

    def render(self) -> Content:
        """Draw the code whole or not at all."""
        fits = self.size.width >= len(self._lines[0]) and self.size.height >= len(self._lines)
        return Content("\n".join(self._lines) if fits else "")
