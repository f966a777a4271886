# SPDX-License-Identifier: Apache-2.0
"""SC-01: the welcome. A touch anywhere starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Attract, Intent
from kiosk.screens.moment import Action, Moment
from kiosk.screens.sentence import Sentence
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual import events
    from textual.widget import Widget

_CARD = """\
┌──────────────────────┐
│ ▄▄▄▄         ▄▄▄▄▄▄  │
│ ▀▀▀▀         ██████  │
│ ▀▀▀▀▀▀▀▀▀    ██████  │
└──────────────────────┘"""


class AttractScreen(Moment[Attract]):
    """What is offered, what it takes, and how to start."""

    def body(self) -> Iterable[Widget]:
        """Yield the offer, with an announcement in place of the picture where there is one."""
        said = self.state.announced_th if self.wording.language == "th" else self.state.announced_en
        if said:
            yield self.line("attract.announced", "announced", max_lines=4, announced=Public(said))
        else:
            yield Sentence(_CARD, classes="picture")
        yield self.line("attract.title", "title")
        yield self.line("attract.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Start."""
        return (Action(Intent.START, "attract.start"),)

    def action_leave(self) -> None:
        """Turn the voice on: there is nothing to leave, and who does not see the screen has one key that is enough."""
        if self.volume == 0:
            self.post_message(self.Listened())

    def on_click(self, event: events.Click) -> None:
        """Start by a touch beside the button, too."""
        event.stop()
        self.post_message(self.Expressed(Intent.START))
