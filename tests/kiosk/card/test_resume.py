# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.national_id import CardCopy, NationalIdReader, read_card
from kiosk.enrollment.failures import CardReadError, Failure
from tests.kiosk.card.cards import Seen, card, portrait
from tests.simulators.card import CardSlot, ThaiCard

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity

EVERY_COMMAND = range(45)
OF_ANOTHER = {
    "number": {"citizen_number": "1100000000003"},
    "name": {"name_th": ("นาง", "ทดลอง", "", "ระบบ")},
    "issue date": {"issued": "25670110"},
    "portrait": {"portrait_jpeg": portrait(4843).replace(b" ", b"!")},
}


def whole() -> ThaiCard:
    """A card that is read in 45 commands."""
    return card(portrait_jpeg=portrait(4843))


def read_to_the_pull(slot: CardSlot, reader: NationalIdReader, first: ThaiCard, commands: int) -> None:
    slot.insert(first, pull_after=commands)
    with pytest.raises(CardReadError) as refusal:
        reader.read(Seen())
    assert refusal.value.failure is Failure.CARD_REMOVED


def undisturbed() -> Identity:
    slot = CardSlot()
    slot.insert(whole())
    return NationalIdReader(slot.connect).read(Seen())


@pytest.mark.parametrize("commands", EVERY_COMMAND)
def test_a_card_pulled_after_any_command_and_put_back_is_read_to_the_end(commands: int) -> None:
    slot, same = CardSlot(), whole()
    reader = NationalIdReader(slot.connect)
    read_to_the_pull(slot, reader, same, commands)
    slot.insert(same)
    assert reader.read(Seen()) == undisturbed()
    assert (
        len(same.commands) <= 45 + 8
    )  # SELECT, holder, dates and the portrait's first part again, and the lost command


@pytest.mark.parametrize("commands", EVERY_COMMAND)
def test_another_card_after_any_command_is_refused_once_the_first_had_said_whose_it_is(commands: int) -> None:
    slot, other = CardSlot(), card(citizen_number="1100000000003")
    reader = NationalIdReader(slot.connect)
    read_to_the_pull(slot, reader, whole(), commands)
    slot.insert(other)
    if commands < 3:  # nothing of the first had been kept: the other is simply the card
        assert reader.read(Seen()).citizen_number == "1100000000003"
        return
    with pytest.raises(CardReadError) as refusal:
        reader.read(Seen())
    assert refusal.value.failure is Failure.CARD_CHANGED
    assert len(other.commands) == 3
    assert reader.read(Seen()).citizen_number == "1100000000003"  # nothing of the first is left to compare with


@pytest.mark.parametrize("changed", OF_ANOTHER.values(), ids=OF_ANOTHER)
def test_a_card_that_differs_in_one_thing_is_another_card(changed: dict[str, object]) -> None:
    slot, seen = CardSlot(), Seen()
    reader = NationalIdReader(slot.connect)
    read_to_the_pull(slot, reader, whole(), 30)
    slot.insert(card(**({"portrait_jpeg": portrait(4843)} | changed)))
    with pytest.raises(CardReadError) as refusal:
        reader.read(seen)
    assert refusal.value.failure is Failure.CARD_CHANGED
    if "citizen_number" in changed or "name_th" in changed:
        assert not seen.names  # the other's name is never shown


@given(st.lists(st.integers(0, 8), max_size=12))
def test_a_card_pulled_again_and_again_is_read_in_the_end(pulls: list[int]) -> None:
    slot, same = CardSlot(), whole()
    reader, seen = NationalIdReader(slot.connect), Seen()
    for commands in pulls:
        slot.insert(same, pull_after=commands)
        with pytest.raises(CardReadError) as refusal:
            reader.read(seen)
        assert refusal.value.failure is Failure.CARD_REMOVED
    slot.insert(same)
    assert reader.read(Seen()) == undisturbed()


def test_progress_goes_on_where_it_stopped() -> None:
    slot, same = CardSlot(), whole()
    reader, first, second = NationalIdReader(slot.connect), Seen(), Seen()
    slot.insert(same, pull_after=30)
    with pytest.raises(CardReadError):
        reader.read(first)
    slot.insert(same)
    reader.read(second)
    assert second.progress[0] == first.progress[-1]
    assert second.progress == sorted(second.progress)


@pytest.mark.parametrize("fault", ["6F00", "6D00"])
def test_a_card_that_cannot_be_read_leaves_nothing_behind(fault: str) -> None:
    slot, weak = CardSlot(), whole()
    reader = NationalIdReader(slot.connect)
    weak.faults = dict.fromkeys(range(20, 30), bytes.fromhex(fault))
    slot.insert(weak)
    with pytest.raises(CardReadError):
        reader.read(Seen())
    slot.insert(card(citizen_number="1100000000003"))
    assert reader.read(Seen()).citizen_number == "1100000000003"


def test_forgetting_overwrites_what_a_pulled_card_left() -> None:
    slot, same, copy = CardSlot(), whole(), CardCopy()
    slot.insert(same, pull_after=30)
    with pytest.raises(CardReadError):
        read_card(slot, copy, Seen())
    views = [memoryview(buffer) for buffer in (copy.holder, copy.validity, copy.address, copy.picture)]
    assert all(any(view) for view in views)
    with pytest.raises(BufferError):  # the views hold the memory in place, so that the zeros can be seen
        copy.wipe()
    assert not any(any(view) for view in views)


def test_forgetting_lets_another_card_be_read() -> None:
    slot = CardSlot()
    reader = NationalIdReader(slot.connect)
    read_to_the_pull(slot, reader, whole(), 30)
    reader.forget()
    slot.insert(card(citizen_number="1100000000003"))
    assert reader.read(Seen()).citizen_number == "1100000000003"


def test_a_copy_shows_nothing() -> None:
    assert repr(CardCopy()) == "CardCopy(masked)"
