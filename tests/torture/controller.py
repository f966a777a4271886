# SPDX-License-Identifier: Apache-2.0
"""The controller of a run: its couriers over its database, the backups of it, and what a restored one had known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulators.services import Service
from tests.torture import books
from tests.torture.processes import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.torture.books import Alarm, Books
    from tests.torture.databases import Database


class Controller:
    """Couriers by name, each with a settings file of its own. `desk` is the harness's own folder."""

    def __init__(self, database: Database, desk: Path, couriers: Mapping[str, Path], *, without: str | None) -> None:
        self._database = database
        self._desk = desk
        self._backups: list[Path] = []
        self.couriers = {
            name: Service(
                command("fleet-courier", without, "--config", str(settings)), log=desk / f"controller-{name}.log"
            )
            for name, settings in couriers.items()
        }
        self.alarms: frozenset[Alarm] = frozenset()
        self.rolled_back: frozenset[str] = frozenset()

    def start(self, *which: str) -> None:
        """Start couriers; those that run are left alone."""
        for name in which or self.couriers:
            if not self.couriers[name].alive:
                self.couriers[name].start()

    def back_up(self) -> None:
        """Back the database up, at work or not."""
        backup = self._desk / f"backup-{len(self._backups) + 1}"
        self._database.back_up(backup)
        self._backups.append(backup)

    def restore(self, age: int) -> None:
        """Let the couriers die and the database be lost, and put a backup in its place: 0 the newest, 1 the one before.

        What the lost one knew is remembered here: an alarm counts as told once it is raised.
        """
        for courier in self.couriers.values():
            courier.kill()
        lost = self.books()
        self._database.restore(self._backups[max(0, len(self._backups) - 1 - age)])
        self.alarms |= lost.alarms
        self.rolled_back |= lost.ledger.keys() - self.books().ledger.keys()

    def books(self) -> Books:
        """What the database says now."""
        return books.read(self._database.url)
