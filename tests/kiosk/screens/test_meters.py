# SPDX-License-Identifier: Apache-2.0
"""The two meters beside the camera: where the person is, told by shape, in cells of every panel."""

from __future__ import annotations

from itertools import product

import pytest

from kiosk.enrollment.measures import METER_GOOD, METER_STEPS, Meters
from kiosk.enrollment.states import Checking, Looking, Prompt
from kiosk.screens.app import Looks
from kiosk.screens.meters import MeterPanel
from kiosk.screens.speech import Voice
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.conftest import LANGUAGES, SIZES, Kiosk, running
from tests.kiosk.screens.terminal import cells, contrast
from tests.simulators.ear import Ear, Plug
from wire.lettering.thai import drawable

LINE, GOOD, HERE = "▁", "▄", "█"
EMPTY = LINE * 3 + GOOD * 3 + LINE * 3


def bars(kiosk: Kiosk) -> list[str]:
    """Each bar as drawn, one letter a step; both are on the same columns."""
    region = kiosk.app.screen.query_one(MeterPanel).content_region
    rows: dict[int, list[tuple[int, str]]] = {}
    for cell in cells(kiosk.app):
        if region.contains(cell.x, cell.y) and cell.text in (LINE, GOOD, HERE):
            rows.setdefault(cell.y, []).append((cell.x, cell.text))
    assert len({tuple(x for x, _ in row) for row in rows.values()}) == 1
    drawn = ["".join(text for _, text in row) for row in rows.values()]
    return [bar[:: len(bar) // METER_STEPS] for bar in drawn]


def with_block(step: int) -> str:
    return EMPTY[:step] + HERE + EMPTY[step + 1 :]


@pytest.mark.parametrize(("language", "size"), product(LANGUAGES, SIZES), ids=str)
async def test_the_block_stands_where_the_person_is_on_every_panel(language: str, size: tuple[int, int]) -> None:
    async with running(language, size) as kiosk:
        await kiosk.show(Looking())
        assert bars(kiosk) == [EMPTY, EMPTY]
        for distance in range(METER_STEPS):
            light = METER_STEPS - 1 - distance
            kiosk.app.measure(Meters(distance, light))
            await kiosk.pilot.pause()
            assert bars(kiosk) == [with_block(distance), with_block(light)]


@pytest.mark.parametrize(("language", "size"), product(LANGUAGES, SIZES), ids=str)
async def test_its_ends_are_named_whole_in_every_language(language: str, size: tuple[int, int]) -> None:
    wording = load_wordings()[language]
    async with running(language, size) as kiosk:
        await kiosk.show(Looking(Prompt.COME_CLOSER))
        region = kiosk.app.screen.query_one(MeterPanel).content_region
        shown = "".join(cell.text for cell in cells(kiosk.app) if region.contains(cell.x, cell.y))
        assert [
            end for end in ("far", "near", "dark", "bright") if drawable(wording.text(f"meter.{end}")) not in shown
        ] == []


async def test_where_nobody_is_seen_there_is_no_block_and_the_hint_says_so() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.measure(Meters(4, 4))
        await kiosk.show(Looking(Prompt.NO_FACE))
        kiosk.app.measure(Meters())
        await kiosk.pilot.pause()
        assert bars(kiosk) == [EMPTY, EMPTY]
        assert drawable("กรุณายืนที่เส้น") in "".join(kiosk.lines)


async def test_a_new_prompt_leaves_the_meters_alone() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.measure(Meters(1, 7))
        await kiosk.show(Looking(Prompt.COME_CLOSER))
        assert bars(kiosk) == [with_block(1), with_block(7)]


async def test_the_next_person_meets_empty_meters() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.measure(Meters(1, 7))
        await kiosk.show(Checking())
        kiosk.app.measure(Meters(1, 7))
        await kiosk.show(Looking())
        assert bars(kiosk) == [EMPTY, EMPTY]


@pytest.mark.parametrize("colours", ["ordinary", "high"])
async def test_the_parts_differ_in_shape_and_stand_out_from_the_ground(colours: str) -> None:
    async with running(looks=Looks(colours)) as kiosk:
        await kiosk.show(Looking())
        kiosk.app.measure(Meters(METER_GOOD.start, 8))
        await kiosk.pilot.pause()
        region = kiosk.app.screen.query_one(MeterPanel).region
        parts = {
            (cell.text, contrast(cell.ink, cell.paper) >= 7)
            for cell in cells(kiosk.app)
            if region.contains(cell.x, cell.y) and cell.text in (LINE, GOOD, HERE)
        }
        assert parts == {(LINE, True), (GOOD, True), (HERE, True)}


async def test_the_meters_are_seen_and_not_heard() -> None:
    ear = Ear()
    async with running(voice=Voice(ear, Plug(), by_default=True)) as kiosk:
        await kiosk.show(Looking())
        ear.heard.clear()
        for step in range(METER_STEPS):
            kiosk.app.measure(Meters(step, step))
            await kiosk.pilot.pause()
        assert ear.heard == []
