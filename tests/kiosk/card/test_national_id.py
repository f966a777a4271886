# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import CardResetError
from kiosk.card.national_id import CardCopy, NationalIdReader, Unobserved, read_card
from kiosk.card.parsing import parse
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import CardWarning
from tests.kiosk.card.cards import HOLDER, Seen, card, portrait
from tests.simulators.card import ApduLevelReader, CardSlot, ThaiCard

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity


def _read(inserted: ThaiCard, *, pull_after: int | None = None) -> Identity:
    slot = CardSlot()
    slot.insert(inserted, pull_after=pull_after)
    return NationalIdReader(slot.connect).read(Seen())


def whole_in_slot(inserted: ThaiCard) -> CardSlot:
    slot = CardSlot()
    slot.insert(inserted)
    return slot


def _refusal(inserted: ThaiCard, *, pull_after: int | None = None) -> Failure:
    with pytest.raises(CardReadError) as refusal:
        _read(inserted, pull_after=pull_after)
    return refusal.value.failure


@pytest.mark.parametrize(("size", "commands"), [(4843, 45), (4844, 47), (4960, 47), (5098, 47), (5118, 49)])
def test_a_whole_card_takes_45_commands_and_two_more_for_each_block_of_a_long_portrait(
    size: int, commands: int
) -> None:
    whole = card(portrait_jpeg=portrait(size))
    assert _read(whole).portrait_jpeg == portrait(size)
    assert len(whole.commands) == commands


def test_the_name_is_told_after_three_commands_and_masked() -> None:
    whole, seen = card(), Seen()
    commands: list[int] = []

    class Watching(Seen):
        def named(self, name_th: str, name_en: str) -> None:
            commands.append(len(whole.commands))
            seen.named(name_th, name_en)

    read_card(whole_in_slot(whole), CardCopy(), Watching())
    assert commands == [3]
    assert seen.names == [("นายทดสอบ ร•••", "Mr. Thotsop R•••")]


def test_a_portrait_that_is_not_wanted_is_not_read_from_the_chip() -> None:
    whole, copy = card(), CardCopy()
    read_card(whole_in_slot(whole), copy, Unobserved(), with_portrait=False)
    assert len(whole.commands) == 7
    assert {i for part in whole.touched for i in part}.isdisjoint(range(0x0177, 0x1579))
    assert parse(copy.blocks()).province == "40"


def test_the_driver_touches_exactly_what_it_parses() -> None:
    whole = card(portrait_jpeg=portrait(5118))
    _read(whole)
    touched = {i for part in whole.touched for i in part}
    holder, dates = range(0x0004, 0x00E2), range(0x0167, 0x0177)
    assert touched == {*holder, *dates, *range(0x0179, 0x1579), *range(0x1579, 0x1619)}


@given(st.dictionaries(st.integers(1, 70), st.sampled_from(["6F00", "6985", "6700", "6C40", "", "9000", "6A86"])))
def test_whatever_goes_wrong_no_other_place_is_ever_touched(faults: dict[int, str]) -> None:
    weak = card()
    weak.faults = {at: bytes.fromhex(fault) for at, fault in faults.items()}
    with suppress(CardReadError):
        _read(weak)
    allowed = {*range(0x0004, 0x00E2), *range(0x0167, 0x0177), *range(0x0179, 0x1619)}
    assert {i for part in weak.touched for i in part} <= allowed
    assert {c[:2].hex() for c in weak.commands} <= {"00a4", "80b0", "00c0"}


def test_only_select_read_and_get_response_are_ever_sent_and_none_carries_le_behind_data() -> None:
    whole = card()
    _read(whole)
    assert {c[:2].hex() for c in whole.commands} == {"00a4", "80b0", "00c0"}
    assert all(len(c) == 5 + c[4] for c in whole.commands if c[1] != 0xC0)


def test_progress_rises_to_exactly_one() -> None:
    seen = Seen()
    read_card(ApduLevelReader(card()), CardCopy(), seen)
    assert seen.progress == sorted(seen.progress)
    assert seen.progress[-1] == 1.0
    assert 0 < seen.progress[0] < 0.1


@pytest.mark.parametrize("size", [40, 131, 132, 5100, 5117, 5118])
def test_a_portrait_of_any_length_comes_whole(size: int) -> None:
    assert _read(card(portrait_jpeg=portrait(size))).portrait_jpeg == portrait(size)


@pytest.mark.parametrize("stated", [0, 100, 0x2020, 0xFFFF])
def test_a_wrong_portrait_length_costs_commands_and_not_the_portrait(stated: int) -> None:
    odd = card()
    odd.file = bytearray(odd.file)
    odd.file[0x0179:0x017B] = stated.to_bytes(2, "big")
    assert _read(odd).portrait_jpeg == HOLDER.portrait_jpeg


def test_a_card_without_a_portrait_is_read_with_a_warning() -> None:
    assert CardWarning.PORTRAIT_UNREADABLE in _read(card(portrait_jpeg=b"")).warnings


def test_a_reader_that_fetches_data_itself_gives_the_same_identity() -> None:
    reader = ApduLevelReader(card())
    assert NationalIdReader(lambda: nullcontext(reader)).read(Seen()) == _read(card())


@pytest.mark.parametrize("commands", [0, 1, 2, 9, 44])
def test_a_card_pulled_in_the_middle_is_told_as_removed(commands: int) -> None:
    assert _refusal(card(), pull_after=commands) is Failure.CARD_REMOVED


def test_a_slot_without_a_card_is_told_as_removed() -> None:
    with pytest.raises(CardReadError) as refusal:
        NationalIdReader(CardSlot().connect).read(Seen())
    assert refusal.value.failure is Failure.CARD_REMOVED


def test_a_card_without_the_application_is_not_a_national_id() -> None:
    other = card()
    other.knows_application = False
    assert _refusal(other) is Failure.CARD_NOT_NATIONAL_ID


@pytest.mark.parametrize("status", ["6A82", "6D00", "6E00", "6985", "6A86", "6999"])
def test_a_refused_select_is_another_card(status: str) -> None:
    other = card()
    other.faults = {1: bytes.fromhex(status)}
    assert _refusal(other) is Failure.CARD_NOT_NATIONAL_ID


@pytest.mark.parametrize("status", ["6D00", "6E00"])
def test_an_application_that_knows_no_read_is_another_card(status: str) -> None:
    other = card()
    other.faults = {2: bytes.fromhex(status)}
    assert _refusal(other) is Failure.CARD_NOT_NATIONAL_ID


@pytest.mark.parametrize("fault", ["6F00", "6300", "6581", "", "90"])
def test_one_trouble_at_select_is_tried_again(fault: str) -> None:
    weak = card()
    weak.faults = {1: bytes.fromhex(fault)}
    assert _read(weak) == _read(card())


@pytest.mark.parametrize("fault", ["6F00", "6300", "6581", "6A82", "", "90", "9000", "AA9000", "6700"])
@pytest.mark.parametrize("at", [2, 3, 9, 45])
def test_one_trouble_while_reading_is_tried_again(fault: str, at: int) -> None:
    weak = card()
    weak.faults = {at: bytes.fromhex(fault)}
    assert _read(weak) == _read(card())


@pytest.mark.parametrize("fault", ["6F00", "6A82", "", "9000"])
def test_a_third_trouble_at_the_same_place_is_unreadable(fault: str) -> None:
    weak = card()
    weak.faults = dict.fromkeys((6, 7, 8), bytes.fromhex(fault))
    assert _refusal(weak) is Failure.CARD_UNREADABLE


@pytest.mark.parametrize("status", ["6985", "6986"])
def test_a_card_that_forgot_its_selection_is_selected_again(status: str) -> None:
    forgetful = card()
    forgetful.faults = {8: bytes.fromhex(status)}
    assert _read(forgetful) == _read(card())
    assert [i for i, c in enumerate(forgetful.commands, 1) if c[1] == 0xA4] == [1, 9]


def test_a_card_that_forgets_three_times_in_a_row_is_unreadable() -> None:
    forgetful = card()
    forgetful.faults = dict.fromkeys((8, 10, 12), bytes.fromhex("6985"))
    assert _refusal(forgetful) is Failure.CARD_UNREADABLE


def test_a_card_that_refuses_long_reads_is_read_in_short_ones() -> None:
    old = card()
    old.faults = {2: bytes.fromhex("6700")}
    assert _read(old) == _read(card())
    assert max(int.from_bytes(c[5:7], "big") for c in old.commands[2:] if c[1] == 0xB0) == 128


def test_a_card_that_names_its_length_is_read_in_that_length() -> None:
    old = card()
    old.faults = {2: bytes.fromhex("6C40")}
    assert _read(old) == _read(card())
    assert max(int.from_bytes(c[5:7], "big") for c in old.commands[2:] if c[1] == 0xB0) == 0x40


@pytest.mark.parametrize("named", ["6C01", "6C02", "6C1F"])
def test_a_card_that_names_a_tiny_length_is_not_believed(named: str) -> None:
    odd = card()
    odd.faults = {2: bytes.fromhex(named)}
    assert _read(odd) == _read(card())
    assert max(int.from_bytes(c[5:7], "big") for c in odd.commands[2:] if c[1] == 0xB0) == 32
    assert len(odd.commands) < 400


def test_a_card_that_never_comes_to_an_end_is_given_up() -> None:
    endless = card()
    endless.faults = {at: bytes.fromhex("6581") for at in range(2, 10_000) if at % 3}
    endless.largest_read = 32
    assert _refusal(endless) in {Failure.CARD_UNREADABLE, Failure.CARD_NOT_NATIONAL_ID}
    assert len(endless.commands) <= 600


def test_no_error_tells_what_the_card_said() -> None:
    weak = card()
    weak.faults = dict.fromkeys((3, 5, 7), b"SECRET\x6f\x00")
    with pytest.raises(CardReadError) as refusal:
        _read(weak)
    assert "SECRET" not in str(refusal.value)
    assert "534543" not in str(refusal.value)


class _Reset:
    """A transport whose card another program resets once, before the command of a number."""

    def __init__(self, inserted: ThaiCard, at: int) -> None:
        self._card = inserted
        self._left = at

    def transmit(self, command: bytes) -> bytes:
        self._left -= 1
        if self._left == 0:
            self._card.reset()
            message = "another program reset the card"
            raise CardResetError(message)
        return self._card.answer(command)


@pytest.mark.parametrize("at", range(1, 48))
def test_a_reset_by_another_program_is_answered_by_selecting_again(at: int) -> None:
    assert NationalIdReader(lambda: nullcontext(_Reset(card(), at))).read(Seen()) == _read(card())


class _Babbling:
    """A card that answers whatever it likes."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def transmit(self, _command: bytes) -> bytes:
        return self._data.draw(st.binary(max_size=8) | st.sampled_from([b"\x90\x00", b"\x61\x10", b"\x6c\x00"]))


@given(st.data())
def test_a_babbling_card_ends_in_a_refusal_and_nothing_else(data: st.DataObject) -> None:
    with pytest.raises(CardReadError):
        read_card(_Babbling(data), CardCopy(), Seen())
