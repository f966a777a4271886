# SPDX-License-Identifier: Apache-2.0
"""One rehearsed visit at a kiosk that is live: the patients' real screens, an enrolment marked as test, and the end."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.store.session import open_engine, reading
from fleet.store.tables import enrollment
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import script, wait_until
from tests.simulators.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def saying(told: Path, line: list[str]) -> list[str]:
    """The command, with what it prints beside its screen in a file."""
    return ["sh", "-c", f"exec {shlex.join(line)} > {shlex.quote(str(told))}"]


def test_one_person_enrols_as_a_test_at_a_live_kiosk_and_the_screen_is_left(place: Path, clips: Path) -> None:
    lobby = Lobby(place / "rehearsal", clips=clips, console=False)
    settings, event_key = lobby.kiosk / "kiosk.toml", lobby.kiosk / "event.jwk"
    settings.write_text(settings.read_text(encoding="utf-8").replace('profile = "test"', 'profile = "live"'))
    elsewhere = event_key.rename(lobby.kiosk / "credential.jwk")
    line = [script("dipchip-kiosk"), "rehearse", "--config", str(settings), "--event-key", str(elsewhere)]
    told = place / "ending"
    lobby.terminal = Terminal(saying(told, line), env=lobby.reader.env, size=(80, 24))
    with lobby:
        lobby.wait_for_link()
        patient = lobby.patient(CITIZENS[0])
        patient.visit(stop_at="notice")
        beside = subprocess.run(line, env=lobby.reader.env, capture_output=True, text=True, check=False, timeout=60)
        assert beside.returncode == 2
        assert "Stop dipchip-kiosk-ui first" in beside.stderr
        patient.visit(stop_at="take_card")
        patient.leave()
        wait_until(lambda: not lobby.terminal.alive, "the screen is left when the visit is over", 60)
        assert told.read_text() == "filed\n"
        wait_until(lambda: lobby.kiosk_books().waiting == 0, "the controller has the event", 60)
        engine = open_engine(f"sqlite:///{lobby.fleet / 'fleet.db'}")
        with reading(engine) as connection:
            (row,) = connection.execute(select(enrollment.c.profile)).all()
        engine.dispose()
        assert row.profile == "test"


def test_nobody_comes(place: Path, clips: Path) -> None:
    lobby = Lobby(place / "nobody", clips=clips, console=False)
    line = [script("dipchip-kiosk"), "rehearse", "--config", str(lobby.kiosk / "kiosk.toml"), "--patience", "3"]
    told = place / "nobodys-ending"
    terminal = Terminal(saying(told, line), env=lobby.reader.env, size=(80, 24))
    with lobby.reader:
        terminal.start()
        wait_until(lambda: not terminal.alive, "the screen is left when nobody comes", 60)
        assert told.read_text() == "nobody\n"
        terminal.stop()
