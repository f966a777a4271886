# SPDX-License-Identifier: Apache-2.0
"""Every state with four keys and no touch: next, previous, choose, cancel; and an eye that sees where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.states import Intent, Notice, StillThere
from kiosk.screens.sentence import Choice
from tests.kiosk.enrollment.walk import Walk
from tests.kiosk.screens.conftest import Kiosk, running
from tests.kiosk.screens.displays import PANELS
from tests.kiosk.screens.moments import FORMS, MOMENTS
from tests.kiosk.screens.terminal import Cell, cells, contrast

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE = PANELS[0].cells
SEEN = 3.0  # WCAG 2.2, 2.4.13: between a pixel with the focus and the same pixel without
SEEN_CELLS = 6
NO_WAY_OUT = {
    "Attract",
    "Resting",
    "OutOfService",
    "TakeCard",
}  # nobody is in a session, or only the card is left to take


def choosable(kiosk: Kiosk) -> list[str]:
    return [str(choice.id) for choice in kiosk.app.screen.query(Choice) if not choice.disabled]


async def walk(kiosk: Kiosk, key: str) -> list[str]:
    """Press a key once for each choice; return where the focus went."""
    seen = []
    for _ in choosable(kiosk):
        await kiosk.press(key)
        seen.append(str(kiosk.app.focused.id) if kiosk.app.focused else "nothing")
    return seen


async def test_next_comes_by_every_choice_of_every_state_and_previous_the_other_way() -> None:
    lost = {}
    async with running(size=SIZE) as kiosk:
        for name, state in FORMS.items():
            await kiosk.show(state)
            start = kiosk.app.focused
            forth = await walk(kiosk, "right")
            came_round = kiosk.app.focused is start or start is None
            back = await walk(kiosk, "left")
            if set(forth) != set(choosable(kiosk)) or set(back) != set(forth) or not came_round:
                lost[name] = forth, back
    assert lost == {}


async def test_cancel_is_the_way_out_of_every_state_that_has_one() -> None:
    ways_out = (Intent.CANCEL, Intent.DECLINE, Intent.BACK, Intent.NO, Intent.DONE)
    stuck = {}
    async with running(size=SIZE) as kiosk:
        for name, state in FORMS.items():
            await kiosk.show(state)
            kiosk.said.clear()
            await kiosk.press("escape")
            offered = [intent for intent in ways_out if f"choice-{intent}" in choosable(kiosk)]
            if kiosk.said != offered[:1] or (not offered and type(state).__name__ not in NO_WAY_OUT):
                stuck[name] = kiosk.said[:], offered
    assert stuck == {}


async def test_the_eye_sees_which_choice_the_keys_are_on() -> None:
    unseen = []
    async with running(size=SIZE) as kiosk:
        for name, state in FORMS.items():
            await kiosk.show(state)
            choices = [choice for choice in kiosk.app.screen.query(Choice) if not choice.disabled]
            drawn = [await with_focus_on(kiosk, choice) for choice in choices]
            elsewhere = [*drawn[1:], *(drawn[:1] if len(drawn) > 1 else [await with_focus_on(kiosk, None)])]
            for choice, here, there in zip(choices, drawn, elsewhere, strict=True):
                if changes(inside(there, choice), inside(here, choice)) < SEEN_CELLS:
                    unseen.append((name, choice.id))
    assert unseen == []


@pytest.mark.parametrize("steps", [["enter", "right", "right", "enter"]])
async def test_a_box_is_ticked_and_agreed_to_with_keys(steps: list[str]) -> None:
    async with running(size=SIZE) as kiosk:
        await kiosk.show(MOMENTS["notice"])
        await kiosk.press(steps[0])
        await kiosk.show(MOMENTS["notice-ticked"])
        await kiosk.press(*steps[1:])
        assert kiosk.said == [Intent.TICK, Intent.AGREE]


async def with_focus_on(kiosk: Kiosk, choice: Choice | None) -> list[Cell]:
    kiosk.app.set_focus(choice)
    await kiosk.settle()
    assert kiosk.app.focused is choice
    return list(cells(kiosk.app))


def inside(drawn: list[Cell], choice: Choice) -> dict[tuple[int, int], Cell]:
    region = choice.region
    return {(cell.x, cell.y): cell for cell in drawn if region.contains(cell.x, cell.y)}


def changes(before: Mapping[tuple[int, int], Cell], after: Mapping[tuple[int, int], Cell]) -> int:
    """Count the cells whose ground, or the frame drawn in them, changes enough to be seen."""
    return sum(contrast(shade(before[at]), shade(cell)) >= SEEN for at, cell in after.items() if at in before)


def shade(cell: Cell) -> str:
    """Return the colour of a cell's frame, or of its ground."""
    return cell.ink if cell.text in set("▛▀▜▌▐▙▄▟") else cell.paper


async def test_more_time_is_given_at_least_ten_times_by_one_key() -> None:
    walk = Walk().say(Intent.START, Intent.ENROLL)
    async with running(size=SIZE) as kiosk:
        for _ in range(10):
            walk.wait(walk.session.policy.idle_s + 1)
            assert isinstance(walk.state, StillThere)
            assert walk.state.seconds_left >= 19  # WCAG 2.2, 2.2.1: 20 to answer
            await kiosk.show(walk.state)
            await kiosk.press("enter")
            walk.say(kiosk.said[-1])
            await kiosk.show(walk.state)
        assert isinstance(walk.state, Notice)
    assert kiosk.said == [Intent.MORE_TIME] * 10
