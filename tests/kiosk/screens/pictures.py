# SPDX-License-Identifier: Apache-2.0
"""Draw every screen into a folder, so that a person can look at it: `python -m tests.kiosk.screens.pictures FOLDER`.

SVG as a terminal would draw it; PNG by rsvg-convert where it is installed.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.enrollment.measures import Meters
from kiosk.enrollment.states import Looking, Prompt, State
from kiosk.screens.app import KioskApp
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.terminal import CELL_HEIGHT, CELL_WIDTH, svg

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

SIZES = ((80, 24), (58, 15), (46, 12))
FRAME_WIDTH, FRAME_HEIGHT = 56, 42
SHOWN_WITH = {
    Prompt.NO_FACE: Meters(),
    Prompt.COME_CLOSER: Meters(1, 4),
    Prompt.STEP_BACK: Meters(7, 5),
    Prompt.TOO_DARK: Meters(3, 0),
    Prompt.TOO_BRIGHT: Meters(5, 8),
    **dict.fromkeys((Prompt.TURN_LEFT, Prompt.TURN_RIGHT, Prompt.LOOK_UP, Prompt.LEAN_IN), Meters()),
}
GAP = 24  # between the four, in pixels
GROUND = '<rect width="100%" height="100%" fill="#9fb0a9"/>'


def stand_in_frame(finer: int = 1) -> bytes:
    """Draw a head and shoulders of nobody: flat shapes before a wall, 56 x 42 or so many times as many, RGB."""
    pixels = bytearray()
    for y in range(FRAME_HEIGHT * finer):
        for x in range(FRAME_WIDTH * finer):
            pixels += bytes(_colour((x + 0.5) / finer - FRAME_WIDTH / 2, y / finer - FRAME_HEIGHT / 2))
    return bytes(pixels)


async def drawings(
    moments: Mapping[str, State],
    language: str,
    size: tuple[int, int],
    *,
    cell_height: float = CELL_HEIGHT,
    live: bool = False,
) -> AsyncIterator[tuple[str, str]]:
    """Draw one state after another on one kiosk; yield each name with its screen as SVG."""
    app = KioskApp(send=lambda _: None, wordings=load_wordings(), language=language, live=live)
    async with app.run_test(size=size) as pilot:
        for name, state in moments.items():
            app.show(state)
            await pilot.pause()
            if isinstance(state, Looking):
                app.preview(FRAME_WIDTH, FRAME_HEIGHT, stand_in_frame())
                app.measure(SHOWN_WITH.get(state.prompt, Meters(4, 4)))
                await pilot.pause()
            yield name, svg(app, cell_height=cell_height)


async def draw(state: State, language: str, size: tuple[int, int], *, live: bool = False) -> str:
    """Return one screen as SVG."""
    [(_, drawing)] = [drawn async for drawn in drawings({"one": state}, language, size, live=live)]
    return drawing


async def four_moments(language: str) -> str:
    """Return the welcome, the notice, the camera and the code in one SVG, two by two, as the README shows them."""
    names = ("attract", "notice-ticked", "looking-come_closer", "accepted")
    width, height = SIZES[1][0] * CELL_WIDTH, SIZES[1][1] * CELL_HEIGHT
    placed = [
        f'<g transform="translate({at % 2 * (width + GAP)} {at // 2 * (height + GAP)})">'
        f"{await draw(MOMENTS[name], language, SIZES[1])}</g>"
        for at, name in enumerate(names)
    ]
    box = f"0 0 {2 * width + GAP} {2 * height + GAP}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{GROUND}' + "\n".join(placed) + "</svg>\n"


def main() -> None:
    """Draw the screens named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="draw the screens whose name starts with this")
    parser.add_argument("--language", choices=("th", "en"), action="append")
    parser.add_argument("--size", choices=[f"{width}x{height}" for width, height in SIZES], action="append")
    parser.add_argument("--readme", action="store_true", help="draw kiosk-<language>.svg, four moments in one, only")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    if wanted.readme:
        for language in wanted.language or ("th", "en"):
            _write(wanted.folder / f"kiosk-{language}.svg", asyncio.run(four_moments(language)))
        return
    for name in (name for name in MOMENTS if name.startswith(wanted.only)):
        for language in wanted.language or ("th", "en"):
            for width, height in SIZES:
                if wanted.size is None or f"{width}x{height}" in wanted.size:
                    drawing = asyncio.run(draw(MOMENTS[name], language, (width, height)))
                    _write(wanted.folder / f"{name}-{language}-{width}x{height}.svg", drawing)


def _write(path: Path, drawing: str) -> None:
    path.write_text(drawing, encoding="utf-8")
    if converter := shutil.which("rsvg-convert"):
        subprocess.run([converter, "-o", path.with_suffix(".png"), path], check=True)


def _colour(across: float, down: float) -> tuple[int, int, int]:
    if across**2 / 60 + (down + 3) ** 2 / 130 < 1:
        return (60, 44, 36) if down < -8 or abs(across) > 6.5 else (222, 178, 144)
    if down > 9 and across**2 / 420 + (down - 24) ** 2 / 230 < 1:
        return (64, 104, 158)
    return (206, 212, 204)


if __name__ == "__main__":
    main()
