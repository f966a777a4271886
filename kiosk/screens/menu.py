# SPDX-License-Identifier: Apache-2.0
"""SC-02: what the person came for, two large choices and a small one; and what staff can do here today (J10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical

from kiosk.enrollment.states import Intent, Menu, StaffToday
from kiosk.screens.moment import COMPLAIN, Action, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class MenuScreen(Moment[Menu]):
    """Get a Health ID, or only ask whether there is one."""

    AUTO_FOCUS = "#choice-enroll"

    def body(self) -> Iterable[Widget]:
        """Yield the question."""
        yield self.line("menu.title", "title")

    def middle(self) -> Iterable[Widget]:
        """Put the two large choices under the question, the first one first."""
        yield from super().middle()
        yield Vertical(
            self.choice("menu.enroll", Intent.ENROLL, classes="choice forward", name_id="choice-enroll"),
            self.choice("menu.check", Intent.CHECK, classes="choice second", name_id="choice-check"),
            id="menu",
        )

    def actions(self) -> tuple[Action, ...]:
        """Go back, say that something is not right, and the small choice for staff where it is offered."""
        first = (Action(Intent.BACK, "button.back", forward=False), COMPLAIN)
        return (*first, Action(Intent.STAFF, "menu.staff", forward=False)) if self.state.staff else first


class StaffTodayScreen(Moment[StaffToday]):
    """Provider ID is not connected: what can be done here is its first step."""

    def body(self) -> Iterable[Widget]:
        """Yield what cannot be done, and what can."""
        yield self.line("staff_today.title", "title")
        yield self.line("staff_today.body", "lead")

    def actions(self) -> tuple[Action, ...]:
        """Go back, or get the Health ID."""
        return (Action(Intent.BACK, "button.back", forward=False), Action(Intent.ENROLL, "menu.enroll"))
