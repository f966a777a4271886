# SPDX-License-Identifier: Apache-2.0
"""Something is not right here: a short list, and the number under which it is kept. There is nothing to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical

from kiosk.enrollment.states import Intent, ProblemReported, ReportProblem
from kiosk.screens.moment import Action, Moment
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kiosk.screens.sentence import Choice

_ABOUT = (
    (Intent.REPORT_CARD, Intent.REPORT_FACE, Intent.REPORT_CODE),
    (Intent.REPORT_MACHINE, Intent.REPORT_WORDS, Intent.REPORT_SERVICE),
)


class ReportProblemScreen(Moment[ReportProblem]):
    """Six things that may not be right."""

    AUTO_FOCUS = "#choice-back"

    def body(self) -> Iterable[Widget]:
        """Yield the question."""
        yield self.line("report.title", "title")

    def middle(self) -> Iterable[Widget]:
        """Put the six under the question, in two rows."""
        yield from super().middle()
        yield Vertical(*(Horizontal(*map(self._about, row)) for row in _ABOUT), id="report")

    def actions(self) -> tuple[Action, ...]:
        """Say nothing."""
        return (Action(Intent.BACK, "button.back", forward=False),)

    def offered(self) -> object:
        """Offer nothing twice: what was chosen is being kept."""
        return self.state.sent

    def _about(self, intent: Intent) -> Choice:
        choice = self.choice(f"report.{intent}", intent, classes="choice second", name_id=f"choice-{intent}")
        choice.disabled = self.state.sent
        return choice


class ProblemReportedScreen(Moment[ProblemReported]):
    """The number to name when asking what became of it; without one, whom to call now."""

    def body(self) -> Iterable[Widget]:
        """Yield the thanks and the number, and whom to call."""
        if self.state.ticket:
            yield self.line("reported.title", "title")
            yield self.line("reported.number", "lead strong", number=Public(self.state.ticket))
            yield self.line("reported.body", "lead")
        else:
            yield self.line("reported.lost.title", "title")
            yield self.line("reported.lost.body", "lead")
        yield self.line("problem.help", "plain")

    def actions(self) -> tuple[Action, ...]:
        """Finish."""
        return (Action(Intent.DONE, "button.finish"),)
