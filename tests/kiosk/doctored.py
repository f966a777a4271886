# SPDX-License-Identifier: Apache-2.0
"""A kiosk with something to find: a dark room before its camera, no broker, and a Raspberry Pi that is too hot."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

from kiosk.machine.kernel import Kernel
from tests.kiosk.courier.fleets import fleet_with_a_kiosk
from tests.provisioning.conftest import MINE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provisioning.conftest import Made


def fleet_with_a_dark_kiosk(place: Path) -> Made:
    made = fleet_with_a_kiosk(place)
    room = place / "room"
    room.mkdir()
    assert cv2.imwrite(str(room / "1.png"), np.full((480, 640, 3), 12, np.uint8))
    told = settings(made).read_text(encoding="utf-8")
    changed = re.sub(r"^camera = .*$", f'camera = "file:{room}"', told, flags=re.MULTILINE)
    assert changed != told
    settings(made).write_text(changed, encoding="utf-8")
    return made


def settings(made: Made) -> Path:
    return made.kiosk(MINE) / "kiosk.toml"


def hot_raspberry_pi(place: Path) -> Kernel:
    zone = place / "sys/class/thermal/thermal_zone0"
    zone.mkdir(parents=True)
    (zone / "temp").write_text("81200\n")
    firmware = place / "sys/devices/platform/soc/soc:firmware"
    firmware.mkdir(parents=True)
    (firmware / "get_throttled").write_text("e0006\n")
    (place / "proc").mkdir()
    return Kernel(place / "sys", place / "proc")
