# SPDX-License-Identifier: Apache-2.0
"""J4: the card was pulled in the middle of a read. It names nobody: whoever stands here may be somebody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Intent, Purpose, PutCardBack
from kiosk.screens.insert_card import CARD_GOES_IN
from kiosk.screens.moment import Action, Moment
from kiosk.screens.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class PutCardBackScreen(Moment[PutCardBack]):
    """The same card, and nothing is lost."""

    STEP = 2

    def step(self) -> int | None:
        """Return the step, except for who only asks."""
        return None if self.state.purpose is Purpose.CHECK else self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the picture and the two sentences."""
        yield Sentence(CARD_GOES_IN, classes="picture")
        yield self.line("put_card_back.title", "title")
        yield self.line("put_card_back.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)
