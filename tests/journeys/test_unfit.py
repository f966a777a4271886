# SPDX-License-Identifier: Apache-2.0
"""A kiosk that is not fit serves nobody: it says so in words on the screen and in a code to the fleet."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from kiosk.screens.wording import load_wordings
from tests.simulators.lobby import Lobby
from tests.simulators.services import script, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
PATIENCE_S = 90


@pytest.fixture(scope="module")
def lobby(place: Path, clips: Path) -> Iterator[Lobby]:
    with Lobby(place / "unfit", clips=clips) as running:
        running.wait_for_link()
        yield running


def _is_open(lobby: Lobby) -> None:
    wait_until(lambda: lobby.terminal.look().shows(TH("attract.start")), "the welcome", PATIENCE_S)


def _is_closed(lobby: Lobby, code: str) -> None:
    def closed() -> bool:
        sight = lobby.terminal.look()
        return sight.shows(TH("out_of_service.title").split("\n")[0]) and sight.shows(code)

    wait_until(closed, f"out of service, {code}", PATIENCE_S)


def _fleet_hears(lobby: Lobby, part: str, code: str) -> None:
    def heard() -> bool:
        (device,) = lobby.ask("devices")["devices"]
        return bool(device[part] == code)

    wait_until(heard, f"the fleet hears that {part} is {code}", PATIENCE_S)


def _set(lobby: Lobby, key: str, value: str) -> None:
    settings = lobby.kiosk / "kiosk.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(re.sub(rf'^{key} = ".*"$', f'{key} = "{value}"', text, flags=re.MULTILINE), encoding="utf-8")


def test_without_a_camera_nobody_starts_and_its_return_opens_the_kiosk(lobby: Lobby) -> None:
    away = lobby.scene.camera.with_name("away.avi")
    lobby.scene.camera.rename(away)
    lobby.terminal.restart()
    _is_closed(lobby, "camera_absent")
    _fleet_hears(lobby, "camera", "camera_absent")
    away.rename(lobby.scene.camera)
    _is_open(lobby)


def test_without_its_models_nobody_starts(lobby: Lobby, tmp_path: Path) -> None:
    _set(lobby, "models", str(tmp_path))
    lobby.terminal.restart()
    _is_closed(lobby, "model_missing")
    _set(lobby, "models", "")
    lobby.terminal.restart()
    _is_open(lobby)


def test_the_demonstration_engine_is_refused_live(lobby: Lobby) -> None:
    _set(lobby, "profile", "live")
    lobby.terminal.restart()
    _is_closed(lobby, "model_not_allowed")
    _set(lobby, "profile", "test")
    lobby.terminal.restart()
    _is_open(lobby)


@pytest.fixture(scope="module")
def policies(lobby: Lobby) -> list[Path]:
    """Two face policies of this fleet, for the demonstration engine."""
    rules = lobby.directory / "rules.json"
    said = subprocess.run(
        [script("dipchip-kiosk"), "models", "rules", "demonstration"], capture_output=True, check=True
    )
    rules.write_bytes(said.stdout)
    made = [lobby.kiosk / f"policy-{n}.jws" for n in (1, 2)]
    for path in made:
        words = ("policy", "make", str(lobby.fleet), "--rules", str(rules), "--out", str(path))
        subprocess.run([script("dipchip-provision"), *words], capture_output=True, check=True)
    return made


def test_a_face_policy_of_the_fleet_serves_and_an_older_one_never_again(lobby: Lobby, policies: list[Path]) -> None:
    older, newer = policies
    _set(lobby, "face_policy", newer.name)
    lobby.terminal.restart()
    _is_open(lobby)
    _set(lobby, "face_policy", older.name)
    lobby.terminal.restart()
    _is_closed(lobby, "policy_outdated")
    _fleet_hears(lobby, "camera", "policy_outdated")
    _set(lobby, "face_policy", newer.name)
    lobby.terminal.restart()
    _is_open(lobby)


def test_an_altered_face_policy_is_not_trusted(lobby: Lobby, policies: list[Path]) -> None:
    content = bytearray(policies[1].read_bytes())
    content[len(content) // 2] ^= 1
    (lobby.kiosk / "altered.jws").write_bytes(content)
    _set(lobby, "face_policy", "altered.jws")
    lobby.terminal.restart()
    _is_closed(lobby, "policy_not_trusted")
    _set(lobby, "face_policy", "")
    lobby.terminal.restart()
    _is_open(lobby)


def test_without_its_key_nobody_starts(lobby: Lobby) -> None:
    _set(lobby, "event_key", "elsewhere.jwk")
    lobby.terminal.restart()
    _is_closed(lobby, "keys_missing")
    _set(lobby, "event_key", "event.jwk")
    lobby.terminal.restart()
    _is_open(lobby)


def test_a_disk_without_room_stops_the_kiosk_before_a_person_starts(lobby: Lobby, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(small)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        _set(lobby, "store", str(small / "store.db"))
        lobby.terminal.restart()
        _is_closed(lobby, "disk_full")
        lobby.kiosk_courier.stop()
        lobby.kiosk_courier.start()
        _fleet_hears(lobby, "screen", "disk_full")
    finally:
        _set(lobby, "store", "store.db")
        lobby.terminal.restart()
        lobby.kiosk_courier.stop()
        lobby.kiosk_courier.start()
        _is_open(lobby)
        subprocess.run(["umount", str(small)], check=True)


def test_a_broken_store_stops_the_kiosk_and_the_fleet_hears_of_it(lobby: Lobby) -> None:
    store = lobby.kiosk / "store.db"
    lobby.kiosk_courier.stop()
    store.write_bytes(b"this was a database once" * 1000)
    lobby.terminal.restart()
    lobby.kiosk_courier.start()
    _is_closed(lobby, "store_broken")
    _fleet_hears(lobby, "screen", "store_broken")
