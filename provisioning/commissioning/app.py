# SPDX-License-Identifier: Apache-2.0
"""Commissioning's program on the kiosk's screen: shows the guide's page, works in a thread, sends the answer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported
from textual.message import Message

from provisioning.commissioning.pages import Work
from provisioning.commissioning.screens import PageScreen
from provisioning.errors import ProvisioningError

if TYPE_CHECKING:
    from provisioning.commissioning.guide import Guide
    from provisioning.commissioning.pages import Page


class CommissioningApp(App[None]):
    """One commissioning, from where the guide stands to its end."""

    CSS_PATH = "commissioning.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False

    class Worked(Message):
        """The work is done."""

        def __init__(self, value: Any) -> None:  # noqa: ANN401 - whatever the guide asked for
            super().__init__()
            self.value = value

    def __init__(self, guide: Guide) -> None:
        super().__init__()
        self._guide = guide

    def on_mount(self) -> None:
        """Begin."""
        self._show()

    def on_page_screen_answered(self, event: PageScreen.Answered) -> None:
        """Go on, unless the page was touched twice."""
        if self.screen is event.answer_of:
            self._guide.answer(event.answer)
            self._show()

    def on_page_screen_language_turned(self) -> None:
        """Say the same in the other language."""
        self._guide.turn()
        self._draw()

    def on_commissioning_app_worked(self, event: Worked) -> None:
        """Go on with what came of it."""
        self._guide.answer(event.value)
        self._show()

    def _show(self) -> None:
        if self._guide.shown is None:
            self.exit()
            return
        self._draw()
        if isinstance(self._guide.shown, Work):
            work = self._guide.shown
            if work.takes_screen:
                self.call_after_refresh(self._lend, work)
            else:
                self.run_worker(partial(self._work, work), thread=True)

    def _lend(self, work: Work) -> None:
        """Leave the terminal to another program. A screen that is no terminal goes on showing its page meanwhile."""
        try:
            with self.suspend():
                self._work(work)
        except SuspendNotSupported:
            self._work(work)

    def _work(self, work: Work) -> None:
        """Off the screen's thread, or instead of it. An error of ours is what came of it."""
        try:
            value = work.run()
        except ProvisioningError as error:
            value = error
        self.post_message(self.Worked(value))

    def _draw(self) -> None:
        shown = self._guide.shown
        if shown is None:
            return
        page: Page = shown.page if isinstance(shown, Work) else shown
        screen = PageScreen(page, self._guide.words, self._guide.step, can_go_back=self._guide.can_go_back)
        screen.fit(self.size)
        self.switch_screen(screen) if len(self.screen_stack) > 1 else self.push_screen(screen)
