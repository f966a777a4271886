# SPDX-License-Identifier: Apache-2.0
"""Which words choose and pin a camera in `kiosk.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk import config

if TYPE_CHECKING:
    from pathlib import Path

REST = """
kiosk = "k-udon-01"
facility = "10670"
province = "41"
shard = "0a"
profile = "test"
store = "store.db"
trust = "trust.json"
event_key = "event.jwk"
courier_key = "courier.jwk"
[broker]
host = "broker"
ca = "ca.pem"
certificate = "kiosk.crt"
key = "kiosk.key"
"""


def _read(folder: Path, camera: str, pin: str) -> config.Settings:
    file = folder / "kiosk.toml"
    file.write_text(f'camera = "{camera}"\ncamera_pin = "{pin}"\n{REST}', encoding="utf-8")
    return config.read(file)


@pytest.mark.parametrize(
    ("camera", "pin"),
    [
        ("pi", ""),
        ("pi", "libcamera:/base/soc/i2c0mux/i2c@1/imx708@1a"),
        ("usb:0", "serial:C920-0001"),
        ("usb:0", "/dev/v4l/by-id/usb-046d_HD_Pro_Webcam_C920_0001-video-index0"),
        ("usb:/dev/v4l/by-path/platform-fd500000-usb-0:1.2:1.0-video-index0", "serial:C920-0001"),
        ("file:people.avi", ""),
    ],
)
def test_a_camera_is_pinned_by_what_its_kind_can_be_known_by(tmp_path: Path, camera: str, pin: str) -> None:
    settings = _read(tmp_path, camera, pin)
    assert (settings.camera, settings.camera_pin) == (camera, pin)


@pytest.mark.parametrize(
    ("camera", "pin"),
    [
        ("pi", "serial:C920-0001"),
        ("pi", "/base/soc/i2c0mux/i2c@1/imx708@1a"),
        ("usb:0", "libcamera:/base/soc/i2c0mux/i2c@1/imx708@1a"),
        ("usb:0", "serial:"),
        ("usb:0", "/dev/video0"),
        ("usb:0", "/dev/v4l/by-id/../../video0"),
        ("file:people.avi", "serial:C920-0001"),
    ],
)
def test_a_pin_that_no_camera_of_this_kind_could_meet_is_refused_at_the_start(
    tmp_path: Path, camera: str, pin: str
) -> None:
    with pytest.raises(config.ConfigError, match="camera_pin"):
        _read(tmp_path, camera, pin)
