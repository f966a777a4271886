# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest

from kiosk.card.national_id import CardCopy, NationalIdReader, read_card
from kiosk.card.pcsc import PcscReaders, open_card, slots
from kiosk.card.watcher import ReaderWatcher
from kiosk.enrollment.failures import CardReadError, Failure, Fault, FaultError
from kiosk.enrollment.ports import Presence
from tests.kiosk.card.cards import Seen, card, portrait
from tests.simulators.card import ApduLevelReader
from tests.simulators.pcscd import READER_NAME, PcscDaemon

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.simulators.card import ThaiCard
    from tests.simulators.vpcd import VpcdCard

pytestmark = pytest.mark.real

READER = NationalIdReader(partial(open_card, READER_NAME))


@contextmanager
def _watched() -> Iterator[Callable[[], Presence]]:
    """Watch the reader; gives a function that waits for the next thing told."""
    watcher = ReaderWatcher(PcscReaders(READER_NAME))
    heard: queue.Queue[Presence] = queue.Queue()
    thread = threading.Thread(target=watcher.watch, args=(heard.put,))
    thread.start()
    try:
        yield partial(heard.get, timeout=20)
    finally:
        watcher.stop()
        thread.join(timeout=20)
    assert heard.empty()


def _insert(slot: VpcdCard, inserted: ThaiCard, *, pull_after: int | None = None) -> None:
    """Insert a card and return when the reader sees it."""
    with _watched() as told:
        assert told() is Presence.ABSENT
        slot.insert(inserted, pull_after=pull_after)
        assert told() is Presence.PRESENT


@pytest.fixture(autouse=True)
def _empty_slot(pcscd: PcscDaemon) -> None:  # noqa: ARG001 - the daemon must stand first
    """Start each test when the reader has noticed that the last test's card went."""
    with _watched() as told:
        if told() is Presence.PRESENT:
            assert told() is Presence.ABSENT


def test_a_read_through_the_real_reader_equals_the_read_in_this_process(slot: VpcdCard) -> None:
    inserted = card(portrait_jpeg=portrait(4843))
    _insert(slot, inserted)
    assert READER.read(Seen()) == NationalIdReader(lambda: _plain(inserted)).read(Seen())
    assert len([command for command in inserted.commands[:45] if command[1] == 0xB0]) == 22


@contextmanager
def _plain(inserted: ThaiCard) -> Iterator[ApduLevelReader]:
    yield ApduLevelReader(inserted)


def test_reading_leaves_the_card_powered_and_tells_the_watcher_nothing(slot: VpcdCard) -> None:
    inserted = card()
    _insert(slot, inserted)
    READER.read(Seen())
    resets = inserted.resets
    with _watched() as told:
        assert told() is Presence.PRESENT
        READER.read(Seen())
        READER.read(Seen())
    assert inserted.resets == resets


def test_a_card_in_and_out_is_told(slot: VpcdCard) -> None:
    with _watched() as told:
        assert told() is Presence.ABSENT
        slot.insert(card())
        assert told() is Presence.PRESENT
        slot.pull()
        assert told() is Presence.ABSENT


@pytest.mark.parametrize("commands", [0, 1, 12])
def test_a_card_pulled_in_the_middle_of_a_read_is_told_as_removed(slot: VpcdCard, commands: int) -> None:
    _insert(slot, card(), pull_after=commands)
    with pytest.raises(CardReadError) as refusal:
        READER.read(Seen())
    assert refusal.value.failure is Failure.CARD_REMOVED


def test_the_first_command_after_a_pull_already_tells_that_the_card_went(slot: VpcdCard) -> None:
    _insert(slot, card())
    with open_card(READER_NAME) as transport:
        slot.pull()
        with pytest.raises(CardReadError) as refusal:
            transport.transmit(bytes.fromhex("80B00000020010"))
    assert refusal.value.failure is Failure.CARD_REMOVED


def test_a_card_put_back_after_a_pull_is_read(slot: VpcdCard) -> None:
    _insert(slot, card(), pull_after=12)
    with pytest.raises(CardReadError):
        READER.read(Seen())
    _insert(slot, card())
    assert READER.read(Seen()).province == "40"


def test_an_empty_reader_is_told_as_a_removed_card() -> None:
    with pytest.raises(CardReadError) as refusal:
        READER.read(Seen())
    assert refusal.value.failure is Failure.CARD_REMOVED


def test_another_card_is_not_a_national_id(slot: VpcdCard) -> None:
    other = card()
    other.knows_application = False
    _insert(slot, other)
    with pytest.raises(CardReadError) as refusal:
        READER.read(Seen())
    assert refusal.value.failure is Failure.CARD_NOT_NATIONAL_ID


def test_a_card_that_stays_mute_is_told_as_inserted_the_wrong_way(slot: VpcdCard) -> None:
    mute = card()
    mute.atr = b"\x00\x00"
    _insert(slot, mute)
    with pytest.raises(CardReadError) as refusal:
        READER.read(Seen())
    assert refusal.value.failure is Failure.CARD_NOT_NATIONAL_ID


def test_a_reader_of_another_name_is_absent() -> None:
    with pytest.raises(FaultError) as fault:
        NationalIdReader(partial(open_card, "No such reader")).read(Seen())
    assert fault.value.fault is Fault.READER_ABSENT


def test_a_watched_reader_of_another_name_is_no_reader() -> None:
    readers = PcscReaders("No such reader")
    assert readers.look(0.0).slots == ()
    assert readers.look(0.0).slots == ()


def test_the_reader_service_going_down_is_told_and_its_return_too(pcscd: PcscDaemon) -> None:
    with _watched() as told:
        assert told() is Presence.ABSENT
        pcscd.stop()
        try:
            assert told() is Presence.NO_READER
            with pytest.raises(FaultError) as fault:
                READER.read(Seen())
            assert fault.value.fault is Fault.READER_SERVICE_DOWN
            with pytest.raises(FaultError):
                slots()
        finally:
            pcscd.start()
        assert told() is Presence.ABSENT


def test_a_service_that_goes_down_in_the_middle_of_a_read_is_a_fault(pcscd: PcscDaemon, slot: VpcdCard) -> None:
    _insert(slot, card())
    try:
        with open_card(READER_NAME) as transport:
            pcscd.stop()
            with pytest.raises(FaultError) as fault:
                read_card(transport, CardCopy(), Seen())
        assert fault.value.fault is Fault.READER_SERVICE_DOWN
    finally:
        pcscd.start()


def test_two_daemons_stand_side_by_side_and_each_client_sees_its_own(pcscd: PcscDaemon, tmp_path: Path) -> None:
    program = "from kiosk.card.pcsc import slots; print(len(slots()))"
    with PcscDaemon(tmp_path) as second:
        seen = [
            subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | daemon.env, capture_output=True, text=True, check=True,
            ).stdout.strip()
            for daemon in (pcscd, second)
        ]  # fmt: skip
    assert seen == ["4", "2"]
