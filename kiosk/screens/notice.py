# SPDX-License-Identifier: Apache-2.0
"""SC-03: what happens with the person's data, and the unticked box.

Refusing is as easy as agreeing, and nothing is ticked for anybody (PDPA s.19, s.26).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import Intent, Notice, Purpose
from kiosk.screens.moment import Action, Moment
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


_CARD_IS_READ = 2


class NoticeScreen(Moment[Notice]):
    """The notice, the box, and two buttons of one size."""

    STEP = 1
    AUTO_FOCUS = "#tick"

    def step(self) -> int | None:
        """Return the first step, or the card's for who comes back to the notice with the card read."""
        return _CARD_IS_READ if self.state.kept_hours else self.STEP

    def body(self) -> Iterable[Widget]:
        """Yield the notice."""
        if self.state.kept_hours:
            yield self.line("notice.kept_title", "title")
            yield self.line("notice.kept", "plain", hours=Public(str(self.state.kept_hours)))
        else:
            new_code = self.state.purpose is Purpose.NEW_CODE
            yield self.line("notice.title", "title")
            yield self.line("notice.new_code" if new_code else "notice.body", "plain")
        yield self.line("notice.promise", "plain strong")

    def offered(self) -> object:
        """See `Moment`: the box asks for two things, one after the other."""
        return self.actions(), self.state.kept_hours

    def middle(self) -> Iterable[Widget]:
        """Put the box between the notice and the buttons."""
        yield from super().middle()
        ticked = self.state.consented
        words = f"notice.{'kept_' if self.state.kept_hours else ''}{'ticked' if ticked else 'unticked'}"
        intent = Intent.UNTICK if ticked else Intent.TICK
        yield self.choice(words, intent, classes=f"choice {'ticked' if ticked else 'unticked'}", name_id="tick")

    def actions(self) -> tuple[Action, ...]:
        """Agree only with the box ticked; decline always."""
        return (
            Action(Intent.DECLINE, "notice.decline", forward=False),
            Action(Intent.AGREE, "notice.agree", enabled=self.state.consented),
        )
