# SPDX-License-Identifier: Apache-2.0
"""A fleet on disk with one kiosk, and its real broker, for tests of what a kiosk finds of both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk import config
from tests.provisioning.conftest import MINE, make_fleet

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import Settings
    from tests.provisioning.conftest import Made


def fleet_with_a_kiosk(place: Path) -> Made:
    place.mkdir(exist_ok=True)
    made = make_fleet(place)
    made.make_kiosk(MINE)
    return made


def settings_of(made: Made) -> Settings:
    return config.read(made.kiosk(MINE) / "kiosk.toml")
