# SPDX-License-Identifier: Apache-2.0
"""J10 on real parts: one member of staff goes through to a Provider ID, another is on no roster and sends a ticket."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from fleet.partners.idp.client import HttpIdentityProvider
from fleet.partners.idp.shapes import Standing, Submission
from kiosk.screens.wording import load_wordings
from tests.simulators.broker import free_port
from tests.simulators.canary import Canary
from tests.simulators.lobby import FACILITY, Lobby
from tests.simulators.patient import CITIZENS, Citizen, Patient
from tests.simulators.services import Service, script, wait_until
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
LISTED, UNLISTED = CITIZENS[0], CITIZENS[1]
UNIT, POSITION, ADMIN = "กลุ่มงานดิจิทัล", "นักวิชาการคอมพิวเตอร์", "งานบุคคล โทร 1234"


def test_staff_go_through_to_a_provider_id_or_send_a_ticket_and_nothing_names_them(place: Path, clips: Path) -> None:
    lobby = Lobby(place / "staff", clips=clips)
    settings = lobby.kiosk / "kiosk.toml"
    settings.write_text("staff_enrollment = true\n" + settings.read_text(encoding="utf-8"), encoding="utf-8")
    office = _office(lobby)
    with lobby, closing(office):
        lobby.wait_for_link()
        _import(lobby, LISTED)

        patient = _as_staff(lobby, LISTED)
        _says(lobby, "staff_first.title")
        _touch(lobby, "menu.enroll")
        _says(lobby, "notice.title")  # or the patient touches the end of the screen before
        patient.visit(stop_at="activated")
        _touch(lobby, "activated.staff")
        _says(lobby, "on_roster.title")
        assert lobby.terminal.look().shows(UNIT)
        assert lobby.terminal.look().shows(POSITION)
        _touch(lobby, "on_roster.right")
        _says(lobby, "scan_with_phone.title")
        _go_on_with_a_phone(lobby, office)
        _says(lobby, "has_provider_id.title")
        _touch(lobby, "button.next")
        _says(lobby, "staff_next_step.title")
        _finish(lobby, patient)

        again = _as_staff(lobby, LISTED)
        _says(lobby, "has_provider_id.title")
        _finish(lobby, again)

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
        assert (books.filed, books.endings) == (1, {"filed": 1, "staff": 2})
    for citizen in (LISTED, UNLISTED):
        canary = Canary.of(citizen)
        canary.prove()
        assert canary.scan_tree(lobby.directory) == []


class Office(Service):
    """The labelled sandbox of the Provider ID office, and its books."""

    def __init__(self, lobby: Lobby) -> None:
        """Let the relay know where it will be; nothing is started."""
        port = free_port()
        self.url, self.book = f"http://127.0.0.1:{port}", lobby.directory / "office.db"
        with (lobby.fleet / "controller" / "relay.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'\n[provider_id]\nurl = "{self.url}"\n')
        command = (script("dipchip-fleet"), "provider-id-sandbox", str(self.book), "--port", str(port))
        super().__init__(command, log=lobby.logs / "provider-id-sandbox.log")

    def close(self) -> None:
        """Stop it."""
        self.stop()


def _office(lobby: Lobby) -> Office:
    office = Office(lobby)
    office.start()
    office.first_line()
    return office


def _go_on_with_a_phone(lobby: Lobby, office: Office) -> None:
    """Do what a person does who has scanned the code: compare the words, and sign in."""
    with closing(sqlite3.connect(office.book)) as book:
        ((secret, word),) = book.execute("SELECT secret, word_th FROM hand_over").fetchall()
    link = f"{office.url}/P/{secret}"
    assert lobby.terminal.look().shows(link.removeprefix("http://").partition("/")[2])
    page = httpx.get(link, trust_env=False).raise_for_status().text
    assert "TEST MODE" in page
    assert word in page
    assert lobby.terminal.look().shows(word)
    httpx.post(f"{link}/OWNER", trust_env=False).raise_for_status()


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
