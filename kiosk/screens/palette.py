# SPDX-License-Identifier: Apache-2.0
"""The colours that kiosk.tcss knows by name, for either setting of `screen.contrast`.

The names are those of the ordinary colours: in high contrast `$green`, which carries titles and ways forward, is a
yellow on black, and `$yellow`, which marks and warns, is a blue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PALETTES: Mapping[str, Mapping[str, str]] = {
    "ordinary": {
        "ink": "#10231c",
        "paper": "#ffffff",
        "green": "#00523f",
        "mint": "#dcebe5",
        "yellow": "#ffd400",
        "quiet": "#3d4f48",
        "grey": "#eef1ef",
    },
    "high": {
        "ink": "#ffffff",
        "paper": "#000000",
        "green": "#ffd400",
        "mint": "#333333",
        "yellow": "#00308f",
        "quiet": "#f0f0f0",
        "grey": "#1a1a1a",
    },
}
