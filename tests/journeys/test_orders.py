# SPDX-License-Identifier: Apache-2.0
"""From a click in the console to the kiosk's own screen and back: closed, restarted, opened again, diagnosed."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from fleet.config import read as read_settings
from fleet.operators import accounts, sessions
from fleet.operators.accounts import Role
from fleet.store.scope import NATION
from fleet.store.session import open_engine, unit_of_work
from fleet.web.app import create_app
from fleet.web.supplies import SignIn
from kiosk.screens.wording import load_wordings
from tests.fleet.operators.people import KEY, somebody
from tests.fleet.web.signed_in import Visitor
from tests.simulators.lobby import KIOSK, Lobby
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text
PAGE = f"/devices/{KIOSK}?lang=en"
WITHIN_S = 60.0


def test_a_kiosk_that_is_closed_over_the_console_rests_through_a_restart_is_opened_and_tells_how_it_is(
    place: Path, clips: Path
) -> None:
    with Lobby(place / "orders", clips=clips) as lobby, operator(lobby) as somsri:
        lobby.wait_for_link()
        sees(lobby, TH("attract.start"))
        wait_until(lambda: "Close for a while" in somsri.get(PAGE).text, "it takes orders", WITHIN_S)

        order(somsri, "close")
        sees(lobby, TH("resting.title").split("\n")[1])
        done(lobby, "close")
        wait_until(lambda: screen(lobby) == "resting", "the fleet knows that it rests", WITHIN_S)

        order(somsri, "restart")
        wait_until(lambda: not lobby.terminal.alive, "its process ends by itself", WITHIN_S)
        lobby.terminal.restart()  # as systemd does
        sees(lobby, TH("resting.title").split("\n")[1])
        done(lobby, "restart")

        order(somsri, "diagnose")
        machine = done(lobby, "diagnose")["diagnosis"]
        assert (machine["link"], machine["screen"], machine["outbox"]) == ("up", "resting", 0)
        assert machine["uptime_s"] > machine["process_s"] >= 0
        assert "What the machine said" in somsri.get(PAGE).text

        order(somsri, "reopen")
        sees(lobby, TH("attract.start"))
        done(lobby, "reopen")
        wait_until(lambda: screen(lobby) == "ok", "the fleet knows that it serves", WITHIN_S)
        assert lobby.kiosk_books().filed == 0, "what came of an order is no enrolment"


@contextmanager
def operator(lobby: Lobby) -> Iterator[Visitor]:
    """An operator at a console over this lobby's database: the one that runs there lets anybody look and nobody act."""
    settings = read_settings(lobby.fleet / "controller" / "courier.toml")
    engine = open_engine(settings.database_url)
    console = create_app(engine, sign_in=SignIn(KEY, ""), clock=lambda: datetime.now(UTC))
    somebody(engine, "somsri", Role.OPERATOR, NATION)
    now_ms = int(datetime.now(UTC).timestamp() * 1000)
    with unit_of_work(engine) as connection:
        session = sessions.begin(connection, accounts.named(connection, "somsri"), "127.0.0.1", now_ms)
    client = console.test_client()
    client.set_cookie("dipchip", session, domain="localhost")
    yield Visitor(client, session)
    engine.dispose()


def order(visitor: Visitor, op: str) -> None:
    answer = visitor.post(f"/devices/{KIOSK}/orders", op=op)
    assert answer.status_code == 303, answer.text


def done(lobby: Lobby, op: str) -> dict[str, Any]:
    """The order once it is done."""

    def latest() -> dict[str, Any]:
        found: dict[str, Any] = lobby.ask(f"devices/{KIOSK}/orders")["orders"][0]
        return found

    wait_until(lambda: (latest()["op"], latest()["state"]) == (op, "done"), f"{op} is done", WITHIN_S)
    return latest()


def screen(lobby: Lobby) -> str:
    (device,) = lobby.ask("devices")["devices"]
    return str(device["screen"])


def sees(lobby: Lobby, words: str) -> None:
    wait_until(lambda: lobby.terminal.look().shows(words), "the words stand on the screen", WITHIN_S)
