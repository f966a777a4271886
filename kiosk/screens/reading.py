# SPDX-License-Identifier: Apache-2.0
"""SC-05: the card is being read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from kiosk.enrollment.states import Intent, Purpose, Reading
from kiosk.screens.moment import Action, Moment
from kiosk.screens.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable


class Progress(Widget):
    """A bar from 0 to 1, filled from the left."""

    def __init__(self, progress: float) -> None:
        super().__init__(classes="progress")
        self._progress = min(max(progress, 0.0), 1.0)

    def render(self) -> Content:
        """Draw the bar over the width given."""
        width = self.content_size.width
        filled = round(width * self._progress)
        return Content("█" * filled + "░" * (width - filled))


class ReadingScreen(Moment[Reading]):
    """Please leave it in, and whose card it is as soon as that is known."""

    STEP = 2

    def step(self) -> int | None:
        """Return the step, except for who only asks."""
        return None if self.state.purpose is Purpose.CHECK else self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the bar between the two sentences, and the name in a line that is there from the beginning."""
        name = self.state.name_th if self.wording.language == "th" else self.state.name_en
        yield self.line("reading.title", "title")
        yield Progress(self.state.progress)
        yield Sentence(name.replace("\n", " "), classes="lead strong", max_lines=1)
        yield self.line("reading.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)
