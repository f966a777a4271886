# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import itertools
import queue
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.watcher import CardState, Happened, ReaderEvent, ReaderWatcher, Slot, View, changes
from kiosk.enrollment.ports import Presence
from tests.kiosk.card.cards import card
from tests.simulators.card import CardSlot

if TYPE_CHECKING:
    from collections.abc import Iterable

NO_READER, ABSENT, PRESENT = Presence.NO_READER, Presence.ABSENT, Presence.PRESENT
EMPTY, IN, MUTE = CardState.ABSENT, CardState.PRESENT, CardState.MUTE
DOWN, NONE = View(running=False), View()


def one(state: CardState, movements: int = 0) -> View:
    return View((Slot("A", state, movements),))


def two(a: Slot, b: Slot) -> View:
    return View((a, b))


class _Film:
    """A source that shows its views in turn and then has its watcher stopped."""

    def __init__(self, views: Iterable[View]) -> None:
        self._views = list(views)
        self.events: list[Happened] = []
        self.watcher = ReaderWatcher(self, self.events.append)
        self.closed = False

    def look(self, timeout_s: float) -> View:
        assert timeout_s <= 1.0
        view = self._views.pop(0)
        if not self._views:
            self.watcher.stop()
        return view

    def close(self) -> None:
        self.closed = True


def shown(views: Iterable[View]) -> tuple[list[Presence], list[str]]:
    film = _Film(views)
    heard: list[Presence] = []
    film.watcher.watch(heard.append)
    assert film.closed
    return heard, [f"{happened.event} {happened.reader}".strip() for happened in film.events]


@pytest.mark.parametrize(
    ("views", "told"),
    [
        ([one(EMPTY)], [ABSENT]),
        ([one(EMPTY)] * 3, [ABSENT]),
        ([one(IN, 1)], [PRESENT]),
        ([one(EMPTY), one(IN, 1), one(EMPTY, 2)], [ABSENT, PRESENT, ABSENT]),
        ([one(IN, 1), one(IN, 3)], [PRESENT, ABSENT, PRESENT]),
        ([one(EMPTY, 0), one(EMPTY, 2)], [ABSENT, PRESENT, ABSENT]),
        ([NONE, NONE, one(IN, 1)], [NO_READER, ABSENT, PRESENT]),
        ([DOWN, DOWN, one(EMPTY)], [NO_READER, ABSENT]),
        ([one(IN, 1), NONE, one(IN, 1)], [PRESENT, ABSENT, NO_READER, ABSENT, PRESENT]),
        ([one(IN, 1), DOWN, one(IN, 1)], [PRESENT, NO_READER, ABSENT, PRESENT]),
        ([one(MUTE, 1)], [PRESENT]),
        ([one(IN, 1), one(MUTE, 1)], [PRESENT]),
    ],
    ids=[
        "now", "nothing new", "in already", "in and out", "swapped unseen", "in and out unseen", "plugged in",
        "service came", "unplugged and back", "service restarted", "mute", "fell silent",
    ],
)  # fmt: skip
def test_what_is_seen_is_told_in_order(views: list[View], told: list[Presence]) -> None:
    assert shown(views)[0] == told


@pytest.mark.parametrize(
    ("views", "events"),
    [
        ([one(EMPTY), one(IN, 1)], ["reader_attached A", "card_inserted A"]),
        ([one(EMPTY), one(MUTE, 1)], ["reader_attached A", "card_mute A"]),
        ([one(IN, 1), one(IN, 3)], ["reader_attached A", "card_inserted A", "card_removed A", "card_inserted A"]),
        ([one(IN, 1), NONE], ["reader_attached A", "card_inserted A", "card_removed A", "reader_detached A"]),
        ([one(EMPTY), DOWN, one(EMPTY)], ["reader_attached A", "service_lost", "service_back", "reader_attached A"]),
    ],
    ids=["inserted", "mute", "swapped", "reader unplugged with a card", "service restarted"],
)
def test_each_change_is_an_event_with_its_code(views: list[View], events: list[str]) -> None:
    assert shown(views)[1] == events


def test_of_two_readers_the_first_that_gets_a_card_counts() -> None:
    a, b = Slot("A", EMPTY), Slot("B", EMPTY)
    a_in, b_in, b_out = Slot("A", IN, 1), Slot("B", IN, 1), Slot("B", EMPTY, 2)
    film = _Film([two(a, b), two(a, b_in), two(a_in, b_in), two(a_in, b_out), two(Slot("A", EMPTY, 2), b_out)])
    told: list[tuple[Presence, str | None]] = []
    film.watcher.watch(lambda presence: told.append((presence, film.watcher.focus)))
    assert told == [(ABSENT, None), (PRESENT, "B"), (ABSENT, None), (PRESENT, "A"), (ABSENT, None)]


def test_a_second_reader_that_comes_and_goes_does_not_disturb_the_session() -> None:
    a_in = Slot("A", IN, 1)
    assert shown([View((a_in,)), two(a_in, Slot("B", EMPTY)), View((a_in,))])[0] == [PRESENT]


_slots = st.builds(Slot, st.sampled_from("AB"), st.sampled_from(CardState), st.integers(0, 3))
_views = st.one_of(
    st.just(DOWN), st.lists(_slots, max_size=2, unique_by=lambda slot: slot.reader).map(lambda s: View(tuple(s)))
)


@given(_views, _views)
def test_the_events_between_two_views_lead_from_one_to_the_other(before: View, now: View) -> None:
    cards = {slot.reader: slot.card for slot in before.slots}
    running = before.running
    for happened in changes(before, now):
        match happened.event:
            case ReaderEvent.SERVICE_LOST:
                running, cards = False, {}
            case ReaderEvent.SERVICE_BACK:
                running = True
            case ReaderEvent.READER_ATTACHED:
                cards[happened.reader] = EMPTY
            case ReaderEvent.READER_DETACHED:
                assert cards.pop(happened.reader) is EMPTY
            case ReaderEvent.CARD_INSERTED:
                cards[happened.reader] = IN
            case ReaderEvent.CARD_MUTE:
                cards[happened.reader] = MUTE
            case ReaderEvent.CARD_REMOVED:
                assert cards[happened.reader] is not EMPTY
                cards[happened.reader] = EMPTY
    assert (running, cards) == (now.running, {slot.reader: slot.card for slot in now.slots})


@given(st.lists(_views, min_size=1, max_size=8))
def test_the_last_thing_told_is_what_is_so_and_nothing_is_told_twice(views: list[View]) -> None:
    told = shown(views)[0]
    last = views[-1]
    expected = PRESENT if last.with_card() else ABSENT if last.slots else NO_READER
    assert told[-1] is expected
    assert all(one is not other for one, other in itertools.pairwise(told))


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
