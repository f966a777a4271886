# SPDX-License-Identifier: Apache-2.0
"""J4 to J7 and J9: something went wrong, what the person can do now, and the number that helps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Intent, Problem
from kiosk.screens.moment import COMPLAIN, Action, Moment
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class ProblemScreen(Moment[Problem]):
    """Neutral words; the cause code is for staff and is not shown."""

    def body(self) -> Iterable[Widget]:
        """Yield the fact, the remedy, where staff go on, and the help number."""
        yield self.line(f"failure.{self.state.failure}.title", "title")
        yield self.line(f"failure.{self.state.failure}.body", "lead")
        if self.state.counter:
            yield self.line("problem.counter", "lead strong", counter=Public(self.state.counter))
        yield self.line("problem.help", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Finish, say that something is not right, and try again where that may help."""
        if not self.state.retry:
            return (COMPLAIN, Action(Intent.DONE, "button.finish"))
        return (Action(Intent.DONE, "button.finish", forward=False), COMPLAIN, Action(Intent.RETRY, "button.retry"))
