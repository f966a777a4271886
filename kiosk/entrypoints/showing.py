# SPDX-License-Identifier: Apache-2.0
"""Keeps a screen before the desk: when one fails, the person's process ends, and a new screen begins at the welcome.

1. A screen that fails ends with an incident code, and shows nothing more.
2. Only when the person's process is gone does the next screen begin, so it can show nothing of that person.
3. One that fails again and again is left to the supervisor, which starts the whole process anew.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

import structlog

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import OutOfService, Resting, State
from kiosk.screens.app import KioskApp

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.enrollment.measures import Meters
    from kiosk.screens.wording import Wording
    from wire.phones import HelpNumber

log = structlog.get_logger()

FAILURES, WITHIN_S = 3, 60.0  # so many screens in this time are no accident


class Served(Protocol):
    """Who is being served behind the screen."""

    def abandon(self) -> None:
        """End the present person's process; returns when it is gone."""


class AppScreen:
    """The desk's screen: hands states to the app's own thread, whichever app is there."""

    def __init__(self, nearest: str = "") -> None:
        """Show nothing yet; `nearest` is where people go while this kiosk serves nobody."""
        self._nearest = nearest
        self._app: KioskApp | None = None
        self._latest: State = self._begun()
        self._number: HelpNumber | None = None

    def use(self, app: KioskApp) -> None:
        """Show on this app from now on, beginning with what was shown last."""
        if self._number is not None:
            app.call(self._number)
        app.show(self._latest)
        self._app = app

    def wording(self) -> Wording | None:
        """The language that the person has the screen in; None while there is no screen."""
        app = self._app
        return None if app is None else app.wording

    def answers(self, within_s: float) -> bool:
        """Whether the app that is shown goes round and has drawn; asked from another thread than its own."""
        app, drawn = self._app, threading.Event()
        return app is not None and app.call_after_refresh(drawn.set) and drawn.wait(within_s)

    def leave(self) -> None:
        """End the app that is shown, from any thread."""
        app = self._app
        if app is not None:
            app.exit()

    def forget(self) -> None:
        """Show on no app, and forget what was shown."""
        self._app, self._latest = None, self._begun()

    def show(self, state: State) -> None:
        """See `Screen`."""
        match state:
            case OutOfService(fault):
                self._latest = OutOfService(fault, self._nearest)
            case Resting():
                self._latest = Resting(self._nearest)
            case _:
                self._latest = state
        if self._app is not None:
            self._app.post_message(KioskApp.StateArrived(self._latest))

    def call(self, number: HelpNumber) -> None:
        """See `Screen`."""
        if number != self._number:
            self._number = number
            if self._app is not None:
                self._app.post_message(KioskApp.NumberArrived(number))

    def preview(self, width: int, height: int, rgb: bytes) -> None:
        """See `Screen`."""
        if self._app is not None:
            self._app.post_message(KioskApp.FrameArrived(width, height, rgb))

    def measure(self, meters: Meters) -> None:
        """See `Screen`."""
        if self._app is not None:
            self._app.post_message(KioskApp.MetersArrived(meters))

    def _begun(self) -> State:
        return OutOfService(Fault.STARTING, self._nearest)


def keep_showing(make: Callable[[], KioskApp], screen: AppScreen, served: Served, *, headless: bool = False) -> bool:
    """Show until the app ends by itself; False when screens fail again and again."""
    failed_s: list[float] = []
    while True:
        app = make()
        screen.use(app)
        app.run(headless=headless)
        if app.incident is None:
            return True
        screen.forget()
        log.error("incident", code=app.incident.code, error=app.incident.where)
        served.abandon()
        screen.forget()
        now_s = time.monotonic()
        failed_s = [at_s for at_s in failed_s if now_s - at_s < WITHIN_S] + [now_s]
        if len(failed_s) >= FAILURES:
            return False
