# SPDX-License-Identifier: Apache-2.0
"""A screen that fails ends with its person, and the next one begins at nothing of theirs."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import Attract, ConfirmIdentity, OutOfService
from kiosk.entrypoints.showing import FAILURES, AppScreen, keep_showing
from kiosk.screens.app import KioskApp
from kiosk.screens.moment import Moment
from kiosk.screens.wording import load_wordings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

NAME = "นายสมชาย ใ•••"
WORDINGS = load_wordings()


class Person:
    """Somebody's process behind the screen, and what the screen showed when it was ended."""

    def __init__(self) -> None:
        self.abandoned = 0

    def abandon(self) -> None:
        self.abandoned += 1


class Shop:
    """Makes apps and remembers them; `acts` does something to each once it runs."""

    def __init__(self, acts: list[Callable[[KioskApp], None]]) -> None:
        self.apps: list[KioskApp] = []
        self._acts = acts

    def make(self) -> KioskApp:
        app = KioskApp(send=lambda _: None, wordings=WORDINGS, language="th")
        act = self._acts[len(self.apps)]
        self.apps.append(app)
        threading.Thread(target=self._when_shown, args=(app, act), daemon=True).start()
        return app

    @staticmethod
    def _when_shown(app: KioskApp, act: Callable[[KioskApp], None]) -> None:
        deadline = time.monotonic() + 30
        while app._shown is None:  # noqa: SLF001 - no message says that the first screen stands
            assert time.monotonic() < deadline, "the app never showed anything"
            time.sleep(0.01)
        act(app)


def _fail(app: KioskApp) -> None:
    nonsense: Any = object()  # no state that a screen knows
    app.post_message(KioskApp.StateArrived(nonsense))


def _leave(app: KioskApp) -> None:
    app.call_from_thread(app.exit)


def test_a_slip_is_written_in_the_language_that_the_person_has_the_screen_in() -> None:
    screen, person = AppScreen(), Person()
    spoken: list[str] = []

    def turn(app: KioskApp) -> None:
        screen.show(Attract())
        app.post_message(Moment.LanguageTurned())
        deadline = time.monotonic() + 30
        while (wording := screen.wording()) is None or wording.language == "th":
            assert time.monotonic() < deadline, "the language never turned"
            time.sleep(0.01)
        spoken.append(wording.language)
        _leave(app)

    assert screen.wording() is None
    assert keep_showing(Shop([turn]).make, screen, person, headless=True)
    assert spoken == ["en"]


def test_the_screen_after_a_failure_begins_without_the_person(capfd: pytest.CaptureFixture[str]) -> None:
    screen, person = AppScreen("อาคาร 2"), Person()
    shown: list[object] = []

    def name_and_fail(app: KioskApp) -> None:
        screen.show(ConfirmIdentity(NAME, "", ""))
        _fail(app)

    def look_and_leave(app: KioskApp) -> None:
        shown.append(app._state)  # noqa: SLF001 - what it began with
        screen.show(Attract())
        _leave(app)

    shop = Shop([name_and_fail, look_and_leave])
    assert keep_showing(shop.make, screen, person, headless=True)
    assert shown == [OutOfService(Fault.STARTING, "อาคาร 2")]
    assert person.abandoned == 1
    assert NAME not in "".join(capfd.readouterr())


def test_screens_that_fail_again_and_again_are_left_to_the_supervisor() -> None:
    screen, person = AppScreen(), Person()
    shop = Shop([_fail] * FAILURES)
    assert not keep_showing(shop.make, screen, person, headless=True)
    assert person.abandoned == FAILURES


def test_a_state_that_comes_before_the_screen_is_its_first() -> None:
    screen = AppScreen()
    screen.show(Attract())
    shown: list[object] = []

    def look_and_leave(app: KioskApp) -> None:
        shown.append(app._state)  # noqa: SLF001 - as above
        _leave(app)

    assert keep_showing(Shop([look_and_leave]).make, screen, Person(), headless=True)
    assert shown == [Attract()]
