# SPDX-License-Identifier: Apache-2.0
"""The live picture as the terminal's own graphics, sharp enough to see where one's eyes are.

It is made in a thread beside the one that draws the words, one frame at a time and always the newest. Like the picture
in half blocks it keeps that frame only, in memory, and loses it with the screen.
"""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw
from rich.segment import ControlType, Segment
from textual.strip import Strip

from kiosk.screens.picture import FACE_HEIGHT, FACE_WIDTH, OVAL, Frame, Picture
from kiosk.screens.sixel import SixelError

if TYPE_CHECKING:
    from textual.geometry import Region

    from kiosk.screens.sixel import Graphics

MOST_WIDTH_PX = 640  # a larger picture shows nothing more of a frame, and costs a Pi its ten a second
_BAND_PX = 6  # what one row of sixels is high
_LINE = 0.012  # of the picture's height, each side of the oval
_FINER = 4  # times the size that the oval is drawn in, for a smooth line
_DIMMED = [level // 2 for level in range(256)] * 3
_AS_IT_IS = ((ControlType.CURSOR_FORWARD, 0),)  # marks a segment that takes no cell


class SixelPicture(Picture):
    """A mirrored picture of the person with an oval where the face belongs."""

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self._graphics: Graphics | None = graphics
        self._fresh = asyncio.Event()
        self._drawn = ""

    def on_mount(self) -> None:
        """Begin to draw what comes."""
        self.run_worker(self._keep_drawing())

    def on_resize(self) -> None:
        """Forget what was drawn for another size."""
        self._drawn = ""
        self._fresh.set()

    def arrived(self) -> None:
        """Have the frame drawn, unless a newer one comes first."""
        self._fresh.set()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw empty cells, and the picture over them with the last: what is written into a cell wipes the picture."""
        if self._graphics is None:
            return super().render_lines(crop)
        blank = Strip.blank(crop.width, self.rich_style)
        picture = Segment(self._drawn, None, _AS_IT_IS)
        return [*[blank] * (crop.height - 1), Strip([*blank, picture], crop.width)]

    async def _keep_drawing(self) -> None:
        while self._graphics is not None:
            await self._fresh.wait()
            self._fresh.clear()
            try:
                self._drawn = await asyncio.to_thread(self._draw, self._graphics, self.frame, self.region)
            except SixelError:
                self._graphics = None  # the half blocks need nothing
            self.refresh()

    @staticmethod
    def _draw(graphics: Graphics, frame: Frame, region: Region) -> str:
        """Return what draws a frame, whole and in the middle of a region of the screen, and moves no cursor."""
        cell = graphics.cell
        width, height = region.width * cell.width_px, region.height * cell.height_px
        size = shown_size(frame, (width, height))
        if min(size) < 1:
            return ""
        x = region.x + (width - size[0]) // 2 // cell.width_px
        y = region.y + (height - size[1]) // 2 // cell.height_px
        return f"\x1b7\x1b[{y + 1};{x + 1}H{graphics.sixel.encode(*size, framed(frame, size))}\x1b8"


def shown_size(frame: Frame, room: tuple[int, int]) -> tuple[int, int]:
    """Return how large a frame is shown where there is so much room: width and height in pixels."""
    scale = min(room[0] / frame.width, room[1] / frame.height, MOST_WIDTH_PX / frame.width)
    return int(frame.width * scale), int(frame.height * scale) // _BAND_PX * _BAND_PX


def framed(frame: Frame, size: tuple[int, int]) -> bytes:
    """Bring a frame to this size, dim what is outside the oval and draw the oval: RGB, row by row."""
    seen = Image.frombuffer("RGB", (frame.width, frame.height), frame.rgb, "raw", "RGB", 0, 1)
    seen = seen.resize(size, Image.Resampling.BILINEAR)
    inside, line = _masks(size)
    framed = Image.composite(seen, seen.point(_DIMMED), inside)
    framed.paste(OVAL, mask=line)
    return framed.tobytes()


@lru_cache(maxsize=2)
def _masks(size: tuple[int, int]) -> tuple[Image.Image, Image.Image]:
    """Return where the face belongs and where the line around it runs, for one size of picture."""
    width, height = (length * _FINER for length in size)
    middle_x, middle_y, across, down = width / 2, height / 2, width * FACE_WIDTH, height * FACE_HEIGHT
    box = (middle_x - across, middle_y - down, middle_x + across, middle_y + down)
    inside, line = Image.new("L", (width, height)), Image.new("L", (width, height))
    ImageDraw.Draw(inside).ellipse(box, fill=255)
    ImageDraw.Draw(line).ellipse(box, outline=255, width=round(2 * _LINE * height))
    return inside.resize(size, Image.Resampling.BOX), line.resize(size, Image.Resampling.BOX)
