# SPDX-License-Identifier: Apache-2.0
"""SC-04: how the card goes in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import InsertCard, Intent
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

    def body(self) -> Iterable[Widget]:
        """Yield the picture and the two sentences."""
        yield Sentence(CARD_GOES_IN, classes="picture")
        yield self.line("insert_card.title", "title")
        yield self.line("insert_card.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)
