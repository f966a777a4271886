# SPDX-License-Identifier: Apache-2.0
"""What holds for every state, in every language, on the largest and the smallest screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

from rich.cells import cell_len

from kiosk.enrollment.states import State
from kiosk.screens.app import Looks
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.conftest import running
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.terminal import cells, contrast
from wire.lettering.thai import WORD_MARK, drawable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.kiosk.screens.conftest import Gallery

    Drawn = tuple[str, tuple[int, int], Gallery]

_DRAWINGS = re.compile("[\u2500-\u259f\\s]")  # box drawing and block elements
NARROW = 56  # columns; `-wide` begins there
_NOT_SHOWN_WHOLE = {"time.months"}  # one of the twelve is
_FOR_THE_EAR = ("spoken.", "aloud.")


def test_every_state_is_drawn_here() -> None:
    assert {type(state) for state in MOMENTS.values()} == set(get_args(State))


def test_no_word_is_cut(drawn: Drawn) -> None:
    language, _, screens = drawn
    sentences = load_wordings()[language].sentences
    lost = [
        (name, key)
        for name, screen in screens.items()
        for key in screen.asked - _NOT_SHOWN_WHOLE
        if not key.startswith(_FOR_THE_EAR) and not _reads(screen.lines, sentences[key])
    ]
    assert lost == []


def test_every_screen_says_something_of_its_own(drawn: Drawn) -> None:
    _, _, screens = drawn
    everywhere = frozenset.intersection(*(screen.asked for screen in screens.values()))
    assert [name for name, screen in screens.items() if screen.asked <= everywhere] == []


def test_every_choice_lies_whole_on_the_screen_and_off_the_others(drawn: Drawn) -> None:
    _, size, screens = drawn
    bad = []
    for name, screen in screens.items():
        regions = list(screen.choices.values())
        whole = all(r.x >= 0 and r.y >= 0 and r.right <= size[0] and r.bottom <= size[1] and r.area for r in regions)
        apart = all(not a.overlaps(b) for i, a in enumerate(regions) for b in regions[i + 1 :])
        if not (whole and apart):
            bad.append((name, screen.choices))
    assert bad == []


def test_every_button_is_three_rows_high_and_a_thumb_wide(drawn: Drawn) -> None:
    _, _, screens = drawn
    small = [
        (name, choice)
        for name, screen in screens.items()
        for choice, region in screen.choices.items()
        if choice.startswith("choice-") and (region.height < 3 or region.width < 7)  # 22 mm on the smallest panel
    ]
    assert small == []


def test_the_language_can_be_turned_on_every_screen(drawn: Drawn) -> None:
    _, _, screens = drawn
    assert [name for name, screen in screens.items() if "language" not in screen.choices] == []


def test_every_screen_offers_to_be_heard(drawn: Drawn) -> None:
    _, _, screens = drawn
    assert [name for name, screen in screens.items() if "listen" not in screen.choices] == []


def test_sara_am_never_reaches_the_terminal(drawn: Drawn) -> None:
    _, _, screens = drawn
    assert [name for name, screen in screens.items() if any("\u0e33" in line for line in screen.lines)] == []


def test_every_line_fills_the_screen_exactly(drawn: Drawn) -> None:
    _, (width, height), screens = drawn
    wrong = [
        name
        for name, screen in screens.items()
        if len(screen.lines) != height or {cell_len(line) for line in screen.lines} != {width}
    ]
    assert wrong == []


def test_words_stand_out_from_their_ground_at_least_seven_to_one(drawn: Drawn) -> None:
    _, _, screens = drawn
    assert _faint((name, *letter) for name, screen in screens.items() for letter in screen.letters) == set()


async def test_words_stand_out_in_high_contrast_too_which_is_dark() -> None:
    grounds: set[str] = set()
    faint = set()
    async with running("th", (46, 12), looks=Looks("high")) as kiosk:
        for name, state in MOMENTS.items():
            await kiosk.show(state)
            drawn = list(cells(kiosk.app))
            grounds.add(drawn[-1].paper)
            faint |= _faint((name, cell.text, cell.ink, cell.paper) for cell in drawn)
    assert faint == set()
    assert grounds == {"#000000"}


def test_every_screen_says_that_this_is_a_test(drawn: Drawn) -> None:
    language, (width, _), screens = drawn
    both = {"ทดสอบ", "TEST MODE"}
    said = both if width >= NARROW else {"ทดสอบ"} if language == "th" else {"TEST MODE"}
    tops = {name: screen.lines[0] + screen.lines[1] for name, screen in screens.items()}
    assert [name for name, top in tops.items() if not all(words in top for words in said)] == []


def _reads(lines: list[str], sentence: str) -> bool:
    seen = _DRAWINGS.sub("", "".join(lines))
    pieces = re.split(r"\{\w+\}", sentence.replace(WORD_MARK, "").replace("\n", ""))
    return all(_DRAWINGS.sub("", drawable(piece)) in seen for piece in pieces)


def _faint(drawn: Iterable[tuple[str, str, str, str]]) -> set[tuple[str, str, str]]:
    return {
        (name, ink, paper)
        for name, text, ink, paper in drawn
        if not _DRAWINGS.fullmatch(text) and contrast(ink, paper) < 7
    }
