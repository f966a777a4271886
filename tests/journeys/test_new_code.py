# SPDX-License-Identifier: Apache-2.0
"""A person leaves with a code, comes back without it and gets another, on real parts; the old one opens nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import httpx
import pytest

from kiosk.screens.code_digits import block_digits, grouped
from kiosk.screens.wording import load_wordings
from tests.simulators.lobby import KIOSK, Lobby
from tests.simulators.patient import CITIZENS, Citizen
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text


def test_who_comes_back_without_the_code_gets_another_and_only_that_one_opens_mor_prom(
    place: Path, clips: Path
) -> None:
    citizen = CITIZENS[0]
    with Lobby(place / "new-code", clips=clips, activate_after_s=3600.0) as lobby:
        lobby.wait_for_link()
        first = lobby.patient(citizen)
        first.visit(stop_at="accepted")
        lobby.terminal.touch(TH("button.finish"))
        first.visit()
        lost = _codes(lobby, "enrolment")[0]

        again = lobby.patient(citizen)
        again.visit(stop_at="already")
        lobby.terminal.touch(TH("button.new_code"))
        title = TH("already_enrolled.accepted.title")
        wait_until(lambda: not lobby.terminal.look().shows(title), "the camera is on", 30)
        again.visit(stop_at="accepted")
        assert "challenge" in again.seen, "no code without a look at the face"
        (code,) = _codes(lobby, "new_pin")
        wait_until(lambda: _is_shown(lobby, code), "the screen shows the new code", 30)

        assert _entered(lobby, citizen, lost) == 403
        assert _entered(lobby, citizen, code) == 200
        wait_until(lambda: lobby.terminal.look().shows(TH("activated.title")), "the screen says that it is done", 60)
        again.visit()

        books = lobby.kiosk_books()
        assert (books.filed, books.waiting) == (1, 0)
        assert books.endings == {"filed": 1, "new_code": 1}
        total = lobby.ask("funnel?figures=proxy-test")["total"]
        assert (total["captured"], total["accepted"], total["activated"], total["duplicates"]) == (1, 1, 1, 0)
        told = {device["kiosk"]: device["new_codes"] for device in lobby.ask("devices")["devices"]}
        assert told == {KIOSK: 1}


def _codes(lobby: Lobby, table: str) -> list[str]:
    """The codes that the identity provider's sandbox has given, as it keeps them."""
    with closing(sqlite3.connect(lobby.directory / "idp-sandbox.db")) as books:
        return [str(pin) for (pin,) in books.execute(f"SELECT pin FROM {table} ORDER BY rowid")]  # noqa: S608 - of two


def _is_shown(lobby: Lobby, code: str) -> bool:
    """Whether the code stands on the screen, drawn as large as this terminal allows."""
    lines = "\n".join(lobby.terminal.look().lines)
    return all(row.rstrip() in lines for row in block_digits(grouped(code), 2))


def _entered(lobby: Lobby, citizen: Citizen, pin: str) -> int:
    """What the sandbox says to a person who enters this code in Mor Prom."""
    used = {"citizen_number": citizen.holder().citizen_number, "pin": pin}
    address = f"{lobby.idp.first_line()['url']}/mor-prom/pin"
    return httpx.post(address, json=used, trust_env=False).status_code
