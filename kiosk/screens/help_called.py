# SPDX-License-Identifier: Apache-2.0
"""A helper was called. It says that the staff know only when somebody there watches for it and the call has left.

Once a helper has answered, it says who comes, in the helper's own words, and how long that may take.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kiosk.enrollment.states import HelpCalled, Intent
from kiosk.screens.moment import Action, Moment
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

_THAI = re.compile("[\u0e00-\u0e7f]")  # letters that stand beside Thai words without a space


class HelpCalledScreen(Moment[HelpCalled]):
    """Wait here, or call somebody near; nothing is lost meanwhile."""

    OFFERS_HELP = False

    def body(self) -> Iterable[Widget]:
        """Yield who knows, what to do meanwhile, and the number that helps."""
        if self.state.helper:
            yield from self._coming()
            return
        told = "told" if self.state.told else "untold"
        yield self.line(f"help_called.{told}.title", "title")
        yield self.line(f"help_called.{told}.body", "lead")
        yield self.line("problem.help", "plain")

    def _coming(self) -> Iterable[Widget]:
        """Who comes; the helper has said it for this hall, so the loudspeaker may say it too."""
        helper, minutes = self.state.helper, self.state.minutes
        title = "title" if _THAI.match(helper) else "title_latin"
        yield self.line(f"help_called.coming.{title}", "title", max_lines=2, helper=Public(helper))
        if minutes == 1:
            yield self.line("help_called.coming.minute", "lead")
        elif minutes > 1:
            yield self.line("help_called.coming.minutes", "lead", minutes=minutes)
        yield self.line("help_called.coming.wait", "lead")
        yield self.line("problem.help", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Go on."""
        return (Action(Intent.BACK, "help_called.go_on"),)
