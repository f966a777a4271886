# SPDX-License-Identifier: Apache-2.0
"""Words on the screen: a sentence to read, and a choice to touch.

This is the render boundary: every letter that a person sees passes `thai.wrap` here. Nothing is ever read as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from kiosk.screens.thai import drawable, wrap

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType
    from textual.geometry import Size

    from kiosk.enrollment.states import Intent
    from kiosk.screens.wording import Phrase


class Read(Widget):
    """Something to be read, and what a voice says for it: nothing unless it is given a phrase."""

    phrase: Phrase | None = None


class Sentence(Read):
    """Text wrapped between words to the cells it is given. `max_lines` bounds text that others wrote."""

    ALLOW_SELECT = False

    def __init__(
        self, text: str, *, classes: str | None = None, name_id: str | None = None, max_lines: int | None = None
    ) -> None:
        super().__init__(id=name_id, classes=classes)
        self._text = text
        self._max_lines = max_lines

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002 - Textual's signature
        """Return the cells of the longest line as written."""
        return max(cell_len(drawable(line)) for line in self._text.split("\n"))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - as above
        """Return the rows that the text takes at this width."""
        return len(wrap(self._text, width, max_lines=self._max_lines))

    def render(self) -> Content:
        """Draw the wrapped lines, as plain text."""
        return Content("\n".join(wrap(self._text, self.content_size.width, max_lines=self._max_lines)))


class Choice(Sentence, can_focus=True):
    """Something a person can choose, by touch or by Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [("enter", "choose", "")]

    class Chosen(Message):
        """The person chose this; its intent is None for what the screen settles itself."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, text: str, intent: Intent | None, *, classes: str, name_id: str, phrase: Phrase) -> None:
        super().__init__(text, classes=classes, name_id=name_id)
        self.intent = intent
        self.phrase: Phrase = phrase

    def action_choose(self) -> None:
        """Tell the screen, unless the choice is greyed."""
        if not self.disabled:
            self.post_message(self.Chosen(self))

    def on_click(self, event: events.Click) -> None:
        """Choose by touch."""
        event.stop()
        self.action_choose()
