# SPDX-License-Identifier: Apache-2.0
"""A kiosk of the run: its card in a folder, its two processes, and what the harness knows that no card can forget."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kiosk.store.database import Store
from tests.simulators.services import Service
from tests.torture.processes import command
from tests.torture.tickets import Tickets

if TYPE_CHECKING:
    from pathlib import Path

TWIN = "-twin"  # what the clone of a kiosk is called besides
_CARD = ("store.db", "store.db-journal")


@dataclass(frozen=True, slots=True)
class OnCard:
    """An event as a card has it."""

    id: str
    acked: bool


class Machine:
    """One kiosk, or the clone of one. `desk` is the harness's own: tickets, logs, the count outside the card."""

    def __init__(self, folder: Path, desk: Path, *, counts: bool, erases: bool, without: str | None) -> None:
        self.name = folder.name
        self.erases = erases
        self.kiosk = folder.name.removesuffix(TWIN)
        self.folder = folder
        self._tickets = desk / f"{self.name}.tickets"
        settings = folder / "kiosk.toml"
        counter = ("--counter", str(desk / f"{self.name}.counter")) if counts else ()
        of_screen = ("--config", str(settings), "--tickets", str(self._tickets), *counter)
        self._screen = command("screen", *of_screen, without=without)
        courier = command("kiosk-courier", "--config", str(settings), without=without, hasty=erases)
        self._desk = desk
        self.processes = {
            "screen": Service(self._screen, log=desk / f"{self.name}-screen.log"),
            "courier": Service(courier, log=desk / f"{self.name}-courier.log"),
        }
        self.in_service: set[str] = set()

    def start(self, *which: str) -> None:
        """Start processes; those that run are left alone."""
        for name in which or self.processes:
            self.in_service.add(name)
            if not self.processes[name].alive:
                self.processes[name].start()

    def power_off(self, *which: str) -> None:
        """End processes as a power cut would."""
        for name in which or self.processes:
            self.in_service.discard(name)
            self.processes[name].kill()

    def file_one_more(self) -> None:
        """Let one more person come."""
        with (self._desk / f"{self.name}-last.log").open("ab") as log:
            subprocess.run([*self._screen, "--people", "1"], check=True, stderr=log)

    def copy_card(self, to: Path) -> None:
        """Copy the card, which is not in use, into a new folder."""
        to.mkdir()
        for name in _CARD:
            if (self.folder / name).exists():
                shutil.copy(self.folder / name, to / name)

    def copy_card_at_work(self, to: Path) -> None:
        """Copy what is committed on the card into a new folder, while the processes go on."""
        to.mkdir()
        with closing(sqlite3.connect(self.folder / _CARD[0])) as live, closing(sqlite3.connect(to / _CARD[0])) as copy:
            live.backup(copy)

    def put_back(self, image: Path) -> list[OnCard]:
        """Replace the card, which is not in use, by an image of it; what the new one does not have."""
        before = self.on_card()
        for name in _CARD:
            (self.folder / name).unlink(missing_ok=True)
            if (image / name).exists():
                shutil.copy(image / name, self.folder / name)
        remembered = {event.id for event in self.on_card()}
        return [event for event in before if event.id not in remembered]

    def on_card(self) -> list[OnCard]:
        """Every event on the card, in order of filing."""
        with closing(Store(self.folder / _CARD[0])) as store, store.reading() as connection:
            rows = connection.execute(
                "SELECT event.id, event.seq <= COALESCE(mark.acked, 0) FROM event LEFT JOIN mark USING (stream)"
                " ORDER BY position"
            ).fetchall()
        return [OnCard(row[0], bool(row[1])) for row in rows]

    def tickets(self) -> Tickets:
        """What was promised here."""
        return Tickets.read(self._tickets)
