# SPDX-License-Identifier: Apache-2.0
"""The controller of a run: its couriers and its relay over its database, the backups, and what a lost one had known."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.simulators.services import Service, script
from tests.torture import books
from tests.torture.processes import command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.torture.books import Alarm, Books
    from tests.torture.databases import Database

_RELAY = "relay"


class Controller:
    """Processes by name, each with a settings file of its own. `desk` is the harness's own folder."""

    def __init__(self, database: Database, desk: Path, settings: Mapping[str, Path], *, without: str | None) -> None:
        self.database = database
        self._desk = desk
        self._backups: list[Path] = []
        self.processes = {
            name: Service(_command(name, file, without), log=desk / f"controller-{name}.log")
            for name, file in settings.items()
        }
        self._settings = next(iter(settings.values()))
        self.unfit: list[str] = []
        self.betrayed_ms: list[int] = []  # when an older backup was put back than the last one that was verified
        self.alarms: frozenset[Alarm] = frozenset()
        self.rolled_back: frozenset[str] = frozenset()

    def back_up(self) -> None:
        """Back the database up at work, and have the backup read: then kiosks may erase what it holds.

        One that is found unfit is not kept, and is remembered.
        """
        backup = self._desk / f"backup-{len(self._backups) + len(self.unfit) + 1}"
        said = self.database.back_up(backup, self._settings)
        if said is None:
            self._backups.append(backup)
        else:
            self.unfit.append(said)

    def restore(self, age: int) -> None:
        """Let the database be lost, and put a backup in its place: 0 the newest, 1 the one before. Nobody uses it.

        What the lost one knew is remembered here: an alarm counts as told once it is raised.
        """
        lost = self.books()
        chosen = max(0, len(self._backups) - 1 - age)
        self.database.restore(self._backups[chosen])
        if chosen < len(self._backups) - 1:
            self.betrayed_ms.append(time.time_ns() // 1_000_000)
        self.alarms |= lost.alarms
        self.rolled_back |= lost.ledger.keys() - self.books().ledger.keys()

    def books(self) -> Books:
        """What the database says now."""
        return books.read(self.database.url)


def _command(name: str, settings: Path, without: str | None) -> list[str]:
    if name == _RELAY:
        return [script("dipchip-fleet"), _RELAY, "--config", str(settings)]
    return command("fleet-courier", "--config", str(settings), without=without)
