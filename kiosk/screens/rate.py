# SPDX-License-Identifier: Apache-2.0
"""SC-12: how was it, in five faces, and for who is unhappy what was not good: three touches with the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical

from kiosk.enrollment.states import Complaint, Intent, Rate
from kiosk.screens.faces import FaceChoice
from kiosk.screens.moment import COMPLAIN, Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kiosk.screens.sentence import Choice

_FACES = (Intent.RATED_1, Intent.RATED_2, Intent.RATED_3, Intent.RATED_4, Intent.RATED_5)
_ABOUT = ((Intent.ABOUT_WAITING, Intent.ABOUT_WORDS), (Intent.ABOUT_MACHINE, Intent.ABOUT_OTHER))
_SKIP = (Action(Intent.DONE, "rate.skip", forward=False),)


class RateScreen(Moment[Rate]):
    """Nobody has to: it goes by itself, and skipping is as large as answering."""

    AUTO_FOCUS = "#choice-done"

    def body(self) -> Iterable[Widget]:
        """Yield the question."""
        yield self.line("rate.title", "title")
        yield self.line("rate.body", "lead")

    def middle(self) -> Iterable[Widget]:
        """Put the faces under the question, the unhappy one on the left."""
        yield from super().middle()
        yield Horizontal(*(FaceChoice(mood, intent, self.wording) for mood, intent in enumerate(_FACES)), id="faces")

    def actions(self) -> tuple[Action, ...]:
        """Skip."""
        return _SKIP


class ComplaintScreen(Moment[Complaint]):
    """Four things that may not have been good."""

    AUTO_FOCUS = "#choice-done"

    def body(self) -> Iterable[Widget]:
        """Yield the question."""
        yield self.line("complaint.title", "title")

    def middle(self) -> Iterable[Widget]:
        """Put the four under the question, two by two."""
        yield from super().middle()
        yield Vertical(*(Horizontal(*map(self._about, row)) for row in _ABOUT), id="about")

    def actions(self) -> tuple[Action, ...]:
        """Skip, or say that something is to be mended, for which there is a number."""
        return (*_SKIP, COMPLAIN)

    def _about(self, intent: Intent) -> Choice:
        return self.choice(f"complaint.{intent}", intent, classes="choice second", name_id=f"choice-{intent}")
