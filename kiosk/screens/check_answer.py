# SPDX-License-Identifier: Apache-2.0
"""J3: the answer to who only asked. It is shown, never spoken, not into headphones either, and names nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import CheckAnswer, Intent, Standing
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class CheckAnswerScreen(Moment[CheckAnswer]):
    """One of four answers; who has none yet may get one at once, and who has lost the code another."""

    HEARD_AS = "spoken.check_answer"

    def body(self) -> Iterable[Widget]:
        """Yield the answer and what it means."""
        yield self.line(f"check_answer.{self.state.standing}.title", "title")
        yield self.line(f"check_answer.{self.state.standing}.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Finish, or go on to an enrolment or to a new code."""
        if self.state.standing is Standing.NOT_YET:
            return (Action(Intent.DONE, "button.finish", forward=False), Action(Intent.ENROLL, "menu.enroll"))
        if self.state.standing is Standing.ACCEPTED:
            return (Action(Intent.DONE, "button.finish", forward=False), Action(Intent.NEW_CODE, "button.new_code"))
        return (Action(Intent.DONE, "button.finish"),)
