# SPDX-License-Identifier: Apache-2.0
"""How `kiosk.toml` turns the voice on, off and up, and which sound devices it may name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk import config
from kiosk.entrypoints.ui import voice_from
from tests.kiosk.test_camera_setting import REST

if TYPE_CHECKING:
    from pathlib import Path


def _read(folder: Path, speech: str) -> config.Speech:
    file = folder / "kiosk.toml"
    file.write_text(f"{REST}\n[speech]\n{speech}\n", encoding="utf-8")
    return config.read(file).speech


def test_unless_told_otherwise_a_kiosk_is_heard_by_who_asks(tmp_path: Path) -> None:
    voice = voice_from(_read(tmp_path, ""))
    assert (voice.offered, voice.level, voice.begin_at) == (True, 0, 3)


def test_a_hospital_may_let_everybody_hear_and_say_how_loud(tmp_path: Path) -> None:
    assert voice_from(_read(tmp_path, "default = true\nvolume = 5")).level == 5


def test_a_kiosk_without_a_loudspeaker_does_not_offer_to_be_heard(tmp_path: Path) -> None:
    voice = voice_from(_read(tmp_path, "enabled = false\ndefault = true"))
    assert (voice.offered, voice.level) == (False, 0)


@pytest.mark.parametrize("device", ["default", "plughw:1,0", "sysdefault:CARD=Headphones", "hw:CARD=Device,DEV=0"])
def test_a_sound_device_is_named_as_aplay_names_it(tmp_path: Path, device: str) -> None:
    assert _read(tmp_path, f'headphones = "{device}"').headphones == device


@pytest.mark.parametrize(
    "line", ["volume = 0", "volume = 6", 'loudspeaker = "-w /etc/x"', 'loudspeaker = "a b"', 'voice = "th"']
)
def test_what_is_no_volume_device_or_key_stops_the_start(tmp_path: Path, line: str) -> None:
    with pytest.raises(config.ConfigError, match=r"speech\."):
        _read(tmp_path, line)
