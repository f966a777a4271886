# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from kiosk.card.further import read_entitlement, read_laser_number
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import LIFELONG, Entitlement, PartialDate
from tests.kiosk.card.cards import card
from tests.simulators import card_applications
from tests.simulators.card import CardSlot, ThaiCard


def slot_with(inserted: ThaiCard, *, pull_after: int | None = None) -> CardSlot:
    slot = CardSlot()
    slot.insert(inserted, pull_after=pull_after)
    return slot


def card_with_both() -> ThaiCard:
    both = card()
    both.entitlement_file = card_applications.entitlement_file(card_applications.Entitlement())
    both.laser_answer = card_applications.laser_answer()
    return both


def test_the_laser_number_is_two_letters_and_ten_digits() -> None:
    assert read_laser_number(slot_with(card_with_both())) == "XX0123456789"


def test_the_entitlement_is_what_the_chip_says() -> None:
    assert read_entitlement(slot_with(card_with_both())) == Entitlement(
        main_scheme="(89) สิทธิสมมติ",
        sub_scheme="(89) สิทธิย่อยสมมติ",
        main_hospital="(99999) โรงพยาบาลสมมติ",
        sub_hospital="(99998) สถานีอนามัยสมมติ",
        paid_type="1",
        issued=PartialDate(2023, 1, 10),
        expires=LIFELONG,
        updated=PartialDate(2024, 2, 1),
        changes=0,
    )


def test_a_card_without_the_applications_has_neither_and_is_no_error() -> None:
    assert read_laser_number(slot_with(card())) is None
    assert read_entitlement(slot_with(card())) is None


@pytest.mark.parametrize("answer", [bytes(23), b"\xff" * 23, b"X" * 23])
def test_a_laser_number_that_is_none_is_not_told(answer: bytes) -> None:
    odd = card_with_both()
    odd.laser_answer = answer
    assert read_laser_number(slot_with(odd)) is None


def test_a_blank_entitlement_is_told_as_blank() -> None:
    blank = card_with_both()
    blank.entitlement_file = b" " * card_applications.ENTITLEMENT_SIZE
    told = read_entitlement(slot_with(blank))
    assert told == Entitlement("", "", "", "", "", None, None, None, None)


@pytest.mark.parametrize("read", [read_laser_number, read_entitlement])
def test_a_card_pulled_in_between_is_told_as_removed(read: object) -> None:
    with pytest.raises(CardReadError) as refusal:
        read(slot_with(card_with_both(), pull_after=1))  # type: ignore[operator]
    assert refusal.value.failure is Failure.CARD_REMOVED


def test_an_entitlement_shows_nothing() -> None:
    assert "สมมติ" not in repr(read_entitlement(slot_with(card_with_both())))
