# SPDX-License-Identifier: Apache-2.0
"""The camera's picture as sixels: whole, newest first, gone with its screen. Read back by libsixel's own decoder."""

from __future__ import annotations

import io
import re
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from kiosk.enrollment.states import Checking, Looking, Prompt
from kiosk.screens import sixel
from kiosk.screens.app import Looks
from kiosk.screens.picture import FACE_HEIGHT, FACE_WIDTH, OVAL
from kiosk.screens.sixel import Cell, Graphics, Sixel, SixelError
from kiosk.screens.sixel_picture import SixelPicture
from tests.kiosk.screens.conftest import Kiosk, running
from tests.kiosk.screens.terminal import beside_letters

if TYPE_CHECKING:
    from collections.abc import Callable

CELL = Cell(12, 30)
RED, BLUE = (200, 16, 16), (16, 16, 200)
NEAR = 12  # of 255 levels: a palette has 64 colours, a sixel's colour 101 steps
TURNS = 400


def _frame(colour: tuple[int, int, int], width: int = 56, height: int = 42) -> tuple[int, int, bytes]:
    return width, height, bytes(colour) * width * height


def _read_back(picture: str) -> Image.Image:
    told = subprocess.run(["sixel2png"], input=picture.encode(), capture_output=True, check=True)
    return Image.open(io.BytesIO(told.stdout)).convert("RGB")


def _is_near(one: object, other: tuple[int, ...]) -> bool:
    assert isinstance(one, tuple)
    return all(abs(a - b) <= NEAR for a, b in zip(one, other, strict=True))


def _picture(kiosk: Kiosk) -> Image.Image | None:
    """Return the picture that is over the letters, if there is one."""
    told = re.fullmatch("\x1b7\x1b\\[[0-9]+;[0-9]+H(.*)\x1b8", beside_letters(kiosk.app), re.DOTALL)
    return _read_back(told[1]) if told else None


async def _until(kiosk: Kiosk, fits: Callable[[], bool]) -> None:
    for _ in range(TURNS):
        if fits():
            return
        await kiosk.pilot.pause(0.01)
    pytest.fail("it was not drawn")


async def _drawn(kiosk: Kiosk, colour: tuple[int, int, int]) -> Image.Image:
    """Show a frame of one colour, and return the picture of it."""
    kiosk.app.preview(*_frame(colour))
    found: list[Image.Image] = []

    def is_there() -> bool:
        picture = _picture(kiosk)
        if picture is None or not _is_near(picture.getpixel((picture.width // 2, picture.height // 2)), colour):
            return False
        found.append(picture)
        return True

    await _until(kiosk, is_there)
    return found[0]


def test_a_picture_comes_back_as_it_was() -> None:
    seen = Image.effect_mandelbrot((160, 120), (-2, -1.5, 1, 1.5), 60).convert("RGB")
    drawn = _read_back(Sixel().encode(160, 120, seen.tobytes()))
    assert drawn.size == (160, 120)
    differences = [abs(a - b) for a, b in zip(seen.tobytes(), drawn.tobytes(), strict=True)]
    assert sum(differences) / len(differences) < 4  # 64 colours of hundreds


@pytest.mark.parametrize(
    ("width", "height", "rgb"), [(0, 6, b""), (-2, -2, bytes(12)), (4, 6, bytes(71)), (4, 6, bytes(73))]
)
def test_bytes_of_another_size_are_refused(width: int, height: int, rgb: bytes) -> None:
    with pytest.raises(SixelError, match="not those of a picture"):
        Sixel().encode(width, height, rgb)


def test_a_machine_without_the_library_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sixel, "_LIBRARY", "libsixel-of-nowhere.so.1")
    with pytest.raises(SixelError, match="install Debian's libsixel1"):
        Sixel()


async def test_a_frame_is_drawn_where_the_picture_is_with_an_oval_around_the_face() -> None:
    async with running(looks=Looks(graphics=Graphics(CELL, Sixel()))) as kiosk:
        await kiosk.show(Looking())
        drawn = await _drawn(kiosk, RED)
        room = kiosk.app.screen.query_one(SixelPicture).region
    assert drawn.width <= room.width * CELL.width_px
    assert drawn.height <= room.height * CELL.height_px
    assert _is_near(drawn.getpixel((2, 2)), (100, 8, 8))
    right = drawn.width // 2 + int(drawn.width * FACE_WIDTH) - 3
    bottom = drawn.height // 2 + int(drawn.height * FACE_HEIGHT) - 3
    assert _is_near(drawn.getpixel((right, drawn.height // 2)), OVAL)
    assert _is_near(drawn.getpixel((drawn.width // 2, bottom)), OVAL)


async def test_the_cells_under_it_stay_empty() -> None:
    async with running(looks=Looks(graphics=Graphics(CELL, Sixel()))) as kiosk:
        await kiosk.show(Looking())
        before = kiosk.lines
        await _drawn(kiosk, RED)
        assert kiosk.lines == before


async def test_the_newest_frame_is_drawn_and_those_between_are_left_out() -> None:
    sixels = _HeldSixel()
    async with running(looks=Looks(graphics=Graphics(CELL, sixels))) as kiosk:
        await kiosk.show(Looking())
        await _until(kiosk, sixels.waits.is_set)  # with the picture before the first frame
        for colour in (RED, (16, 200, 16), BLUE):
            kiosk.app.preview(*_frame(colour))
        sixels.free.set()
        await _until(kiosk, lambda: len(sixels.middles) > 1)
    assert sixels.middles[1:] == [BLUE]


async def test_a_new_prompt_leaves_the_picture_alone() -> None:
    async with running(looks=Looks(graphics=Graphics(CELL, Sixel()))) as kiosk:
        await kiosk.show(Looking())
        await _drawn(kiosk, RED)
        before = beside_letters(kiosk.app)
        await kiosk.show(Looking(prompt=Prompt.COME_CLOSER))
        assert beside_letters(kiosk.app) == before


async def test_nothing_of_it_is_told_to_the_terminal_after_its_screen() -> None:
    sixels = _HeldSixel()
    async with running(looks=Looks(graphics=Graphics(CELL, sixels))) as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(*_frame(RED))
        await _until(kiosk, sixels.waits.is_set)
        await kiosk.show(Checking())
        sixels.free.set()  # what was being made when the screen went
        kiosk.app.preview(*_frame(RED))
        await kiosk.pilot.pause(0.1)
        assert beside_letters(kiosk.app) == ""


async def test_an_encoder_that_fails_gives_way_to_half_blocks() -> None:
    async with running(looks=Looks(graphics=Graphics(CELL, _BrokenSixel()))) as kiosk:
        await kiosk.show(Looking())
        kiosk.app.preview(*_frame(RED))
        await _until(kiosk, lambda: "▀" in "".join(kiosk.lines))
        assert beside_letters(kiosk.app) == ""


class _HeldSixel(Sixel):
    """Encodes only when it may, and notes the middle pixel of what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.free, self.waits = threading.Event(), threading.Event()
        self.middles: list[tuple[int, ...]] = []

    def encode(self, width: int, height: int, rgb: bytes) -> str:
        self.waits.set()
        assert self.free.wait(20)
        at = (height // 2 * width + width // 2) * 3
        self.middles.append(tuple(rgb[at : at + 3]))
        return super().encode(width, height, rgb)


class _BrokenSixel(Sixel):
    def encode(self, *_: object) -> str:
        raise SixelError
