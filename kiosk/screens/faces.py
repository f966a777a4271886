# SPDX-License-Identifier: Apache-2.0
"""Five faces from very unhappy to very happy, drawn in half blocks: no font of a kiosk has pictures of faces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from kiosk.screens.sentence import Choice

if TYPE_CHECKING:
    from textual.geometry import Size

    from kiosk.enrollment.states import Intent
    from kiosk.screens.wording import Wording

_EYES = (" #   # ", " #   # ", "       ")
_MOUTHS = (
    ("  ###  ", " #   # ", "#     #"),
    ("       ", "  ###  ", " #   # "),
    ("       ", " ##### ", "       "),
    (" #   # ", "  ###  ", "       "),
    ("#     #", " #   # ", "  ###  "),
)
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def face_lines(mood: int) -> list[str]:
    """Draw a face, 0 very unhappy to 4 very happy: three lines of seven cells."""
    rows = (*_EYES, *_MOUTHS[mood])
    pairs = zip(rows[::2], rows[1::2], strict=True)
    return ["".join(_HALVES[up == "#", low == "#"] for up, low in zip(*pair, strict=True)) for pair in pairs]


class FaceChoice(Choice):
    """One face to touch."""

    def __init__(self, mood: int, intent: Intent, wording: Wording) -> None:
        phrase = wording.phrase(f"spoken.{intent}")
        super().__init__("", intent, classes="choice face", name_id=f"choice-{intent}", phrase=phrase)
        self._lines = face_lines(mood)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Return the cells of the drawing."""
        return len(self._lines[0])

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Return the rows of the drawing."""
        return len(self._lines)

    def render(self) -> Content:
        """Draw the face."""
        return Content("\n".join(self._lines))
