# SPDX-License-Identifier: Apache-2.0
"""SC-04: how the card goes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import InsertCard, Intent, Purpose
from kiosk.screens.moment import Action, Moment
from kiosk.screens.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

CARD_GOES_IN = """\
┌────────────────────┐
│       ▄▄▄▄▄▄       │
│       ██████       │
└───────▀▀▀▀▀▀───────┘
════════════════════════"""


class InsertCardScreen(Moment[InsertCard]):
    """Chip up, all the way."""

    STEP = 2

    def step(self) -> int | None:
        """Return the step, except for who only asks."""
        return None if self.state.purpose is Purpose.CHECK else self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the picture, the two sentences, and for who only asks what becomes of what is read."""
        only_asks = self.state.purpose is not Purpose.ENROLL
        yield Sentence(CARD_GOES_IN, classes="picture spare" if only_asks else "picture")
        yield self.line("insert_card.title", "title")
        yield self.line("insert_card.body", "lead")
        if only_asks:
            yield self.line("insert_card.check", "plain strong")

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)
