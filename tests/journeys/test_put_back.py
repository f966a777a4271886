# SPDX-License-Identifier: Apache-2.0
"""A card that slips out while it is read, on the real screen and reader, and a name that stands there meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.screens.wording import load_wordings
from tests.simulators.canary import Canary
from tests.simulators.card_timing import Timing
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.simulators.terminal import Sight

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
IN_THE_PORTRAIT = 20  # commands; name, dates and address take the first seven
ADDRESS_AT = 0x1579


@pytest.fixture(scope="module")
def lobby(place: Path, clips: Path) -> Iterator[Lobby]:
    with Lobby(place / "put-back", clips=clips, console=False) as running:
        running.wait_for_link()
        yield running


@pytest.fixture(autouse=True)
def at_the_welcome(lobby: Lobby) -> Iterator[None]:
    wait_until(lambda: lobby.terminal.look().shows(TH("attract.start")), "the welcome", 60)
    yield
    lobby.card.pull()


def _seen(lobby: Lobby, key: str) -> Sight:
    """Wait until the screen says this, and return it as it stood then."""
    line = TH(key).replace("|", "").split("\n")[0]
    sights: list[Sight] = []

    def said() -> bool:
        sights.append(lobby.terminal.look())
        return sights[-1].shows(line)

    wait_until(said, f"the screen says {key}", 60)
    return sights[-1]


def _ended(lobby: Lobby, ending: str) -> int:
    return lobby.kiosk_books().endings.get(ending, 0)


def test_a_card_that_slips_out_and_is_put_back_goes_on_where_it_was_and_the_person_enrolls(lobby: Lobby) -> None:
    filed = _ended(lobby, "filed")
    citizen, card = CITIZENS[0], CITIZENS[0].card()
    patient = lobby.patient(citizen)
    patient.visit(stop_at="insert_card")
    patient.insert(card, pull_after=IN_THE_PORTRAIT)
    assert not _seen(lobby, "put_card_back.title").shows(citizen.name), "whoever stands here may be somebody else"
    patient.insert(card)
    patient.visit()
    assert "confirm" in patient.seen
    assert "accepted" in patient.seen
    assert [stretch.start for stretch in card.touched].count(ADDRESS_AT) == 1, "what was read is not read again"
    wait_until(lambda: _ended(lobby, "filed") == filed + 1, "one session more ended filed")


def test_another_card_put_in_instead_ends_the_session_and_neither_person_is_left_on_disk(lobby: Lobby) -> None:
    filed, changed = lobby.kiosk_books().filed, _ended(lobby, "card_changed")
    owner, other = CITIZENS[2], CITIZENS[3]
    patient = lobby.patient(owner)
    patient.visit(stop_at="insert_card")
    patient.insert(pull_after=IN_THE_PORTRAIT)
    _seen(lobby, "put_card_back.title")
    patient.insert(other.card())
    told = _seen(lobby, "failure.card_changed.title")
    patient.visit()
    assert not {"confirm", "challenge"} & set(patient.seen)
    wait_until(lambda: _ended(lobby, "card_changed") == changed + 1, "one session more ended card_changed")
    assert lobby.kiosk_books().filed == filed
    assert {".db", ".log"} <= {path.suffix for path in lobby.directory.rglob("*")}
    for citizen in (owner, other):
        assert not told.shows(citizen.name)
        canary = Canary.of(citizen)
        canary.prove()
        assert canary.scan_tree(lobby.directory) == []


def test_a_slow_card_says_whose_it_is_while_it_is_read_and_its_holder_may_still_cancel(lobby: Lobby) -> None:
    citizen, card = CITIZENS[1], CITIZENS[1].card()
    card.timing = Timing()
    patient = lobby.patient(citizen)
    patient.visit(stop_at="insert_card")
    patient.insert(card)

    def named() -> bool:
        sight = lobby.terminal.look()
        return sight.shows(TH("reading.title")) and sight.shows(citizen.name)

    wait_until(named, "the screen says whose card is being read")
    lobby.terminal.touch(TH("button.cancel"))
    _seen(lobby, "farewell.cancelled")
    patient.leave()
