# SPDX-License-Identifier: Apache-2.0
"""SC-08: the central system is being asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Checking, Intent, Purpose
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class CheckingScreen(Moment[Checking]):
    """One moment, or an honest word that it takes longer."""

    STEP = 4

    def step(self) -> int | None:
        """Return the step, except for who only asks."""
        return None if self.state.purpose is Purpose.CHECK else self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the wait."""
        yield self.line("checking.title", "title")
        yield self.line("checking.slow" if self.state.slow else "checking.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)
