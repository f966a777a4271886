# SPDX-License-Identifier: Apache-2.0
"""The live picture: shown on its own screen only, whole, and gone with it."""

from __future__ import annotations

from kiosk.enrollment.states import Checking, Looking, Prompt
from kiosk.screens.picture import Picture
from tests.kiosk.screens.conftest import Kiosk, running
from tests.kiosk.screens.terminal import cells

RED = bytes((200, 16, 16))


def _colours(kiosk: Kiosk) -> set[str]:
    return {cell.ink for cell in cells(kiosk.app) if cell.text == "▀"}


async def test_a_frame_is_shown_inside_the_oval_and_dimmed_outside() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(56, 42, RED * 56 * 42)
        await kiosk.pilot.pause()
        assert {"#c81010", "#600808", "#ffd400"} <= _colours(kiosk)


async def test_the_frame_keeps_its_shape_whatever_the_size() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(2, 60, RED * 120)
        await kiosk.pilot.pause()
        picture = kiosk.app.screen.query_one(Picture)
        drawn = [
            cell for cell in cells(kiosk.app) if cell.text == "▀" and cell.ink in {"#c81010", "#600808", "#ffd400"}
        ]
        assert len({cell.x for cell in drawn}) <= 2
        assert len({cell.y for cell in drawn}) == picture.size.height


async def test_a_frame_of_another_length_is_not_shown() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        before = kiosk.lines, _colours(kiosk)
        for frame in ((56, 42, RED), (0, 0, b""), (-1, -3, RED), (1 << 40, 1, RED)):
            kiosk.app.preview(*frame)
        await kiosk.pilot.pause()
        assert (kiosk.lines, _colours(kiosk)) == before


async def test_a_new_prompt_leaves_the_picture_alone() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(56, 42, RED * 56 * 42)
        await kiosk.show(Looking(prompt=Prompt.COME_CLOSER))
        assert "#c81010" in _colours(kiosk)
        assert "ขยับเข้ามาอีกนิด" in "".join(kiosk.lines)


async def test_the_next_person_never_sees_the_last_frame() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(56, 42, RED * 56 * 42)
        await kiosk.show(Checking())
        kiosk.app.preview(56, 42, RED * 56 * 42)
        assert _colours(kiosk).isdisjoint({"#c81010", "#600808", "#ffd400"})
        await kiosk.show(Looking())
        assert _colours(kiosk).isdisjoint({"#c81010", "#600808"})


async def test_the_attempt_is_told_from_the_second_on() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking(attempt=1))
        assert "ครั้งที่" not in "".join(kiosk.lines)
        await kiosk.show(Looking(attempt=2))
        assert "ครั้งที่ 2" in "".join(kiosk.lines)
