# SPDX-License-Identifier: Apache-2.0
"""The panels that the Ansible role lays the terminal out for, and what a cell of each is in millimetres.

The figures are the role's own, so what is computed here is what a kiosk gets. A millimetre is one on the panel's glass,
for square pixels and the diagonal that the panel is sold by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLE = Path(__file__).parents[3] / "ansible" / "roles" / "kiosk"
VARIABLES = ROLE / "vars" / "main.yml"

# Tlwg Mono, in parts of its size: the advance of every letter, the height of H, of ก and of the marks on ปิ่น.
ADVANCE, CAPITAL, CONSONANT, TALLEST = 0.600, 0.563, 0.445, 0.834
_INCH_MM = 25.4
_READABLE_DEGREES = 0.7  # EN 301 549 V3.2.1, 5.1.4: what the height of H subtends at the distance it is read from


@dataclass(frozen=True, slots=True)
class Display:
    """One panel with one size of text."""

    panel: str
    text: str
    diagonal_inch: float
    width_px: int
    height_px: int
    font_px: int
    line_px: int

    @property
    def name(self) -> str:
        """The panel, and the text where it is not the large one that a kiosk has unless told otherwise."""
        return self.panel if self.text == "large" else f"{self.panel}-{self.text}"

    @property
    def cell_px(self) -> tuple[int, int]:
        """Width and height of a cell: foot takes the font's advance in whole pixels, and the line height as told."""
        return round(self.font_px * ADVANCE), self.line_px

    @property
    def cells(self) -> tuple[int, int]:
        """Columns and rows."""
        width, height = self.cell_px
        return self.width_px // width, self.height_px // height

    @property
    def mm_per_px(self) -> float:
        """Millimetres a pixel."""
        return self.diagonal_inch * _INCH_MM / math.hypot(self.width_px, self.height_px)

    @property
    def cell_mm(self) -> tuple[float, float]:
        """Width and height of a cell."""
        width, height = self.cell_px
        return width * self.mm_per_px, height * self.mm_per_px

    @property
    def capital_mm(self) -> float:
        """The height of a capital H."""
        return self.font_px * CAPITAL * self.mm_per_px

    @property
    def consonant_mm(self) -> float:
        """The height of a Thai consonant without marks."""
        return self.font_px * CONSONANT * self.mm_per_px

    @property
    def reading_mm(self) -> float:
        """From how far away a capital H subtends 0.7 degrees."""
        return self.capital_mm / math.tan(math.radians(_READABLE_DEGREES))


def _read() -> Mapping[str, Display]:
    panels: dict[str, dict[str, Any]] = yaml.safe_load(VARIABLES.read_text(encoding="utf-8"))["kiosk_displays"]
    displays = [
        Display(panel, text, told["diagonal_inch"], told["width_px"], told["height_px"], **sizes)
        for panel, told in panels.items()
        for text, sizes in told["text"].items()
    ]
    return {display.name: display for display in displays}


DISPLAYS = _read()
PANELS = tuple(display for display in DISPLAYS.values() if display.text == "large")
