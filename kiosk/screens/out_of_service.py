# SPDX-License-Identifier: Apache-2.0
"""J9: the kiosk serves nobody now. The person reads where to go, the technician reads why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.enrollment.states import OutOfService, Resting
from kiosk.screens.moment import Moment
from kiosk.screens.sentence import Sentence
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class OutOfServiceScreen(Moment[OutOfService]):
    """One neutral sentence for people whatever the fault; the fault's own sentence stands small below it."""

    OFFERS_HELP = False  # nobody is served, so nobody hears it: the number is on the screen

    def body(self) -> Iterable[Widget]:
        """Yield the two."""
        yield self.line("out_of_service.title", "title")
        if self.state.nearest:
            yield self.line("out_of_service.nearest", "lead", nearest=Public(self.state.nearest))
        else:
            yield self.line("out_of_service.body", "lead")
        yield self.line("problem.help", "plain")
        yield Sentence(self.wording.text(f"fault.{self.state.fault}"), classes="technician")
        yield Sentence(self.state.fault.value, classes="technician")


class RestingScreen(Moment[Resting]):
    """It is closed on purpose: no fault, nobody to call, and where to go instead."""

    OFFERS_HELP = False  # as above

    def body(self) -> Iterable[Widget]:
        """Yield the title, where to go, and for the technician who opens it again."""
        yield self.line("resting.title", "title")
        if self.state.nearest:
            yield self.line("out_of_service.nearest", "lead", nearest=Public(self.state.nearest))
        else:
            yield self.line("out_of_service.body", "lead")
        yield Sentence(self.wording.text("resting.technician"), classes="technician")
