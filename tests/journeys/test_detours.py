# SPDX-License-Identifier: Apache-2.0
"""What else can happen to a person at the kiosk, on the real screen, reader and broker."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kiosk.screens.wording import load_wordings
from tests.simulators.card import ThaiCard
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS, FINDER, OWNER_OF_A_LOST_CARD, Citizen, Patient
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH, EN = (load_wordings()[language].text for language in ("th", "en"))


@pytest.fixture(scope="module")
def lobby(place: Path, clips: Path) -> Iterator[Lobby]:
    with Lobby(place / "detours", clips=clips, console=False) as running:
        running.wait_for_link()
        yield running


@pytest.fixture(autouse=True)
def at_the_welcome(lobby: Lobby) -> Iterator[None]:
    wait_until(lambda: lobby.terminal.look().shows(TH("attract.start")), "the welcome", 60)
    yield
    lobby.card.pull()


def _says(lobby: Lobby, key: str) -> None:
    line = TH(key).split("\n")[0]
    wait_until(lambda: lobby.terminal.look().shows(line), f"the screen says {key}", 60)


def _finished(lobby: Lobby, patient: Patient, ending: str) -> None:
    before = lobby.kiosk_books().endings.get(ending, 0)
    patient.visit()
    wait_until(lambda: lobby.kiosk_books().endings.get(ending, 0) == before + 1, f"one session more ended {ending}")


def _with(citizen: Citizen, **changes: Any) -> Citizen:  # noqa: ANN401 - any field of the card
    class Unusual(Citizen):
        def card(self) -> ThaiCard:
            return ThaiCard.of(replace(self.holder(), **changes))

    return Unusual(citizen.seed, citizen.face, citizen.province)


def test_a_found_card_is_refused_after_three_tries_without_an_accusation_and_files_nothing(lobby: Lobby) -> None:
    filed = lobby.kiosk_books().filed
    patient = lobby.patient(OWNER_OF_A_LOST_CARD, FINDER)
    _finished(lobby, patient, "refused")
    assert patient.seen.count("challenge") == 3
    assert lobby.kiosk_books().filed == filed


def test_an_expired_card_is_sent_to_the_district_office(lobby: Lobby) -> None:
    patient = lobby.patient(_with(CITIZENS[0], expires="25600101"))
    patient.visit(stop_at="finish")
    _says(lobby, "failure.card_expired.title")
    _finished(lobby, patient, "card_problem")


def test_a_card_that_is_no_national_id_is_told_so(lobby: Lobby) -> None:
    lobby.patient(CITIZENS[0]).visit(stop_at="insert_card")
    card = CITIZENS[0].card()
    card.knows_application = False
    lobby.card.insert(card)
    _says(lobby, "failure.card_not_national_id.title")
    lobby.terminal.touch(TH("button.finish"))
    _says(lobby, "take_card.title")


def test_a_card_pulled_before_the_end_wipes_and_starts_over(lobby: Lobby) -> None:
    patient = lobby.patient(CITIZENS[0])
    patient.visit(stop_at="confirm")
    patient.leave()
    _says(lobby, "farewell.card_removed")
    wait_until(lambda: lobby.kiosk_books().endings.get("card_removed", 0) == 1, "the session is counted")


def test_cancelling_says_that_everything_is_gone(lobby: Lobby) -> None:
    patient = lobby.patient(CITIZENS[0])
    patient.visit(stop_at="confirm")
    lobby.terminal.touch(TH("confirm.no"))
    _says(lobby, "farewell.cancelled")
    patient.leave()


def test_english_is_one_touch_away_on_every_screen_and_keeps_the_place(lobby: Lobby) -> None:
    lobby.patient(CITIZENS[0]).visit(stop_at="insert_card")
    lobby.terminal.touch(TH("header.language"))
    line = EN("insert_card.title").split("\n")[0]
    wait_until(lambda: lobby.terminal.look().shows(line), "the same screen in English")
    lobby.terminal.touch(EN("header.language"))
    _says(lobby, "insert_card.title")
    lobby.terminal.touch(TH("button.cancel"))


@pytest.mark.parametrize("key", ["C-c", "C-q", "C-p", "C-z", "C-\\", "Escape", "F1"])
def test_no_key_leaves_the_kiosk(lobby: Lobby, key: str) -> None:
    before = lobby.terminal.pid
    lobby.terminal.press(key)
    lobby.patient(CITIZENS[0]).visit(stop_at="notice")
    assert lobby.terminal.alive
    assert lobby.terminal.pid == before
    lobby.terminal.touch(TH("notice.decline"))


def test_without_a_network_nothing_is_promised(lobby: Lobby) -> None:
    lobby.broker.stop()
    try:
        wait_until(lambda: lobby.kiosk_told().get("link") == "down", "the courier notices")
        patient = lobby.patient(CITIZENS[1])
        patient.visit(stop_at="retry")
        _says(lobby, "failure.network_down.title")
        lobby.terminal.touch(TH("button.finish"))
        _says(lobby, "take_card.title")
        patient.leave()
    finally:
        lobby.broker.start()
    wait_until(lambda: lobby.kiosk_told().get("link") == "up", "the courier is back", 180)


def test_a_reader_service_that_dies_closes_the_kiosk_and_its_return_opens_it(lobby: Lobby) -> None:
    lobby.reader.stop()
    _says(lobby, "out_of_service.title")
    wait_until(lambda: lobby.kiosk_told()["reader"].startswith("reader"), "the fleet is told")
    lobby.reader.start()
    _says(lobby, "attract.start")
