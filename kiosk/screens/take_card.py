# SPDX-License-Identifier: Apache-2.0
"""SC-13 and J8: the last word, with or without a card in the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Goodbye, Intent, TakeCard
from kiosk.screens.moment import Action, Moment
from kiosk.screens.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

_CARD = """\
════════════════════════
┌───────▄▄▄▄▄▄───────┐
│       ██████       │
│       ▀▀▀▀▀▀       │
└────────────────────┘"""


class TakeCardScreen(Moment[TakeCard]):
    """Please take your card. Only taking it ends this screen."""

    def body(self) -> Iterable[Widget]:
        """Yield what to do first, then why the session ends."""
        yield Sentence(_CARD, classes="picture")
        yield self.line("take_card.title", "title")
        yield self.line(f"farewell.{self.state.why}", "lead")


class GoodbyeScreen(Moment[Goodbye]):
    """Why the session ends."""

    def body(self) -> Iterable[Widget]:
        """Yield the last word."""
        yield self.line(f"farewell.{self.state.why}", "title")

    def actions(self) -> tuple[Action, ...]:
        """Done: the next person need not wait."""
        return (Action(Intent.DONE, "button.finish"),)
