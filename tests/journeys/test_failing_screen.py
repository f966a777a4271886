# SPDX-License-Identifier: Apache-2.0
"""A screen that fails before a person: the welcome comes back, one incident is noted, nothing of them is left."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from kiosk.screens.wording import load_wordings
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import wait_until
from tests.simulators.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
SIZE = (80, 24)


def test_the_welcome_comes_back_without_the_person(place: Path, clips: Path) -> None:
    with_defect = Lobby(place / "failing", clips=clips, console=False)
    log = with_defect.logs / "kiosk-ui.log"
    told = ("ui", "--config", str(with_defect.kiosk / "kiosk.toml"), "--log", str(log))
    with_defect.terminal = Terminal(
        [sys.executable, "-m", "tests.simulators.failing_screen", *told], env=with_defect.reader.env, size=SIZE
    )
    with with_defect as lobby:
        lobby.wait_for_link()
        patient = lobby.patient(CITIZENS[0])
        patient.visit(stop_at="confirm")
        assert lobby.terminal.look().shows(CITIZENS[0].name)
        process = lobby.terminal.pid

        lobby.terminal.press("F9")
        wait_until(lambda: lobby.terminal.look().shows(TH("attract.start")), "the welcome is back", 60)

        assert lobby.terminal.pid == process, "the kiosk's process goes on"
        assert not lobby.terminal.look().shows(CITIZENS[0].name)
        assert lobby.kiosk_books().endings == {"not_saved": 1}
        written = log.read_text(encoding="utf-8")
        incidents = [line for line in map(json.loads, written.splitlines()) if line["event"] == "incident"]
        assert len(incidents) == 1
        assert len(incidents[0]["code"]) == 8
        assert CITIZENS[0].name not in written
        patient.leave()
