# SPDX-License-Identifier: Apache-2.0
"""Each kind of virtual card says on its chip what its name promises, and no number on any of them can be somebody's."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.simulators.card import CardHolder, flat_file
from tests.simulators.card_applications import Entitlement, entitlement_file
from tests.simulators.card_kinds import (
    ADDRESS_SIZES,
    HOSTILE_TEXTS,
    KINDS,
    PORTRAIT_SIZES,
    Place,
    blank_card,
    elderly_holder,
    foreign_holder,
    hostile_card,
    long_address,
    other_card,
    overrun_card,
    overwritten,
    portrait,
    spaced_portrait,
)
from tests.simulators.holders import invalid_number
from tests.simulators.patient import CITIZENS, OWNER_OF_A_LOST_CARD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulators.card import ThaiCard

SIMULATORS = Path(__file__).parents[1]
SELECT = bytes.fromhex("00A4040008A000000054480001")
ISSUER = (0x015A, 13)
GOOD = flat_file(CardHolder(invalid_number(1)))


def chip(card: ThaiCard, offset: int, size: int) -> bytes:
    """What the chip says there when it is asked, by raw commands."""
    card.reset()
    card.answer(SELECT)
    card.answer(b"\x80\xb0" + offset.to_bytes(2, "big") + b"\x02" + size.to_bytes(2, "big"))
    answer = card.answer(bytes((0x00, 0xC0, 0x00, 0x00, size)))
    assert answer[-2:] == b"\x90\x00"
    return answer[:-2]


def said(card: ThaiCard, place: Place) -> bytes:
    return chip(card, place.offset, place.size)


def is_somebodys(number: str) -> bool:
    """Whether 13 digits pass the published check."""
    weighted = sum(weight * int(digit) for weight, digit in zip(range(13, 1, -1), number[:12], strict=True))
    return (11 - weighted % 11) % 10 == int(number[12])


def numbers_on(content: bytes | bytearray) -> Iterator[str]:
    """Every 13 digits in a row within a field: the dates that stand side by side make longer rows."""
    for offset, size in (*((place.offset, place.size) for place in Place), ISSUER):
        yield from numbers_in(bytes(content[offset : offset + size]).decode("latin-1"))


def numbers_in(text: str) -> Iterator[str]:
    """Every 13 digits in a row."""
    for run in re.findall(r"[0-9]{13,}", text):
        yield from (run[n : n + 13] for n in range(len(run) - 12))


def test_the_check_knows_a_number_that_passes() -> None:
    passing = [f"123456789012{digit}" for digit in range(10) if is_somebodys(f"123456789012{digit}")]
    assert passing == ["1234567890121"]


def test_no_number_on_any_kind_of_card_passes_the_check_digit() -> None:
    found = {kind: list(numbers_on(make().file)) for kind, make in KINDS.items()}
    assert sum(map(bool, found.values())) > 200
    assert [kind for kind, numbers in found.items() if any(map(is_somebodys, numbers))] == []


@pytest.mark.parametrize("first_digit", range(10))
def test_no_made_up_number_passes_the_check_digit(first_digit: int) -> None:
    numbers = [invalid_number(seed, first_digit) for seed in range(2000)]
    assert {len(number) for number in numbers} == {13}
    assert [number for number in numbers if is_somebodys(number)] == []


def test_no_number_of_the_played_citizens_or_in_the_further_applications_passes_the_check_digit() -> None:
    numbers = [number for citizen in (*CITIZENS, OWNER_OF_A_LOST_CARD) for number in numbers_on(citizen.card().file)]
    assert len(numbers) >= 12
    texts = entitlement_file(Entitlement())[:0x0144].decode("cp874")
    assert [number for number in (*numbers, *numbers_in(texts)) if is_somebodys(number)] == []


def test_no_number_written_into_a_simulator_passes_the_check_digit() -> None:
    sources = [path.read_text(encoding="utf-8") for path in SIMULATORS.glob("*.[pc]*") if path.is_file()]
    numbers = [number for source in sources for number in re.findall(r"\b[0-9]{13}\b", source)]
    assert numbers != []
    assert [number for number in numbers if is_somebodys(number)] == []


def test_every_kind_of_card_has_a_whole_file() -> None:
    assert {len(make().file) for make in KINDS.values()} == {5671}


def test_a_name_gives_a_new_card_each_time() -> None:
    first, second = KINDS["another card"](), KINDS["another card"]()
    first.answer(SELECT)
    assert second.commands == []


def test_another_card_refuses_the_application() -> None:
    assert other_card().answer(SELECT) == b"\x6a\x82"


@pytest.mark.parametrize("filler", [0x20, 0x00, 0xFF])
def test_a_blank_card_has_the_application_and_says_nothing(filler: int) -> None:
    card = blank_card(filler)
    assert said(card, Place.CITIZEN_NUMBER) == bytes((filler,)) * 13
    assert chip(card, 0x0179, 2) == bytes((filler,)) * 2


@pytest.mark.parametrize("first_digit", [0, 6, 7])
def test_a_foreign_holder_has_no_thai_name_no_last_name_and_a_short_address(first_digit: int) -> None:
    card = KINDS[f"foreign, first digit {first_digit}"]()
    assert said(card, Place.CITIZEN_NUMBER).decode("ascii").startswith(str(first_digit))
    assert said(card, Place.NAME_TH).rstrip(b" ") == b"###"
    assert said(card, Place.NAME_EN).rstrip(b" ") == b"Mr.#Testfirst##"
    assert said(card, Place.ADDRESS).count(b"#") == 3


def test_a_foreign_holder_may_have_spaces_for_a_thai_name() -> None:
    assert said(KINDS["foreign, spaces for a Thai name"](), Place.NAME_TH) == b" " * 100
    assert foreign_holder().name_en[1] in said(KINDS["foreign, spaces for a Thai name"](), Place.NAME_EN).decode()


@pytest.mark.parametrize("born", ["25000000", "25000500"])
def test_an_elderly_holder_has_half_a_birth_date_and_a_card_for_life(born: str) -> None:
    card = KINDS[f"elderly, born {born}"]()
    assert (said(card, Place.BORN), said(card, Place.EXPIRES)) == (born.encode(), b"99999999")
    assert elderly_holder(born).born == born


@pytest.mark.parametrize("size", ADDRESS_SIZES)
def test_a_long_address_ends_with_its_province(size: int) -> None:
    raw = said(KINDS[f"address of {size} bytes"](), Place.ADDRESS).rstrip(b" ")
    assert len(raw) == size
    assert raw.count(b"#") == 7
    assert raw.decode("cp874").endswith("#จังหวัดนครราชสีมา")


def test_an_address_has_a_least_and_a_greatest_size() -> None:
    with pytest.raises(ValueError, match="at least"):
        long_address(10)
    with pytest.raises(ValueError, match="do not fit"):
        flat_file(CardHolder(invalid_number(1), address=long_address(161)))


@pytest.mark.parametrize("size", PORTRAIT_SIZES)
def test_a_portrait_has_its_size_on_the_chip_too(size: int) -> None:
    card = KINDS[f"portrait of {size} bytes"]()
    assert int.from_bytes(chip(card, 0x0179, 2), "big") == size == len(portrait(size))
    assert bytes(card.file[0x017B : 0x017B + size]) == portrait(size)


@pytest.mark.parametrize("size", [4843, 4960, 5117, 5118])
def test_a_portrait_with_room_for_them_has_bounds_and_is_full_of_spaces(size: int) -> None:
    made = portrait(size)
    assert (made[:2], made[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    assert made.count(b" ") > size - 40


def test_a_portrait_may_begin_or_end_with_spaces_that_count() -> None:
    behind, before = KINDS["portrait behind spaces"](), KINDS["portrait before spaces"]()
    assert int.from_bytes(chip(behind, 0x0179, 2), "big") == int.from_bytes(chip(before, 0x0179, 2), "big") == 4960
    assert chip(behind, 0x017B, 5) == b"   \xff\xd8"
    assert chip(before, 0x017B + 4955, 5) == b"\xff\xd9   "
    assert len(spaced_portrait(before=1, behind=1)) == 4960


@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("name", HOSTILE_TEXTS)
def test_a_hostile_text_fills_its_field_and_leaves_every_other_field_good(name: str, place: Place) -> None:
    card = hostile_card(place, HOSTILE_TEXTS[name])
    end = place.offset + place.size
    assert said(card, place).startswith(HOSTILE_TEXTS[name][: place.size])
    assert card.file[: place.offset] + card.file[end:] == GOOD[: place.offset] + GOOD[end:]


@pytest.mark.parametrize(("place", "parts"), [(Place.NAME_TH, 4), (Place.NAME_EN, 4), (Place.ADDRESS, 8)])
def test_a_short_hostile_text_stands_in_every_part_of_a_field(place: Place, parts: int) -> None:
    text = HOSTILE_TEXTS["bold red"]
    assert said(hostile_card(place, text), place).rstrip(b" ").split(b"#") == [text] * parts


def test_an_overrun_name_takes_its_neighbours_and_leaves_the_number() -> None:
    card = overrun_card()
    assert said(card, Place.NAME_EN) == b"\xff" * 100
    assert (said(card, Place.BORN), said(card, Place.SEX)) == (b"\xff" * 8, b"\xff")
    assert said(card, Place.CITIZEN_NUMBER) == invalid_number(2).encode()
    assert chip(card, 0x0011 + 255, 1) != b"\xff"


def test_nothing_is_written_behind_the_file() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        overwritten(CardHolder(invalid_number(1)), 5670, b"  ")


def test_the_card_s_alphabet_has_no_bidirectional_control() -> None:
    alphabet = bytes(range(256)).decode("cp874", errors="ignore")
    bidirectional = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert [c for c in alphabet if unicodedata.bidirectional(c) in bidirectional or c in "\u200e\u200f\u061c"] == []
