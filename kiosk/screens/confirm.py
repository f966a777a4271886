# SPDX-License-Identifier: Apache-2.0
"""SC-06: is this you? Masked, so that only the person can recognise it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import ConfirmIdentity, Intent
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class ConfirmScreen(Moment[ConfirmIdentity]):
    """The masked name and number from the card. They are bounded and plain: a card can hold anything."""

    STEP = 2

    def body(self) -> Iterable[Widget]:
        """Yield the question, the name in the language of the screen, and the tail of the number."""
        name = self.state.name_th if self.wording.language == "th" else self.state.name_en
        yield self.line("confirm.title", "lead")
        yield self.line("confirm.name", "title", max_lines=2, name=name.replace("\n", " ") or "-")
        yield self.line("confirm.number", "lead", max_lines=1, number=self.state.number)

    def actions(self) -> tuple[Action, ...]:
        """Yes or no."""
        return (Action(Intent.NO, "confirm.no", forward=False), Action(Intent.YES, "confirm.yes"))
