# SPDX-License-Identifier: Apache-2.0
"""Twenty SIGKILLs at random points of the main road: every process dies four times, and nothing is lost or doubled.

The seed is printed; the same seed gives the same victims and pauses.
"""

from __future__ import annotations

import os
import random
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fleet.store.session import open_engine
from fleet.store.tables import event, person
from kiosk.store.database import Store
from tests.simulators.lobby import Lobby
from tests.simulators.patient import UDON, Citizen
from tests.simulators.people import PEOPLE
from tests.simulators.services import ServiceError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.timeout(1200)]

ROUNDS = 4
PATIENCE_S = 240
FACES = list(PEOPLE)[:4]


class Reaper(threading.Thread):
    """Kills and restarts the five processes in random order, each `ROUNDS` times."""

    def __init__(self, lobby: Lobby, chance: random.Random) -> None:
        super().__init__(name="reaper")
        self._lobby = lobby
        self._chance = chance
        self._enough = threading.Event()
        victims = ["kiosk-ui", "kiosk-courier", "fleet-courier", "fleet-relay", "fleet-web"] * ROUNDS
        chance.shuffle(victims)
        self.victims = victims
        self.killed: list[str] = []

    def run(self) -> None:
        for victim in self.victims:
            if self._enough.wait(self._chance.uniform(1.0, 7.0)):
                return
            self._kill(victim)
            self.killed.append(victim)

    def give_up(self) -> None:
        self._enough.set()

    def _kill(self, name: str) -> None:
        if name == "kiosk-ui":
            self._lobby.terminal.kill()
            self._enough.wait(self._chance.uniform(0.1, 1.5))
            self._lobby.terminal.restart()
            return
        (service,) = (service for service in self._lobby.services if service.name == name)
        service.kill()
        self._enough.wait(self._chance.uniform(0.1, 3.0))
        service.start()


def test_whatever_dies_whenever_nothing_is_lost_and_nobody_is_counted_twice(
    place: Path, clips: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("DIPCHIP_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
    record_property("seed", seed)
    sys.stdout.write(f"seed {seed}: repeat with DIPCHIP_SEED={seed}\n")
    chance = random.Random(seed)  # noqa: S311 - chance that can be repeated, not secrecy
    with Lobby(place / "kills", clips=clips, activate_after_s=0.5) as lobby:
        lobby.wait_for_link()
        reaper = Reaper(lobby, chance)
        reaper.start()
        try:
            enrolled = _enrol_until(lobby, reaper)
        finally:
            reaper.give_up()
            reaper.join()
        assert reaper.killed == reaper.victims
        _balance(lobby, enrolled)


def _enrol_until(lobby: Lobby, reaper: Reaper) -> int:
    """Let one citizen after another come until the reaper is done; each comes again until told to be enrolled."""
    enrolled = 0
    while reaper.is_alive():
        citizen = Citizen(9000 + enrolled, FACES[enrolled % len(FACES)], UDON)
        for _ in range(12):
            if _visits(lobby, citizen):
                enrolled += 1
                break
        else:
            message = f"citizen {enrolled} came twelve times in vain"
            raise ServiceError(message)
    return enrolled


def _visits(lobby: Lobby, citizen: Citizen) -> bool:
    """Whether the person is enrolled now: the kiosk filed them, or the screen said that they are."""
    patient = lobby.patient(citizen)
    before = lobby.kiosk_books().filed
    patient.visit(PATIENCE_S)
    return lobby.kiosk_books().filed > before or "already" in patient.seen


def _balance(lobby: Lobby, enrolled: int) -> None:
    wait_until(lambda: lobby.kiosk_books().waiting == 0, "every event has its receipt", PATIENCE_S)
    wait_until(lambda: _activated(lobby) == enrolled, f"{enrolled} people are active", PATIENCE_S)
    engine = open_engine(f"sqlite:///{lobby.fleet / 'fleet.db'}")
    with engine.connect() as connection:
        ledger = set(connection.execute(select(event.c.id)).scalars())
        people = connection.execute(select(func.count()).select_from(person)).scalar_one()
    engine.dispose()
    with closing(Store(lobby.kiosk / "store.db")) as store, store.reading() as connection:
        filed = {row[0] for row in connection.execute("SELECT id FROM event")}
    assert ledger == filed, "what the kiosk filed is what the ledger holds"
    assert people == enrolled
    rows = lobby.ask("funnel?figures=proxy-test")["provinces"]
    assert sum(row["activated"] for row in rows) == enrolled
    devices = lobby.ask("devices")["devices"]
    assert [device["alarms"] for device in devices] == [[]], "a healthy kiosk that died often raises no alarm"


def _activated(lobby: Lobby) -> int:
    try:
        return int(lobby.ask("funnel?figures=proxy-test")["total"]["activated"])
    except OSError:
        return -1
