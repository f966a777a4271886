# SPDX-License-Identifier: Apache-2.0
"""Every kind of page on two panels: nothing is cut off, and Thai is as a terminal draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioning.commissioning.pages import Act, Form
from provisioning.commissioning.screens import PageScreen, Touch
from provisioning.commissioning.steps import Outcome, Step
from provisioning.commissioning.words import load_words
from tests.kiosk.screens.terminal import lines
from tests.provisioning.commissioning.pictures import Album, pages
from wire.lettering.thai import wrap

if TYPE_CHECKING:
    from pathlib import Path

SARA_AM = "\u0e33"
THUMB = (4, 2)  # cells; of a letter key on the smallest panel


@pytest.mark.parametrize("size", [(46, 12), (58, 15)], ids=str)
@pytest.mark.parametrize("language", ["th", "en"])
async def test_every_page_fits_and_every_touch_is_whole(tmp_path: Path, language: str, size: tuple[int, int]) -> None:
    words, album = load_words()[language], Album()
    async with album.run_test(size=size) as pilot:
        for name, (step, page) in pages(tmp_path).items():
            screen = PageScreen(page, words, step, can_go_back=True)
            screen.fit(album.size)
            await album.push_screen(screen)
            await pilot.pause(0)
            shown = list[str]()
            while True:
                await pilot.pause(0)
                shown += lines(album)
                for touch in screen.query(Touch):
                    assert screen.region.contains_region(touch.region), (name, touch.id)
                    assert touch.region.width >= THUMB[0], (name, touch.id)
                    assert touch.region.height >= THUMB[1] or touch.has_class("corner"), (name, touch.id)
                    said = wrap(touch.says, touch.content_size.width)
                    assert len(said) <= touch.content_size.height, (name, touch.id)
                    assert all(line in "".join(lines(album)) for line in said), (name, touch.id)
                if not screen.query("#more"):
                    break
                screen.query_one("#more", Touch).action_touch()
                for _ in range(4):
                    await pilot.pause(0)
            assert SARA_AM not in "".join(shown)
            if page.form in (Form.TEXT, Form.BIG, Form.BUSY):
                for part in screen.parts:
                    assert all(any(line in row for row in shown) for line in part), name
            await album.pop_screen()


def test_the_texts_have_every_word_that_may_be_asked_for() -> None:
    sentences = load_words()["th"].sentences
    asked = {f"act.{act}" for act in Act} | {f"outcome.{outcome}" for outcome in Outcome}
    asked |= {f"{step}.title" for step in Step}
    assert asked - set(sentences) == set()
