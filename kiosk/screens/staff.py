# SPDX-License-Identifier: Apache-2.0
"""J10: a member of staff on the way to a Provider ID. Unit and position are shown, and spoken into headphones only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Center, Horizontal, Vertical

from kiosk.enrollment.staff_states import (
    HasProviderId,
    NotOnRoster,
    OnRoster,
    ScanWithPhone,
    StaffFirst,
    StaffNextStep,
    StaffOnPhone,
    TicketSent,
)
from kiosk.enrollment.states import Intent
from kiosk.screens.moment import Action, Body, Moment
from kiosk.screens.qr_code import QrCode
from kiosk.screens.sentence import Sentence
from kiosk.screens.wording import Public
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

_FINISH = Action(Intent.DONE, "button.finish", forward=False)


class StaffFirstScreen(Moment[StaffFirst]):
    """A Health ID comes first."""

    def body(self) -> Iterable[Widget]:
        """Yield which step it is, and when the next one opens."""
        yield self.line("staff_first.title", "title")
        yield self.line("staff_first.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Finish, or get the Health ID."""
        return (_FINISH, Action(Intent.ENROLL, "menu.enroll"))


class OnRosterScreen(Moment[OnRoster]):
    """Is this right? The words are the unit's own, bounded."""

    def body(self) -> Iterable[Widget]:
        """Yield the question, the unit and the position."""
        yield self.line("on_roster.title", "lead")
        yield self.line("on_roster.unit", "title", max_lines=2, unit=self.state.unit)
        yield self.line("on_roster.position", "lead", max_lines=2, position=self.state.position)

    def actions(self) -> tuple[Action, ...]:
        """Leave, say that it is not, or that it is."""
        return (
            Action(Intent.CANCEL, "button.cancel", forward=False),
            Action(Intent.REPORT, "on_roster.report", forward=False),
            Action(Intent.YES, "on_roster.right"),
        )


class NotOnRosterScreen(Moment[NotOnRoster]):
    """Who mends the list, and one touch that tells them without typing."""

    def body(self) -> Iterable[Widget]:
        """Yield what is missing and whom to ask."""
        yield self.line("not_on_roster.title", "title")
        if self.state.admin:
            yield self.line("not_on_roster.named", "lead", max_lines=4, admin=self.state.admin)
        else:
            yield self.line("not_on_roster.unnamed", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Finish, or send the ticket."""
        return (_FINISH, Action(Intent.REPORT, "not_on_roster.send"))


class TicketSentScreen(Moment[TicketSent]):
    """The ticket's number, which the person brings to the admin: the ticket itself says nobody's name."""

    def body(self) -> Iterable[Widget]:
        """Yield that it was sent, its number, and whom to tell it to."""
        yield self.line("ticket_sent.title", "title")
        yield self.line("ticket_sent.number", "lead strong", number=self.state.ticket)
        if self.state.admin:
            yield self.line("ticket_sent.named", "lead", max_lines=3, admin=self.state.admin)
        else:
            yield self.line("ticket_sent.unnamed", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Done."""
        return (Action(Intent.DONE, "button.finish"),)


class StaffOnPhoneScreen(Moment[StaffOnPhone]):
    """The second step is not done at a kiosk: it asks for no password."""

    def body(self) -> Iterable[Widget]:
        """Yield where it is done."""
        yield self.line("staff_on_phone.title", "title")
        yield self.line("staff_on_phone.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Done."""
        return (Action(Intent.DONE, "button.finish"),)


class ScanWithPhoneScreen(Moment[ScanWithPhone]):
    """The link as a QR code and in letters, and the words that must stand on the phone too; they are no secret."""

    def body(self) -> Iterable[Widget]:
        """Yield what to do, where it leads, and what to compare."""
        word = self.state.word_th if self.wording.language == "th" else self.state.word_en
        host, _, path = self.state.link.partition("://")[2].partition("/")
        # No QR code of a link is as low as a short screen: there the address is all that there is.
        yield self.line("scan_with_phone.open" if self.has_class("-short") else "scan_with_phone.title", "title")
        yield Sentence(f"{host}{WORD_MARK}/{path}", classes="plain", max_lines=3)
        yield self.line("scan_with_phone.compare", "lead")
        yield self.line("scan_with_phone.word", "title", max_lines=1, word=Public(word))
        if self.state.sandbox:
            yield Center(self.line("has_provider_id.sandbox", "sandbox"))

    def middle(self) -> Iterable[Widget]:
        """Put the QR code beside everything else, so that it has the whole height."""
        cancel = self.choice("button.cancel", Intent.CANCEL, classes="choice back", name_id="choice-cancel")
        yield Horizontal(QrCode(self.state.link), Vertical(Body(self.body), cancel, id="beside"), id="hand-over")


class HasProviderIdScreen(Moment[HasProviderId]):
    """There is a Provider ID."""

    def body(self) -> Iterable[Widget]:
        """Yield the good news."""
        yield self.line("has_provider_id.title", "title")
        yield self.line("has_provider_id.body", "lead")
        if self.state.sandbox:
            yield Center(self.line("has_provider_id.sandbox", "sandbox"))

    def actions(self) -> tuple[Action, ...]:
        """Done, or see what comes next."""
        return (_FINISH, Action(Intent.NEXT, "button.next"))


class StaffNextStepScreen(Moment[StaffNextStep]):
    """What comes next, and where: not at a kiosk."""

    def body(self) -> Iterable[Widget]:
        """Yield the third step."""
        yield self.line("staff_next_step.title", "title")
        yield self.line("staff_next_step.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Done."""
        return (Action(Intent.DONE, "button.finish"),)
