# SPDX-License-Identifier: Apache-2.0
"""Words on the screen: a sentence to read, and a choice to touch.

Every letter that a person sees is wrapped and drawn by `wire.lettering.wrapped`. Nothing is ever read as markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.widget import Widget

from wire.lettering.wrapped import Wrapped

if TYPE_CHECKING:
    from textual import events
    from textual.binding import BindingType

    from kiosk.enrollment.states import Intent
    from kiosk.screens.wording import Phrase


class Read(Widget):
    """Something to be read, and what a voice says for it: nothing unless it is given a phrase."""

    phrase: Phrase | None = None


class Sentence(Read, Wrapped):
    """Text wrapped between words to the cells it is given. `max_lines` bounds text that others wrote."""


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
