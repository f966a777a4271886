# SPDX-License-Identifier: Apache-2.0
"""Every state on every panel in both languages, as one page of pictures: `make gallery`.

A picture is as wide as its panel, up to `WIDEST_PX`. PNG is drawn by rsvg-convert; nothing is drawn twice.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tests.kiosk.screens.displays import DISPLAYS
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.pictures import drawings
from tests.kiosk.screens.terminal import CELL_WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kiosk.enrollment.states import State
    from tests.kiosk.screens.displays import Display

LANGUAGES = ("th", "en")
WIDEST_PX = 960
_PAGE = """\
<!doctype html>
<html lang="en"><meta charset="utf-8"><title>DipChip: every screen</title>
<style>
body {{ font: 16px/1.4 sans-serif; margin: 24px; background: #e8ecea; color: #10231c; }}
section {{ display: flex; flex-wrap: wrap; gap: 12px; }}
img {{ height: auto; max-width: 100%; border: 1px solid #3d4f48; }}
</style>
<h1>Every screen</h1>
{panels}
{moments}
</html>
"""


async def draw(folder: Path, display: Display, language: str, moments: Mapping[str, State]) -> None:
    """Draw the states on one panel in one language."""
    width, height = display.cell_px
    converted = []
    with ThreadPoolExecutor(max_workers=1) as converting:  # beside the drawing, one at a time
        async for name, drawing in drawings(moments, language, display.cells, cell_height=CELL_WIDTH * height / width):
            path = folder / file_name(name, language, display)
            converted.append(converting.submit(_write, path, drawing, min(display.width_px, WIDEST_PX)))
    for future in converted:
        future.result()


def file_name(name: str, language: str, display: Display) -> str:
    """Say where the picture of a state is."""
    return f"{name}-{language}-{display.name}.png"


def page(names: Iterable[str], displays: Iterable[Display]) -> str:
    """Return the page that shows them all, a state a row."""
    displays = list(displays)
    panels = "".join(f"<p>{escape(_figures(display))}</p>\n" for display in displays)
    moments = "\n".join(
        f"<h2>{escape(name)}</h2>\n<section>"
        + "".join(
            f'<img loading="lazy" width="{display.cells[0] * 10}" src="{escape(file_name(name, language, display))}">'
            for display in displays
            for language in LANGUAGES
        )
        + "</section>"
        for name in names
    )
    return _PAGE.format(panels=panels, moments=moments)


def main() -> None:
    """Draw the states whose name begins as told, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="draw the states whose name starts with this")
    parser.add_argument("--display", choices=DISPLAYS, action="append", help="all of them when none is named")
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    moments = {name: state for name, state in MOMENTS.items() if name.startswith(wanted.only)}
    displays = [DISPLAYS[name] for name in wanted.display or DISPLAYS]
    for display in displays:
        for language in LANGUAGES:
            asyncio.run(draw(wanted.folder, display, language, moments))
            sys.stdout.write(f"{len(moments)} screens, {language}, {_figures(display)}\n")
            sys.stdout.flush()
    index = wanted.folder / "index.html"
    index.write_text(page(moments, displays), encoding="utf-8")
    sys.stdout.write(f"{index}\n")


def _figures(display: Display) -> str:
    columns, rows = display.cells
    return (
        f"{display.name}: {display.width_px}x{display.height_px}, {columns}x{rows} cells, letters of "
        f"{display.font_px} px, H {display.capital_mm:.1f} mm and ก {display.consonant_mm:.1f} mm high, "
        f"to be read from {display.reading_mm / 10:.0f} cm"
    )


def _write(path: Path, drawing: str, width_px: int) -> None:
    command = ["rsvg-convert", "--width", str(width_px), "--keep-aspect-ratio", "--output", str(path)]
    subprocess.run(command, input=drawing.encode(), check=True)


if __name__ == "__main__":
    main()
