# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk.store.database import Store
from kiosk.update.book import Book
from kiosk.update.offers import Asker
from kiosk.update.slots import Link, Slots
from kiosk.update.sources import FolderSource
from kiosk.update.switching import Pace, Switching
from kiosk.update.taking import Taking
from kiosk.update.trial import Patience, Sights
from tests.simulators.release_keepers import CHANNEL, PLATFORM, ReleaseKeepers
from tests.simulators.release_machine import TellingMachine
from wire.ids import ReleaseVersion

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kiosk.update.units import Units
    from wire.orders import NotUpdated

FIRST = ReleaseVersion("0.1.0")
AT_ONCE = Patience(to_stand_s=0, standing_s=0, between_looks_s=0)
IMPATIENT = Pace(quiet_s=0, back_s=0, between_s=0)


class UpdatedKiosk:
    """A kiosk with a first release as the playbook lays it down, its store, and the repository that it asks."""

    def __init__(self, place: Path, keepers: ReleaseKeepers) -> None:
        self.slots = Slots(place / "opt", sync=lambda: None)
        self.slots.releases.mkdir(parents=True)
        self.state = place / "state"
        self.state.mkdir()
        self.store = place / "store.db"
        Store(self.store).close()
        self.book = Book(self.state)
        self.keepers = keepers.copied(place / "keepers", self.slots.releases)
        self.first_root = self.keepers.first_root
        self.tells: dict[str, Mapping[str, str] | None] = {}
        self.boots = 1

    def lay_down(self, version: str, program: str = "exit(0)") -> None:
        """What the playbook does: a slot, and both links."""
        self.keepers.slot(version, program).rename(self.slots.releases / version)
        for link in Link:
            self.slots.point(link, ReleaseVersion(version))

    def machine(self) -> TellingMachine:
        """Its processes; they run."""
        made = TellingMachine(self.slots, self.store, self.tells)
        made.boot()
        return made

    def switching(self, units: Units, patience: Patience = AT_ONCE, pace: Pace = IMPATIENT) -> Switching:
        return Switching(
            slots=self.slots,
            book=self.book,
            units=units,
            sights=Sights(self.store, units),
            store=self.store,
            boot=f"boot {self.boots}",
            patience=patience,
            pace=pace,
        )

    def taking(self, reserve_bytes: int = 0) -> Taking:
        never = datetime.fromtimestamp(0, UTC)
        asker = Asker(self.first_root, self.state / "believed", CHANNEL, PLATFORM, never)
        source = FolderSource(self.keepers.repository)
        return Taking(self.slots, source, asker, self.state / "fetched", pauses_s=(), reserve_bytes=reserve_bytes)

    def install(self, version: str, units: Units, order: int | None = None) -> NotUpdated | None:
        """Take a release and try it."""
        taken = self.taking().take(ReleaseVersion(version), self.book.read())
        return self.switching(units).switch(taken, order)

    def runs(self) -> tuple[str | None, str | None]:
        """Where the two links lead."""
        return self.slots.where(Link.CURRENT), self.slots.where(Link.PROVEN)


@pytest.fixture(scope="session")
def first_keepers(tmp_path_factory: pytest.TempPathFactory) -> ReleaseKeepers:
    """Keepers who have published nothing yet: making a key under a passphrase takes long."""
    return ReleaseKeepers(tmp_path_factory.mktemp("keepers"), tmp_path_factory.mktemp("home"))


@pytest.fixture
def kiosk(tmp_path: Path, first_keepers: ReleaseKeepers) -> UpdatedKiosk:
    made = UpdatedKiosk(tmp_path, first_keepers)
    made.lay_down(FIRST)
    return made
