# SPDX-License-Identifier: Apache-2.0
"""SC-09 and SC-10b: the one-time code, to be used on the person's own phone, now or at home."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, TypeVar

from textual.containers import Center, Horizontal

from kiosk.enrollment.shown import Slip
from kiosk.enrollment.states import Accepted, FinishLater, Intent
from kiosk.screens.code_digits import CodeDigits
from kiosk.screens.moment import Action, Moment
from kiosk.screens.wording import Public

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from kiosk.screens.wording import Wording

C = TypeVar("C", Accepted, FinishLater)

_SAID = frozenset({Slip.PRINTING, Slip.PRINTED, Slip.FAILED})  # what the person is told of the slip
_CHOICE = frozenset({Slip.OFFERED, Slip.PRINTING, Slip.FAILED})

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")  # no summer time since 1920


def bangkok_time(wording: Wording, moment_ms: int) -> Public:
    """Say a moment, in ms since 1970 UTC, as day, month and clock in Bangkok; when a code ends is no secret."""
    moment = datetime.fromtimestamp(moment_ms / 1000, tz=BANGKOK)
    month = wording.text("time.months").split()[moment.month - 1]
    return Public(wording.text("time.moment", day=moment.day, month=month, clock=f"{moment:%H:%M}"))


class _WithCode(Moment[C]):
    """The code, and beside it the choice to have it on paper, where there is a printer."""

    def code(self) -> Widget:
        """Return the code, alone or with the choice."""
        digits = CodeDigits(self.state.pin, self.wording)
        if self.state.slip not in _CHOICE:
            return digits
        printing = self.choice("button.print", Intent.PRINT, classes="choice second", name_id="choice-print")
        printing.disabled = self.state.slip is Slip.PRINTING
        return Horizontal(digits, printing, classes="beside-code")

    def told(self, key: str, classes: str) -> Widget:
        """Return what is being said of the slip, and else the sentence that has this key."""
        return self.line(f"slip.{self.state.slip}.title" if self.state.slip in _SAID else key, classes)

    def offered(self) -> object:
        """See `Moment`: the choice beside the code comes and goes."""
        return self.actions(), self.state.slip


class AcceptedScreen(_WithCode[Accepted]):
    """Almost done: the code and how long it is good for."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield what to do with the code, the code, and its end."""
        yield self.told("accepted.title", "title")
        yield self.line("accepted.body", "lead")
        yield self.code()
        yield self.line("accepted.until", "lead", moment=bangkok_time(self.wording, self.state.valid_until_ms))
        if self.state.sandbox:
            yield Center(self.line("accepted.sandbox", "sandbox"))

    def actions(self) -> tuple[Action, ...]:
        """Go on with a phone, without one, or finish."""
        no_phone = Action(Intent.NO_PHONE, "button.no_phone", forward=False)
        if not self.state.hand_over:
            return (no_phone, Action(Intent.DONE, "button.finish"))
        return (
            no_phone,
            Action(Intent.DONE, "button.finish", forward=False),
            Action(Intent.SHOW_QR, "button.open_mor_prom"),
        )


class FinishLaterScreen(_WithCode[FinishLater]):
    """The rest can be done at home."""

    STEP = 4

    def body(self) -> Iterable[Widget]:
        """Yield until when, the code, and that home is fine."""
        moment = bangkok_time(self.wording, self.state.valid_until_ms)
        yield self.line("finish_later.title", "title", moment=moment)
        yield self.code()
        yield self.told("finish_later.body", "lead")
        if self.state.sandbox:
            yield Center(self.line("accepted.sandbox", "sandbox"))

    def actions(self) -> tuple[Action, ...]:
        """Go on without a phone, or finish."""
        return (Action(Intent.NO_PHONE, "button.no_phone", forward=False), Action(Intent.DONE, "button.finish"))
