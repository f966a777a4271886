# SPDX-License-Identifier: Apache-2.0
"""A card that was put back or cloned raises its alarm with its first event; a process that only starts anew never does.

Real card files, real filing and the real committer; `CARDS=1000` for as many as the promise says.
Source: security design, section 7, promise 5.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from fleet.store.tables import alarm
from tests.model.real_kiosk import Counter, Keyring, RealKiosk, Uncounted
from wire.ids import new_stream_id

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fleet.road import Fleet

CARDS = int(os.environ.get("CARDS", "8"))
RESTARTS = 10 * CARDS
CHANCE = random.Random(20265)  # noqa: S311 - chance that can be repeated, not secrecy


class Kiosk:
    """One kiosk of a fleet with its card."""

    def __init__(self, fleet: Fleet, card: Path, counter: Counter) -> None:
        self._fleet = fleet
        self.wire = fleet.kiosk(card.stem)
        self.machine = RealKiosk(card, counter, Keyring(self.wire, fleet.receipt_key, fleet.keys.answer.public()))

    def work(self, people: int = 1) -> list[bytes]:
        """File so many people; what is to be delivered."""
        return filed(self.machine, people)

    def deliver(self, messages: list[bytes]) -> None:
        """Let the controller have them."""
        if messages:
            self._fleet.deliver(self.wire, *messages)

    def alarms(self) -> set[str]:
        """What the controller's people are told of this kiosk."""
        return {row.kind for row in self._fleet.rows(alarm) if row.kiosk == self.wire.id}


def filed(machine: RealKiosk, people: int = 1) -> list[bytes]:
    return [machine.file(new_stream_id()) for _ in range(people)]


def kiosks(fleet: Fleet, folder: Path, counter: type[Counter] = Counter) -> Iterator[Kiosk]:
    for n in range(CARDS):
        kiosk = Kiosk(fleet, folder / f"k-{n:04}.db", counter())
        yield kiosk
        kiosk.machine.store.close()


def test_a_kiosk_that_only_starts_anew_raises_no_alarm(fleet: Fleet, tmp_path: Path) -> None:
    kiosk = Kiosk(fleet, tmp_path / "k-01.db", Counter())
    for _ in range(RESTARTS):
        kiosk.machine.restart()
        kiosk.deliver(kiosk.work())
    assert kiosk.alarms() == set()
    kiosk.machine.store.close()


@pytest.mark.parametrize("restarts", [False, True], ids=["copied at work", "copied switched off"])
def test_a_card_that_was_put_back_over_what_it_had_delivered_raises_it_with_its_first_event(
    fleet: Fleet, tmp_path: Path, *, restarts: bool
) -> None:
    for kiosk in kiosks(fleet, tmp_path, Uncounted):
        kiosk.deliver(kiosk.work(CHANCE.randrange(1, 4)))
        image = kiosk.machine.copy()
        if restarts:
            kiosk.machine.restart()
        kiosk.deliver(kiosk.work(CHANCE.randrange(1, 4)))
        assert kiosk.alarms() == set()
        kiosk.machine.restore(image)
        kiosk.deliver(kiosk.work())
        assert kiosk.alarms() == {"fork" if restarts else "rollback"}


def test_a_count_outside_the_card_raises_it_even_over_what_never_left_the_card(fleet: Fleet, tmp_path: Path) -> None:
    for kiosk in kiosks(fleet, tmp_path):
        kiosk.deliver(kiosk.work(CHANCE.randrange(1, 4)))
        image = kiosk.machine.copy()
        kiosk.work(CHANCE.randrange(1, 4))
        kiosk.machine.restore(image)
        kiosk.deliver(kiosk.work())
        assert kiosk.alarms() == {"lost"}


def test_a_clone_raises_it_as_soon_as_both_have_worked_whoever_comes_first(fleet: Fleet, tmp_path: Path) -> None:
    for kiosk in kiosks(fleet, tmp_path, Uncounted):
        kiosk.deliver(kiosk.work(CHANCE.randrange(1, 4)))
        twin = kiosk.machine.cloned()
        if CHANCE.random() < 0.5:
            kiosk.machine.restart()
        both = [kiosk.work(), filed(twin)]
        CHANCE.shuffle(both)
        kiosk.deliver(both[0])
        assert kiosk.alarms() == set()
        kiosk.deliver(both[1])
        assert len(kiosk.alarms()) == 1
        twin.store.close()
