# SPDX-License-Identifier: Apache-2.0
"""J8: the idle warning. The seconds come with the state; the screen has no clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Intent, StillThere
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class StillThereScreen(Moment[StillThere]):
    """How long is left, and a way to have more."""

    def body(self) -> Iterable[Widget]:
        """Yield the question and the seconds."""
        yield self.line("still_there.title", "title")
        yield self.line("still_there.body", "lead", seconds=self.state.seconds_left)

    def actions(self) -> tuple[Action, ...]:
        """Stop, or have more time."""
        return (
            Action(Intent.CANCEL, "still_there.stop", forward=False),
            Action(Intent.MORE_TIME, "still_there.more"),
        )
