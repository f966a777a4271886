# SPDX-License-Identifier: Apache-2.0
"""Somebody complains at a real kiosk and the ticket is on the console; a number agreed on there is on the screen."""

from __future__ import annotations

import json
import re
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from fleet import config as fleet_config
from fleet.announcements import numbers
from fleet.announcements.numbers import Wanted
from fleet.entrypoints.clock import now_ms
from fleet.store.scope import NATION, Scope
from fleet.store.session import open_engine, unit_of_work
from kiosk import config
from kiosk.screens.wording import load_wordings
from kiosk.store import complaints
from kiosk.store.database import Store
from tests.simulators.lobby import KIOSK, Lobby
from tests.simulators.services import script, wait_until
from wire.phones import help_number

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
WITHIN_S = 60.0
_NUMBER = re.compile(r"[0-9]{4}-[0-9]{4}")


def test_a_complaint_reaches_the_console_and_a_number_agreed_on_there_reaches_the_screen(
    place: Path, clips: Path
) -> None:
    with Lobby(place / "complaint", clips=clips) as lobby:
        lobby.wait_for_link()
        _complains(lobby)
        shown = _NUMBER.search("\n".join(lobby.terminal.lines()))
        assert shown is not None
        wait_until(lambda: [each["number"] for each in _listed(lobby)] == [shown[0]], "the ticket is there", WITHIN_S)
        (ticket,) = _listed(lobby)
        assert (ticket["kiosk"], ticket["category"], ticket["state"]) == (KIOSK, "card", "new")
        assert lobby.ask("complaints?figures=proxy-test")["tickets"][0]["number"] == shown[0].replace("-", "")
        wait_until(lambda: _waiting(lobby) == 0, "its receipt has erased it at the kiosk", WITHIN_S)
        lobby.terminal.touch(TH("button.finish"))

        lobby.kiosk_courier.stop()  # without a network it is kept, and its number is as good
        _sees(lobby, TH("attract.start"))
        _complains(lobby)
        lobby.terminal.restart()  # as after a power cut
        assert _waiting(lobby) == 1
        lobby.kiosk_courier.start()
        wait_until(lambda: len(_listed(lobby)) == 2, "it came when the network did", WITHIN_S)

        _agree_on(lobby, "042 222 111")
        _sees(lobby, TH("attract.start"))
        lobby.terminal.touch(TH("attract.start"))
        _sees(lobby, TH("menu.title").split("\n")[0])
        lobby.terminal.touch(TH("header.help"))
        _sees(lobby, "0-4222-2111")


def _complains(lobby: Lobby) -> None:
    _sees(lobby, TH("attract.start"))
    lobby.terminal.touch(TH("attract.start"))
    _sees(lobby, TH("button.complain"))
    lobby.terminal.touch(TH("button.complain"))
    _sees(lobby, TH("report.title"))
    lobby.terminal.touch(TH("report.report_card"))
    _sees(lobby, TH("reported.title"))


def _sees(lobby: Lobby, words: str) -> None:
    wait_until(lambda: lobby.terminal.look().shows(words), "the words stand on the screen", WITHIN_S)


def _listed(lobby: Lobby) -> list[dict[str, Any]]:
    command = [script("dipchip-fleet"), "complaint", "list", "--config", str(_settings(lobby))]
    told = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in told.stdout.splitlines()]


def _waiting(lobby: Lobby) -> int:
    with closing(Store(config.read(lobby.kiosk / "kiosk.toml").store)) as store:
        return len(complaints.waiting(store))


def _agree_on(lobby: Lobby, digits: str) -> None:
    """What two people do on the console, which this lobby has open to everybody's eyes only."""
    engine = open_engine(fleet_config.read(_settings(lobby)).database_url)
    with unit_of_work(engine) as connection:
        wanted = Wanted(help_number(digits), Scope.parse("province:41"), "somsri")
        number = numbers.propose(connection, wanted, now_ms(), NATION)
    with unit_of_work(engine) as connection:
        numbers.approve(connection, number, "malee", now_ms(), NATION)
    engine.dispose()


def _settings(lobby: Lobby) -> Path:
    return lobby.fleet / "controller" / "courier.toml"
