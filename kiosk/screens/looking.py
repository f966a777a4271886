# SPDX-License-Identifier: Apache-2.0
"""SC-07: the camera. One prompt at a time in big words beside the live picture, and two meters that show why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal

from kiosk.enrollment.states import Intent, Looking
from kiosk.screens.meters import MeterPanel
from kiosk.screens.moment import Action, Body, Moment
from kiosk.screens.picture import Picture
from kiosk.screens.sixel_picture import SixelPicture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kiosk.enrollment.measures import Meters
    from kiosk.screens.sixel import Graphics


class LookingScreen(Moment[Looking]):
    """Where to look, what to do now, and from the second attempt on which one this is."""

    STEP = 3
    graphics: Graphics | None = None  # what the terminal can draw beside letters

    def body(self) -> Iterable[Widget]:
        """Yield the prompt and the standing advice."""
        yield self.line(f"prompt.{self.state.prompt}", "prompt")
        if self.state.attempt > 1:
            yield self.line("looking.attempt", "lead", attempt=self.state.attempt)
        yield self.line("looking.take_off", "plain")
        yield self.line("looking.keep_on", "plain")

    def middle(self) -> Iterable[Widget]:
        """Put the picture beside the words; a new prompt leaves the picture alone."""
        picture = Picture() if self.graphics is None else SixelPicture(self.graphics)
        yield Horizontal(picture, Body(self.body), id="camera")

    def beside(self) -> Iterable[Widget]:
        """Put the meters under the words; they are for the eye only: what they show to mend is what the prompt says."""
        distance = (self.wording.text("meter.far"), self.wording.text("meter.near"))
        light = (self.wording.text("meter.dark"), self.wording.text("meter.bright"))
        yield MeterPanel(distance, light)

    def actions(self) -> tuple[Action, ...]:
        """Cancel."""
        return (Action(Intent.CANCEL, "button.cancel", forward=False),)

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """Show the newest picture of the camera."""
        for picture in self.query(Picture):
            picture.take(width, height, rgb)

    def measure(self, meters: Meters) -> None:
        """Show where the person is now."""
        for panel in self.query(MeterPanel):
            panel.take(meters)
