# SPDX-License-Identifier: Apache-2.0
"""A helper was called. It says that the staff know only when somebody there watches for it and the call has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import HelpCalled, Intent
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class HelpCalledScreen(Moment[HelpCalled]):
    """Wait here, or call somebody near; nothing is lost meanwhile."""

    OFFERS_HELP = False

    def body(self) -> Iterable[Widget]:
        """Yield who knows, what to do meanwhile, and the number that helps."""
        told = "told" if self.state.told else "untold"
        yield self.line(f"help_called.{told}.title", "title")
        yield self.line(f"help_called.{told}.body", "lead")
        yield self.line("problem.help", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Go on."""
        return (Action(Intent.BACK, "help_called.go_on"),)
