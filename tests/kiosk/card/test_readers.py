# SPDX-License-Identifier: Apache-2.0
"""Several real readers, plugged in and pulled out under the kiosk, and the service restarted."""

from __future__ import annotations

import queue
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from kiosk.card.national_id import CardCopy, NationalIdReader, read_card
from kiosk.card.pcsc import PcscReaders, open_card, slots
from kiosk.card.watcher import CardState, ReaderEvent, ReaderWatcher
from kiosk.enrollment.failures import FaultError
from kiosk.enrollment.ports import Presence
from tests.kiosk.card.cards import NUMBER, Seen, card
from tests.kiosk.card.conftest import SECOND
from tests.simulators.other_program import OtherProgram
from tests.simulators.pcscd import READER_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulators.pcscd import PcscDaemon
    from tests.simulators.vpcd import VpcdCard

pytestmark = pytest.mark.real

_WAIT_S = 20
FIRST_SLOT, SECOND_SLOT = f"{READER_NAME} 00 00", f"{SECOND} 00 00"
OTHER_NUMBER = "1100000000003"


class Watched:
    """A watcher at work; `event` and `presence` give what was told next."""

    def __init__(self, wanted: str) -> None:
        self._events: queue.Queue[str] = queue.Queue()
        self._presences: queue.Queue[Presence] = queue.Queue()
        self.watcher = ReaderWatcher(
            PcscReaders(wanted), lambda happened: self._events.put(f"{happened.event} {happened.reader}".strip())
        )
        self.thread = threading.Thread(target=self.watcher.watch, args=(self._presences.put,))

    def event(self) -> str:
        return self._events.get(timeout=_WAIT_S)

    def presence(self) -> Presence:
        return self._presences.get(timeout=_WAIT_S)

    def events(self, count: int) -> set[str]:
        return {self.event() for _ in range(count)}


@contextmanager
def watched(wanted: str = "") -> Iterator[Watched]:
    """Watch readers that are all empty."""
    seeing = Watched(wanted)
    seeing.thread.start()
    try:
        while (presence := seeing.presence()) is Presence.PRESENT:
            pass
        assert presence is Presence.ABSENT
        while seeing.watcher.focus is not None:
            pass
        yield seeing
    finally:
        seeing.watcher.stop()
        seeing.thread.join(_WAIT_S)


@contextmanager
def watched_from_the_start(wanted: str, attached: int) -> Iterator[Watched]:
    with watched(wanted) as seeing:
        told = [seeing.event() for _ in range(attached)]
        while any(not event.startswith(ReaderEvent.READER_ATTACHED) for event in told):
            told = [event for event in told if event.startswith(ReaderEvent.READER_ATTACHED)]
            told += [seeing.event() for _ in range(attached - len(told))]
        yield seeing


def test_every_reader_is_seen_with_what_is_in_it(pcscd: PcscDaemon, second_slot: VpcdCard) -> None:  # noqa: ARG001
    with watched() as seeing:
        second_slot.insert(card())
        assert seeing.presence() is Presence.PRESENT
        held = {slot.reader: slot.card for slot in slots()}
    assert held[SECOND_SLOT] is CardState.PRESENT
    assert [state for reader, state in held.items() if reader != SECOND_SLOT] == [CardState.ABSENT] * 3


def test_a_card_in_any_of_the_readers_is_read(pcscd: PcscDaemon, second_slot: VpcdCard) -> None:  # noqa: ARG001
    with watched() as seeing:
        second_slot.insert(card())
        assert seeing.presence() is Presence.PRESENT
        assert seeing.watcher.focus == SECOND_SLOT
        assert NationalIdReader(partial(open_card, "")).read(Seen()).citizen_number == NUMBER


def test_of_two_cards_the_one_that_came_first_is_read_until_it_goes(slot: VpcdCard, second_slot: VpcdCard) -> None:
    with watched() as seeing:
        reader = NationalIdReader(lambda: open_card(seeing.watcher.focus or ""))
        second_slot.insert(card())
        assert seeing.presence() is Presence.PRESENT
        slot.insert(card(citizen_number=OTHER_NUMBER))
        while seeing.event() != f"card_inserted {FIRST_SLOT}":
            pass
        assert reader.read(Seen()).citizen_number == NUMBER
        second_slot.pull()
        assert (seeing.presence(), seeing.presence()) == (Presence.ABSENT, Presence.PRESENT)
        assert reader.read(Seen()).citizen_number == OTHER_NUMBER


def test_a_reader_that_is_pulled_out_and_plugged_in_is_told(pcscd: PcscDaemon) -> None:
    with watched_from_the_start(SECOND, attached=2) as seeing:
        pcscd.detach(SECOND)
        try:
            assert seeing.events(2) == {f"reader_detached {SECOND} 00 0{n}" for n in (0, 1)}
            assert seeing.presence() is Presence.NO_READER
        finally:
            pcscd.attach(SECOND)
        assert seeing.events(2) == {f"reader_attached {SECOND} 00 0{n}" for n in (0, 1)}
        assert seeing.presence() is Presence.ABSENT


def test_a_reader_pulled_out_with_its_card_is_told_as_both(pcscd: PcscDaemon, second_slot: VpcdCard) -> None:
    with watched_from_the_start(SECOND, attached=2) as seeing:
        second_slot.insert(card())
        assert seeing.event() == f"card_inserted {SECOND_SLOT}"
        pcscd.detach(SECOND)
        try:
            told = [seeing.event() for _ in range(3)]
        finally:
            pcscd.attach(SECOND)
    assert told.index(f"card_removed {SECOND_SLOT}") < told.index(f"reader_detached {SECOND_SLOT}")


def test_a_reader_pulled_out_in_the_middle_of_a_read_is_a_fault_and_no_removed_card(
    pcscd: PcscDaemon, second_slot: VpcdCard
) -> None:
    with watched(SECOND) as seeing:
        second_slot.insert(card())
        assert seeing.presence() is Presence.PRESENT
        try:
            with open_card(SECOND) as transport, pytest.raises(FaultError) as fault:
                read_card(transport, CardCopy(), _Unplugging(pcscd))
        finally:
            pcscd.attach(SECOND)
    assert fault.value.fault == "reader_absent"
    assert "USB" in str(fault.value)


class _Unplugging(Seen):
    """Pulls the reader out as soon as the name is known."""

    def __init__(self, pcscd: PcscDaemon) -> None:
        super().__init__()
        self._pcscd = pcscd

    def named(self, name_th: str, name_en: str) -> None:
        super().named(name_th, name_en)
        self._pcscd.detach(SECOND)


def test_a_card_that_answers_no_reset_is_told_as_mute(pcscd: PcscDaemon, slot: VpcdCard) -> None:  # noqa: ARG001
    mute = card()
    mute.atr = b"\x00\x00"
    with watched_from_the_start(READER_NAME, attached=2) as seeing:
        slot.insert(mute)
        assert seeing.event() == f"card_mute {FIRST_SLOT}"
        assert seeing.presence() is Presence.PRESENT


def test_a_restarted_service_is_lost_and_back_with_its_readers(pcscd: PcscDaemon) -> None:
    with watched_from_the_start(SECOND, attached=2) as seeing:
        pcscd.stop()
        try:
            assert seeing.event() == "service_lost"
            assert seeing.presence() is Presence.NO_READER
        finally:
            pcscd.start()
        assert seeing.event() == "service_back"
        assert seeing.events(2) == {f"reader_attached {SECOND} 00 0{n}" for n in (0, 1)}
        assert seeing.presence() is Presence.ABSENT


def test_a_card_that_another_program_reset_before_a_read_is_read(pcscd: PcscDaemon, slot: VpcdCard) -> None:
    with watched(READER_NAME) as seeing, OtherProgram(pcscd.env) as other:
        inserted = card()
        slot.insert(inserted)
        assert seeing.presence() is Presence.PRESENT
        reader = NationalIdReader(partial(open_card, READER_NAME))
        first = reader.read(Seen())
        assert other.connect(FIRST_SLOT) == 0
        assert other.disconnect(reset=True) == 0
        assert reader.read(Seen()) == first


def test_another_program_that_wants_to_reset_the_card_waits_until_the_read_is_over(
    pcscd: PcscDaemon, slot: VpcdCard
) -> None:
    with watched(READER_NAME) as seeing, OtherProgram(pcscd.env) as other:
        inserted = card()
        slot.insert(inserted)
        assert seeing.presence() is Presence.PRESENT
        assert other.connect(FIRST_SLOT) == 0
        with open_card(READER_NAME) as transport:
            resets = inserted.resets
            resetting = threading.Thread(target=partial(other.disconnect, reset=True))
            resetting.start()
            read_card(transport, CardCopy(), Seen())
            assert inserted.resets == resets
        resetting.join(_WAIT_S)
        assert inserted.resets > resets
