# SPDX-License-Identifier: Apache-2.0
"""SC-09 and SC-11: the way on with the person's own phone, or without one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical

from kiosk.enrollment.states import HandOver, Intent, NoPhone
from kiosk.screens.code_digits import CodeDigits
from kiosk.screens.moment import Action, Body, Moment
from kiosk.screens.qr_code import QrCode
from kiosk.screens.sentence import Sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class HandOverScreen(Moment[HandOver]):
    """Mor Prom's page as a QR code, its address in letters, and the one-time code beside it, never in it."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield what to do, where it leads, and the code to enter there."""
        yield self.line("hand_over.title", "title")
        yield Sentence(self.state.link.removeprefix("https://").rstrip("/"), classes="plain", max_lines=3)
        if self.state.pin:
            yield self.line("hand_over.enter", "lead")
            yield CodeDigits(self.state.pin, self.wording)

    def middle(self) -> Iterable[Widget]:
        """Put the QR code beside everything else, so that it has the whole height."""
        back = self.choice("button.back", Intent.BACK, classes="choice forward", name_id="choice-back")
        yield Horizontal(QrCode(self.state.link), Vertical(Body(self.body), back, id="beside"), id="hand-over")


class NoPhoneScreen(Moment[NoPhone]):
    """No smartphone is needed to be helped: staff can open the records with the card and the person's permission."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield that it is no problem, and what to do next time."""
        yield self.line("no_phone.title", "title")
        yield self.line("no_phone.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Go back to the code, or finish."""
        return (Action(Intent.BACK, "button.back", forward=False), Action(Intent.DONE, "button.finish"))
