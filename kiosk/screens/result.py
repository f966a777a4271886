# SPDX-License-Identifier: Apache-2.0
"""SC-10a, J2 and J9: how it ended. Only an activated Health ID is called done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Center

from kiosk.enrollment.states import Activated, AlreadyEnrolled, Intent, SavedHere
from kiosk.screens.moment import Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

_FINISH = (Action(Intent.DONE, "button.finish"),)


class ActivatedScreen(Moment[Activated]):
    """The person has a Health ID."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield the good news and what it is for."""
        yield self.line("activated.title", "title")
        yield self.line("activated.body", "lead")
        if self.state.sandbox:
            yield Center(self.line("activated.sandbox", "sandbox"))

    def actions(self) -> tuple[Action, ...]:
        """Done, or the next step of a member of staff."""
        if not self.state.staff:
            return _FINISH
        return (Action(Intent.DONE, "button.finish", forward=False), Action(Intent.STAFF, "activated.staff"))


class AlreadyEnrolledScreen(Moment[AlreadyEnrolled]):
    """There is nothing to do twice, or one step is left."""

    def body(self) -> Iterable[Widget]:
        """Yield which of the two."""
        kind = "activated" if self.state.activated else "accepted"
        yield self.line(f"already_enrolled.{kind}.title", "title")
        yield self.line(f"already_enrolled.{kind}.body", "lead")
        yield self.line("already_enrolled.lost" if self.state.new_code else "already_enrolled.forgot", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Done, or Mor Prom's page where its address is known, or another code where one is left to enter."""
        if not self.state.hand_over and not self.state.new_code:
            return _FINISH
        return (
            Action(Intent.DONE, "button.finish", forward=False),
            *(
                (Action(Intent.SHOW_QR, "button.open_mor_prom", forward=not self.state.new_code),)
                if self.state.hand_over
                else ()
            ),
            *((Action(Intent.NEW_CODE, "button.new_code"),) if self.state.new_code else ()),
        )


class SavedHereScreen(Moment[SavedHere]):
    """Taken, not complete: the reference, and where the request is now."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield the honest state of the request."""
        yield self.line("saved_here.title", "title")
        yield self.line("saved_here.body", "lead")
        yield self.line("saved_here.code", "lead strong", max_lines=1, code=self.state.code)
        yield self.line("saved_here.confirmed" if self.state.confirmed else "saved_here.waiting", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Done."""
        return _FINISH
