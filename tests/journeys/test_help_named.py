# SPDX-License-Identifier: Apache-2.0
"""Somebody calls a helper, an operator says who comes, the screen says it, and afterwards nobody keeps the name."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.screens.wording import load_wordings
from tests.simulators.canary import Canary
from tests.simulators.holders import invalid_number
from tests.simulators.lobby import KIOSK, Lobby
from tests.simulators.services import script, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
NAME = "ฌฆฏาพร"  # nobody else's in this lobby
WITHIN_S = 15.0


def test_a_person_who_asks_for_help_reads_who_comes_and_is_helped_and_the_name_is_gone(
    place: Path, clips: Path
) -> None:
    with Lobby(place / "helpname", clips=clips) as lobby:
        lobby.wait_for_link()
        _sees(lobby, TH("attract.start"), 60)
        lobby.terminal.touch(TH("attract.start"))
        _sees(lobby, TH("menu.title").split("\n")[0])
        lobby.terminal.touch(TH("header.help"))
        _sees(lobby, TH("help_called.untold.title").split("\n")[0])

        wait_until(lambda: _standings(lobby) == ["waiting"], "the operator sees who waits", WITHIN_S)
        lobby.operate("help", "acknowledge", KIOSK, "--name", NAME, "--minutes", "3")
        _sees(lobby, NAME)
        _sees(lobby, TH("help_called.coming.minutes", minutes=3))
        assert _standings(lobby) == ["acknowledged"]
        (device,) = lobby.ask("devices")["devices"]
        assert 0 < device["helper_wait_s"] <= 180
        assert {name.split("-")[0] for name in _keepers(lobby)} == {"fleet.db", "store.db"}

        lobby.terminal.touch(TH("help_called.go_on"))
        _sees(lobby, TH("menu.title").split("\n")[0])
        assert not lobby.terminal.look().shows(NAME)
        wait_until(lambda: _standings(lobby) == [], "the call is over", WITHIN_S)
        assert "store.db" not in _keepers(lobby)

        lobby.terminal.touch(TH("header.help"))
        _sees(lobby, TH("help_called.untold.title").split("\n")[0])
        wait_until(lambda: _standings(lobby) == ["waiting"], "a new call that nobody has answered", WITHIN_S)
        assert not lobby.terminal.look().shows(NAME)
    assert _keepers(lobby) == set()


def _sees(lobby: Lobby, words: str, timeout_s: float = WITHIN_S) -> None:
    wait_until(lambda: lobby.terminal.look().shows(words), "the words stand on the screen", timeout_s)


def _standings(lobby: Lobby) -> list[str]:
    config = str(lobby.fleet / "controller" / "courier.toml")
    command = [script("dipchip-fleet"), "help", "list", "--config", config]
    told = subprocess.run(command, check=True, capture_output=True, timeout=60)
    calls: list[dict[str, Any]] = [json.loads(line) for line in told.stdout.splitlines()]
    return [call["standing"] for call in calls]


def _keepers(lobby: Lobby) -> set[str]:
    """The files that hold the name in any disguise: in the signed message it stands as base64."""
    canary = Canary(number=invalid_number(4999), names=(NAME,))
    found = canary.scan_tree(lobby.directory, {lobby.directory / "scene"})
    return {finding.path.name for finding in found if finding.path is not None}
