# SPDX-License-Identifier: Apache-2.0
"""J9: there is no network, and the request can be taken all the same; it is not called done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Deferral, Intent
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class DeferralScreen(Moment[Deferral]):
    """What is wrong, what can be done about it now, and how the person hears of the end."""

    def body(self) -> Iterable[Widget]:
        """Yield the three."""
        yield self.line(f"failure.{self.state.failure}.title", "title")
        yield self.line("deferral.body", "lead")
        yield self.line("saved_here.body", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Come back later, or leave the request here."""
        return (Action(Intent.DONE, "button.later", forward=False), Action(Intent.DEFER, "button.defer"))
