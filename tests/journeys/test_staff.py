# SPDX-License-Identifier: Apache-2.0
"""J10 on real parts: one member of staff is on the unit's roster, another is not and sends a ticket."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import httpx
import pytest

from fleet.partners.idp.client import HttpIdentityProvider
from fleet.partners.idp.shapes import Standing, Submission
from kiosk.screens.thai import WORD_MARK
from kiosk.screens.wording import load_wordings
from tests.simulators.canary import Canary
from tests.simulators.lobby import FACILITY, Lobby
from tests.simulators.patient import CITIZENS, Citizen, Patient
from tests.simulators.services import script, wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
LISTED, UNLISTED = CITIZENS[0], CITIZENS[1]
UNIT, POSITION, ADMIN = "กลุ่มงานดิจิทัล", "นักวิชาการคอมพิวเตอร์", "งานบุคคล โทร 1234"


def test_staff_are_found_on_the_roster_or_send_a_ticket_and_nothing_names_them(place: Path, clips: Path) -> None:
    lobby = Lobby(place / "staff", clips=clips)
    settings = lobby.kiosk / "kiosk.toml"
    settings.write_text("staff_enrollment = true\n" + settings.read_text(encoding="utf-8"), encoding="utf-8")
    with lobby:
        lobby.wait_for_link()
        _import(lobby, LISTED)

        patient = _as_staff(lobby, LISTED)
        _says(lobby, "staff_first.title")
        _touch(lobby, "menu.enroll")
        patient.visit(stop_at="activated")
        _touch(lobby, "activated.staff")
        _says(lobby, "on_roster.title")
        assert lobby.terminal.look().shows(UNIT)
        assert lobby.terminal.look().shows(POSITION)
        _touch(lobby, "on_roster.right")
        _says(lobby, "staff_on_phone.title")
        _finish(lobby, patient)

        _give_health_id(lobby, UNLISTED)
        patient = _as_staff(lobby, UNLISTED)
        _says(lobby, "not_on_roster.title")
        assert lobby.terminal.look().shows(ADMIN)
        _touch(lobby, "not_on_roster.send")
        _says(lobby, "ticket_sent.title")
        (ticket,) = _tickets(lobby)
        assert lobby.terminal.look().shows(TH("ticket_sent.number", number=ticket["ticket"]))
        _finish(lobby, patient)
        assert (ticket["facility"], ticket["amiss"]) == (FACILITY, "missing")

        _import(lobby, LISTED, UNLISTED)
        assert _tickets(lobby) == [], "the list that has the person answers the ticket"
        books = lobby.kiosk_books()
        assert (books.filed, books.endings) == (1, {"filed": 1, "staff": 1})
    for citizen in (LISTED, UNLISTED):
        canary = Canary.of(citizen)
        canary.prove()
        assert canary.scan_tree(lobby.directory) == []


def _import(lobby: Lobby, *citizens: Citizen) -> None:
    rows = [f"{each.holder().citizen_number},{FACILITY},{UNIT},{POSITION},{ADMIN}" for each in citizens]
    file = lobby.directory / "roster.csv"
    file.write_text("\n".join(["citizen_number,facility,unit,position,admin", *rows]) + "\n", encoding="utf-8")
    lobby.operate("roster", "import", str(file), "--by", "tester", settings="relay")
    file.unlink()


def _give_health_id(lobby: Lobby, citizen: Citizen) -> None:
    """Let the ministry's sandbox know this person already, as if they had enrolled elsewhere."""
    holder = citizen.holder()
    person = Submission(holder.citizen_number, holder.name_th, holder.name_en, "1970", 2, None, "41")
    url = str(lobby.idp.first_line()["url"])
    with HttpIdentityProvider(url, sandbox=True, timeout=httpx.Timeout(5.0)) as provider:
        provider.submit("elsewhere", person)
        wait_until(
            lambda: provider.status_of(holder.citizen_number) is Standing.ACTIVATED, "the Health ID is active elsewhere"
        )


def _as_staff(lobby: Lobby, citizen: Citizen) -> Patient:
    _touch(lobby, "attract.start")
    _touch(lobby, "menu.staff")
    _says(lobby, "insert_card.title")
    patient = lobby.patient(citizen)
    patient.insert()
    return patient


def _tickets(lobby: Lobby) -> list[dict[str, object]]:
    config = str(lobby.fleet / "controller" / "web.toml")
    told = subprocess.run(
        [script("dipchip-fleet"), "roster", "tickets", "--config", config], capture_output=True, check=True
    )
    return [json.loads(line) for line in told.stdout.splitlines()]


def _finish(lobby: Lobby, patient: Patient) -> None:
    _touch(lobby, "button.finish")
    _says(lobby, "take_card.title")
    patient.leave()
    _says(lobby, "attract.start")


def _says(lobby: Lobby, key: str) -> None:
    wait_until(lambda: lobby.terminal.look().shows(_line(key)), f"the screen says {key}", 60)


def _touch(lobby: Lobby, key: str) -> None:
    _says(lobby, key)
    lobby.terminal.touch(_line(key))


def _line(key: str) -> str:
    return TH(key).replace(WORD_MARK, "").split("\n")[0]
