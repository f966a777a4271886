# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import pytest

from kiosk.card.watcher import ReaderWatcher, Sighting
from kiosk.enrollment.ports import Presence
from tests.kiosk.card.cards import card
from tests.simulators.card import CardSlot

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_READER, ABSENT, PRESENT = Presence.NO_READER, Presence.ABSENT, Presence.PRESENT


class _Film:
    """A source that shows its sightings in turn and then has its watcher stopped."""

    def __init__(self, sightings: Iterable[Sighting]) -> None:
        self._sightings = list(sightings)
        self.watcher = ReaderWatcher(self)
        self.closed = False

    def look(self, timeout_s: float) -> Sighting:
        assert timeout_s <= 1.0
        sighting = self._sightings.pop(0)
        if not self._sightings:
            self.watcher.stop()
        return sighting

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("sightings", "told"),
    [
        ([Sighting(ABSENT)], [ABSENT]),
        ([Sighting(ABSENT)] * 3, [ABSENT]),
        ([Sighting(ABSENT), Sighting(PRESENT, 1), Sighting(ABSENT, 2)], [ABSENT, PRESENT, ABSENT]),
        ([Sighting(PRESENT, 1), Sighting(PRESENT, 3)], [PRESENT, ABSENT, PRESENT]),
        ([Sighting(ABSENT, 0), Sighting(ABSENT, 2)], [ABSENT, PRESENT, ABSENT]),
        ([Sighting(NO_READER), Sighting(NO_READER), Sighting(PRESENT, 1)], [NO_READER, PRESENT]),
        ([Sighting(PRESENT, 1), Sighting(NO_READER), Sighting(PRESENT, 1)], [PRESENT, NO_READER, PRESENT]),
    ],
    ids=["now", "nothing new", "in and out", "swapped unseen", "in and out unseen", "plugged in", "unplugged"],
)
def test_what_is_seen_is_told_in_order(sightings: list[Sighting], told: list[Presence]) -> None:
    film = _Film(sightings)
    heard: list[Presence] = []
    film.watcher.watch(heard.append)
    assert heard == told
    assert film.closed


def test_a_watched_slot_tells_a_card_in_and_out_and_stops_when_told() -> None:
    slot = CardSlot()
    watcher = ReaderWatcher(slot)
    heard: queue.Queue[Presence] = queue.Queue()
    thread = threading.Thread(target=watcher.watch, args=(heard.put,))
    thread.start()
    try:
        assert heard.get(timeout=10) is ABSENT
        slot.insert(card())
        assert heard.get(timeout=10) is PRESENT
        slot.pull()
        assert heard.get(timeout=10) is ABSENT
    finally:
        watcher.stop()
        thread.join(timeout=10)
    assert not thread.is_alive()
