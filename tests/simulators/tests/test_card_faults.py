# SPDX-License-Identifier: Apache-2.0
"""Each fault of a virtual card does what it says, seen by raw commands."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardResetError
from kiosk.enrollment.failures import CardReadError, Failure
from tests.simulators.card import ATR, CardHolder, CardSlot, ThaiCard
from tests.simulators.card_faults import Fault, ForeignReset, Mute, Short, Slow, Status, WrongLength
from tests.simulators.card_timing import Timing, wire_size
from tests.simulators.holders import invalid_number

SELECT = bytes.fromhex("00A4040008A000000054480001")
READ = bytes.fromhex("80B0000402000D")
FETCH = bytes.fromhex("00C000000D")
NUMBER = invalid_number(7).encode()
WHOLE = NUMBER + b"\x90\x00"


def faulty(**faults: Fault | bytes) -> ThaiCard:
    """A card with a fault at `select`, `read` or `fetch`: its first three commands."""
    card = ThaiCard.of(CardHolder(NUMBER.decode()))
    card.faults = {("select", "read", "fetch").index(name) + 1: fault for name, fault in faults.items()}
    return card


def answers(card: ThaiCard) -> list[bytes]:
    return [card.answer(command) for command in (SELECT, READ, FETCH)]


def test_a_card_without_faults_answers() -> None:
    assert answers(faulty()) == [b"\x61\x0a", b"\x61\x0d", WHOLE]


@pytest.mark.parametrize("word", [0x6300, 0x6581, 0x6700, 0x6985, 0x6A82, 0x6F00, 0x9000])
def test_a_wrong_status_stands_alone_and_the_data_can_still_be_fetched(word: int) -> None:
    card = faulty(fetch=Status(word))
    assert answers(card)[2] == word.to_bytes(2, "big")
    assert card.answer(FETCH) == WHOLE


def test_a_command_that_met_a_wrong_status_was_not_carried_out() -> None:
    assert answers(faulty(select=Status(0x9000)))[1:] == [b"\x69\x85", b"\x69\x85"]
    card = faulty(read=Status(0x6F00))
    assert answers(card)[2] == b"\x6c\x0a"
    assert card.touched == []


@pytest.mark.parametrize(("right", "said"), [(13, "6C0D"), (256, "6C00"), (1, "6C01")])
def test_a_wrong_length_says_the_right_one_and_keeps_the_data(right: int, said: str) -> None:
    card = faulty(fetch=WrongLength(right))
    assert answers(card)[2].hex().upper() == said
    assert card.answer(FETCH) == WHOLE


@pytest.mark.parametrize(("missing", "left"), [(1, 12), (12, 1), (13, 0), (99, 0)])
def test_short_data_lack_their_end_and_not_their_status(missing: int, left: int) -> None:
    card = faulty(fetch=Short(missing))
    assert answers(card)[2] == NUMBER[:left] + b"\x90\x00"
    assert card.answer(FETCH) == b"\x69\x85"


def test_nothing_is_missing_where_no_data_are() -> None:
    assert answers(faulty(read=Short(5))) == answers(faulty())


def test_a_mute_card_answers_nothing_once() -> None:
    card = faulty(read=Mute())
    assert answers(card)[1] == b""
    card.answer(READ)
    assert card.answer(FETCH) == WHOLE


def test_a_slow_card_answers_rightly_and_later() -> None:
    waited: list[float] = []
    card = faulty(read=Slow(2.5))
    card.sleep = waited.append
    assert answers(card) == answers(faulty())
    assert waited == [2.5]


def test_a_foreign_reset_is_told_and_the_selection_is_gone() -> None:
    card = faulty(read=ForeignReset())
    card.answer(SELECT)
    with pytest.raises(CardResetError):
        card.answer(READ)
    assert card.answer(READ) == b"\x69\x85"
    assert card.answer(SELECT) == b"\x61\x0a"
    assert card.answer(READ) == b"\x61\x0d"
    assert card.resets == 1


def test_a_foreign_reset_passes_through_the_slot() -> None:
    slot = CardSlot()
    slot.insert(faulty(select=ForeignReset()))
    with pytest.raises(CardResetError):
        slot.transmit(SELECT)
    assert slot.transmit(SELECT) == b"\x61\x0a"


def test_bytes_are_answered_as_they_are() -> None:
    assert answers(faulty(read=b"anything"))[1] == b"anything"


def test_a_fault_strikes_once() -> None:
    card = faulty(select=Mute())
    assert [card.answer(SELECT) for _ in range(3)] == [b"", b"\x61\x0a", b"\x61\x0a"]


@pytest.mark.parametrize("commands", [0, 1, 2])
def test_a_card_is_pulled_before_the_command_after_so_many(commands: int) -> None:
    slot, card = CardSlot(), faulty()
    slot.insert(card, pull_after=commands)
    for command in (SELECT, READ, FETCH)[:commands]:
        slot.transmit(command)
    with pytest.raises(CardReadError) as refusal:
        slot.transmit(FETCH)
    assert refusal.value.failure is Failure.CARD_REMOVED
    assert len(card.commands) == commands


@pytest.mark.parametrize(
    ("command", "response", "size"),
    [
        (SELECT, b"\x61\x0a", 16),
        (READ, b"\x61\xff", 10),
        (FETCH, bytes(255) + b"\x90\x00", 263),
        (FETCH, b"\x6c\x0d", 7),
        (FETCH, b"", 5),
    ],
    ids=["select", "read", "255 bytes", "corrected", "mute"],
)
def test_the_wire_carries_header_consent_data_and_status(command: bytes, response: bytes, size: int) -> None:
    assert wire_size(command, response) == size


@pytest.mark.parametrize(
    ("atr", "bytes_per_s"),
    [(ATR.hex(), 20833), ("3B79180000", 10753), ("3B680000", 896)],
    ids=["TA1 96", "TA1 18", "no TA1"],
)
def test_a_card_is_as_fast_as_its_atr_says_at_4_mhz(atr: str, bytes_per_s: int) -> None:
    assert round(Timing.of(bytes.fromhex(atr)).bytes_per_s) == bytes_per_s


def test_a_reader_that_does_not_negotiate_keeps_every_card_slow() -> None:
    assert round(Timing(clock_hz=3_571_200).bytes_per_s) == 800


def test_a_card_with_a_timing_takes_its_time_for_each_command_and_a_fault_adds_to_it() -> None:
    waited: list[float] = []
    card = faulty(fetch=Slow(1.0))
    card.timing, card.sleep = Timing(f=372, d=1, clock_hz=372 * 12 * 1000, card_s=0.25, usb_s=0.5), waited.append
    answers(card)
    assert waited == pytest.approx([0.766, 0.76, 1.0, 0.771])
