# SPDX-License-Identifier: Apache-2.0
"""From two people at the controller's command line to the words on a kiosk's welcome screen, and off it again."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kiosk import config
from kiosk.entrypoints.announcements import BANGKOK, Board
from kiosk.screens.wording import load_wordings
from kiosk.store.database import Store
from tests.simulators.lobby import Lobby
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
ROUND_S = 17.0  # the offer and one announcement have both had their turn
WITHIN_S = 60.0  # as docs/operations.md promises


def test_what_one_proposes_and_another_approves_is_read_on_the_welcome_until_it_is_withdrawn(
    place: Path, clips: Path
) -> None:
    until = (datetime.now(BANGKOK).date() + timedelta(days=7)).isoformat()
    with Lobby(place / "announcements", clips=clips, console=False) as lobby:
        lobby.wait_for_link()
        wait_until(lambda: lobby.terminal.look().shows(TH("attract.start")), "the welcome", 60)

        words = ("--th", "ฉีดวัคซีนฟรี", "--en", "Free flu shots")
        where = ("--province", "41", "--until", until)
        lobby.operate("announcement", "propose", *words, *where, "--by", "Somchai")
        _is_off(lobby)
        lobby.operate("announcement", "approve", "1", "--by", "Malee")
        wait_until(lambda: lobby.terminal.look().shows("ฉีดวัคซีนฟรี"), "the words are on the welcome", WITHIN_S)
        assert lobby.terminal.look().shows(TH("attract.start")), "and stand in nobody's way"

        lobby.kiosk_courier.kill()  # what is told meanwhile is lost
        lobby.operate("announcement", "withdraw", "1", "--by", "Somsri")
        lobby.kiosk_courier.start()
        wait_until(lambda: _told(lobby) == (), "the kiosk was told that it is withdrawn", WITHIN_S)
        _is_off(lobby)


def _told(lobby: Lobby) -> tuple[tuple[str, str], ...]:
    settings = config.read(lobby.kiosk / "kiosk.toml")
    believes = config.read_trust(settings.trust).receipts()
    with closing(Store(settings.store)) as store:
        return Board(file=None, store=store, believes=believes, kiosk=settings.kiosk)()


def _is_off(lobby: Lobby) -> None:
    """The words do not stand on the screen, and do not come back in their turn."""
    seen_s = time.monotonic()

    def stayed_off() -> bool:
        nonlocal seen_s
        if lobby.terminal.look().shows("ฉีดวัคซีนฟรี"):
            seen_s = time.monotonic()
        return time.monotonic() - seen_s > ROUND_S

    wait_until(stayed_off, "the words are off the welcome", WITHIN_S)
