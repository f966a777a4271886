# SPDX-License-Identifier: Apache-2.0
"""The render boundary of every screen: each letter that is seen passes `thai.wrap` here. Nothing is read as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from wire.lettering.thai import drawable, wrap

if TYPE_CHECKING:
    from textual.geometry import Size


class Wrapped(Widget):
    """Text wrapped between words to the cells it is given. `max_lines` bounds text that others wrote."""

    ALLOW_SELECT = False

    def __init__(
        self, text: str, *, classes: str | None = None, name_id: str | None = None, max_lines: int | None = None
    ) -> None:
        super().__init__(id=name_id, classes=classes)
        self._text = text
        self._max_lines = max_lines

    @property
    def says(self) -> str:
        """The text as it was given."""
        return self._text

    def say(self, text: str) -> None:
        """Say something else."""
        self._text = text
        self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Return the cells of the longest line as written."""
        return max(cell_len(drawable(line)) for line in self._text.split("\n"))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Return the rows that the text takes at this width."""
        return len(wrap(self._text, width, max_lines=self._max_lines))

    def render(self) -> Content:
        """Draw the wrapped lines, as plain text."""
        return Content("\n".join(wrap(self._text, self.content_size.width, max_lines=self._max_lines)))
