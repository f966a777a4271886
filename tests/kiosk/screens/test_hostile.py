# SPDX-License-Identifier: Apache-2.0
"""A card can hold anything and anyone can plug in a keyboard: the screen stays, plain, and gives nothing away."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kiosk.enrollment.states import Accepted, ConfirmIdentity, HelpCalled, Intent, Reading, SavedHere
from kiosk.screens.confirm import ConfirmScreen
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.conftest import running

if TYPE_CHECKING:
    from textual.app import App
    from textual.geometry import Region

    from kiosk.enrollment.states import State
    from tests.kiosk.screens.conftest import Kiosk

NAMES = {
    "a link that quits": "[@click=app.quit]x[/]",
    "a closing tag": "[/]",
    "a colour": "[red on red]สมชาย[/red on red]",
    "braces": "{0} {name} {self.state}",
    "escape": "\x1b[2J\x1b]0;owned\x07สมชาย\x9b31m",
    "long": "ก" * 500,
    "long words": "สมชาย " * 100,
    "marks": "ก" + "\u0e49" * 500,
    "only marks": "\u0e49\u0e34\u0e38" * 9,
    "vowels": "เ" * 250 + "า" * 250,
    "right to left": "\u202eชายสม\u202c \u2066\u05d0\u05d1\u2069",
    "lines": "สมชาย\nยกเลิก\r\n\u2028\u2029\t\x0b",
    "wide": "漢字" * 60 + "👩‍👩‍👧‍👦" * 20,
    "lone surrogate": "\ud800สมชาย",
    "nothing": "",
}
_OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u0e33\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
KEYS = (
    *("ctrl+q", "ctrl+c", "ctrl+p", "ctrl+z", "ctrl+d", "ctrl+backslash", "escape", "f1", "f10", "f12", "ctrl+s"),
    *("ctrl+a", "ctrl+v", "ctrl+x", "alt+f4", "backspace", "delete", "pageup", "pagedown", "home", "end", "space", "q"),
    *("shift+tab", "tab", "left", "right", "up", "down"),
)


@pytest.mark.parametrize("size", [(80, 24), (46, 12)], ids=str)
async def test_a_hostile_name_is_shown_plain_and_both_answers_still_work(size: tuple[int, int]) -> None:
    survived = []
    async with running(size=size) as kiosk:
        for kind, name in NAMES.items():
            kiosk.said.clear()
            await kiosk.show(ConfirmIdentity(name_th=name, name_en=name, number=name))
            for words in kiosk.app.screen.query("Body > Sentence"):
                await kiosk.pilot.click(offset=(size[0] // 2, words.region.y))
            await kiosk.pilot.click("#choice-no")
            await kiosk.pilot.click("#choice-yes")
            if kiosk.said == [Intent.NO, Intent.YES] and not _OBEYED.search("".join(kiosk.lines)):
                survived.append(kind)
    assert survived == list(NAMES)


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("size", [(80, 24), (46, 12)], ids=str)
async def test_a_name_that_comes_during_the_read_moves_nothing_whatever_it_holds(
    size: tuple[int, int], language: str
) -> None:
    moved, obeyed = [], []
    async with running(language, size) as kiosk:
        await kiosk.show(Reading(progress=0.4))
        before, around = _places(kiosk), [line for line in kiosk.lines if line.strip()]
        for kind, name in NAMES.items():
            await kiosk.show(Reading(progress=0.4, name_th=name, name_en=name))
            lines = kiosk.lines
            if _places(kiosk) != before or any(line not in lines for line in around):
                moved.append(kind)
            if _OBEYED.search("".join(lines)) or {cell_len(line) for line in lines} != {size[0]}:
                obeyed.append(kind)
            for words in kiosk.app.screen.query("Body > Sentence"):
                await kiosk.pilot.click(offset=(size[0] // 2, words.region.y))
        await kiosk.pilot.click("#choice-cancel")
    assert (moved, obeyed, kiosk.said) == ([], [], [Intent.CANCEL])


async def test_a_helpers_hostile_name_is_shown_plain_and_the_way_on_stays() -> None:
    survived = []
    async with running(size=(46, 12)) as kiosk:
        for kind, name in NAMES.items():
            kiosk.said.clear()
            await kiosk.show(HelpCalled(told=True, helper=name, minutes=3))
            await kiosk.pilot.click("#choice-back")
            if kiosk.said == [Intent.BACK] and not _OBEYED.search("".join(kiosk.lines)):
                survived.append(kind)
    assert survived == list(NAMES)


@pytest.mark.parametrize(
    "state",
    [
        HelpCalled(told=True, helper=NAMES["a link that quits"]),
        ConfirmIdentity(name_th=NAMES["a link that quits"], name_en="", number="[/]"),
        Reading(progress=0.4, name_th=NAMES["a link that quits"]),
    ],
    ids=lambda state: type(state).__name__,
)
async def test_markup_in_a_name_is_shown_letter_by_letter(state: State) -> None:
    async with running() as kiosk:
        await kiosk.show(state)
        assert "[@click=app.quit]x[/]" in "".join(kiosk.lines)


def _places(kiosk: Kiosk) -> list[Region]:
    return [widget.region for widget in kiosk.app.screen.query("Body > *, Choice")]


async def test_a_hostile_code_keeps_the_finish_button_on_the_screen() -> None:
    async with running(size=(46, 12)) as kiosk:
        for code in NAMES.values():
            for state in (Accepted(pin=code, valid_until_ms=0), SavedHere(code=code)):
                await kiosk.show(state)
                await kiosk.pilot.click("#choice-done")
        assert kiosk.said == [Intent.DONE] * len(NAMES) * 2


async def test_no_key_ends_or_covers_the_screen() -> None:
    async with running() as kiosk:
        await kiosk.show(ConfirmIdentity("นายสมชาย ใ•••", "Mr. Somchai J•••", "•• 21 3"))
        await kiosk.pilot.press(*(key for key in KEYS if key != "escape"))  # which is the fourth key, and says no
        assert kiosk.app.is_running
        assert isinstance(kiosk.app.screen, ConfirmScreen)
        assert kiosk.said == []


async def test_only_the_four_keys_and_their_other_names_are_bound() -> None:
    async with running() as kiosk:
        bound = set(kiosk.app.screen.active_bindings)
        assert bound <= {"tab", "shift+tab", "up", "down", "left", "right", "enter", "escape"}


async def test_a_notification_reaches_nobody() -> None:
    async with running() as kiosk:
        before = kiosk.lines
        kiosk.app.notify("เลข 1 1111 11111 11 1")
        await kiosk.pilot.pause()
        assert kiosk.lines == before


def test_a_failing_screen_ends_with_a_code_and_without_the_name(capfd: pytest.CaptureFixture[str]) -> None:
    name = "นายสมชาย ใ•••"

    def fail(_: Intent) -> None:
        secret = name
        raise ValueError(secret)

    apps: list[App[None]] = []

    async def run() -> None:
        async with running(send=fail, wordings=load_wordings()) as kiosk:
            apps.append(kiosk.app)
            await kiosk.show(ConfirmIdentity(name, "", ""))
            await kiosk.pilot.click("#choice-yes")

    with pytest.raises(ValueError, match=name):  # the pilot hands the exception on
        asyncio.run(run())
    written = "".join(capfd.readouterr())
    assert re.fullmatch(r"incident [0-9a-f]{8}\n", written)
    assert apps[0].return_code == 1
