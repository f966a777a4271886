# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unicodedata
from dataclasses import astuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.file_map import CardBlocks
from kiosk.card.parsing import has_valid_check_digit, parse, parse_names
from kiosk.card.residence import province_of
from kiosk.enrollment.failures import CardReadError, Failure
from kiosk.enrollment.identity import LIFELONG, CardWarning, Identity, PartialDate, PersonName, Sex
from tests.kiosk.card.cards import HOLDER, NUMBER, blocks, cut, portrait
from tests.simulators.card import FILE_SIZE, flat_file
from wire.provinces import PROVINCES

LONG_ADDRESS = (
    "999/99999 อาคารชุดสวัสดิการ", "หมู่ที่ 12", "ตรอกโรงเรียน", "ซอยเทศบาล 25/1",
    "ถนนสุขาภิบาล", "ตำบลบางพลี", "อำเภอบางพลี", "จังหวัดสมุทรปราการ",
)  # fmt: skip


def _dates(born: str) -> tuple[PartialDate | None, bool]:
    identity = parse(blocks(born=born))
    return identity.born, CardWarning.DATE_UNREADABLE in identity.warnings


def test_a_card_states_its_holder() -> None:
    identity = parse(blocks())
    assert identity.citizen_number == NUMBER
    assert identity.name_th == PersonName("นาย", "ทดสอบ", "", "ระบบ")
    assert identity.name_en == PersonName("Mr.", "Thotsop", "", "Rabop")
    assert identity.born == PartialDate(1987, 5, 15)
    assert identity.sex is Sex.MALE
    assert identity.issued == PartialDate(2023, 1, 10)
    assert identity.expires == PartialDate(2032, 5, 14)
    assert astuple(identity.address) == HOLDER.address
    assert identity.province == "40"
    assert identity.portrait_jpeg == HOLDER.portrait_jpeg
    assert identity.warnings == {CardWarning.CHECK_DIGIT}


def test_a_wrong_check_digit_warns_and_never_refuses() -> None:
    assert CardWarning.CHECK_DIGIT in parse(blocks(citizen_number="0000000000000")).warnings


@given(st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_the_check_digit_is_the_published_sum(digits: list[int]) -> None:
    weights = (13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2)
    expected = (11 - sum(a * b for a, b in zip(digits, weights, strict=True)) % 11) % 10
    fitting = [last for last in range(10) if has_valid_check_digit("".join(map(str, [*digits, last])))]
    assert fitting == [expected]


def test_an_address_of_121_bytes_keeps_the_province_at_its_end() -> None:
    assert len("#".join(LONG_ADDRESS).encode("cp874")) == 121
    identity = parse(blocks(address=LONG_ADDRESS))
    assert astuple(identity.address) == LONG_ADDRESS
    assert identity.province == "11"


def test_an_address_that_fills_all_160_bytes_ends_before_the_portraits_number() -> None:
    head = "1" * (160 - len("#######จังหวัดตาก"))
    identity = parse(blocks(address=(head, "", "", "", "", "", "", "จังหวัดตาก")))
    assert (identity.address.house_number, identity.province) == (head, "63")


def test_an_address_of_another_shape_warns_and_still_gives_the_province() -> None:
    identity = parse(blocks(address=("12", "ถนนพระราม 4", "กรุงเทพมหานคร")))
    assert identity.province == "10"
    assert CardWarning.ADDRESS_SHAPE in identity.warnings


def test_a_place_that_is_no_province_is_unknown_and_the_words_are_kept() -> None:
    identity = parse(blocks(address=(*LONG_ADDRESS[:7], "จังหวัดแปดริ้วใหม่")))
    assert identity.province is None
    assert identity.address.province == "จังหวัดแปดริ้วใหม่"
    assert CardWarning.PROVINCE_UNKNOWN in identity.warnings


@pytest.mark.parametrize("prefix", ["", "จังหวัด", "จ.", "จังหวัด ", " จ. "])
def test_every_province_is_found_whatever_stands_before_it(prefix: str) -> None:
    assert [province_of(prefix + province.name_th) for province in PROVINCES.values()] == list(PROVINCES)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("กรุงเทพฯ", "10"),
        ("กทม.", "10"),
        ("พระนคร", "10"),
        ("จ.อยุธยา", "14"),
        ("จังหวัดศรีษะเกษ", "33"),
        ("สุราษฏร์ธานี", "84"),
        ("ล\N{THAI CHARACTER NIKHAHIT}\N{THAI CHARACTER SARA AA}พูน", "51"),
    ],
)
def test_short_forms_and_other_spellings_name_their_province(text: str, code: str) -> None:
    assert province_of(text) == code


def test_a_birth_date_without_a_day_keeps_year_and_month() -> None:
    assert _dates("25300500") == (PartialDate(1987, 5), False)


def test_a_birth_date_without_a_month_keeps_the_year() -> None:
    assert _dates("25300000") == (PartialDate(1987), False)


def test_a_day_without_a_month_is_not_believed() -> None:
    assert _dates("25300015") == (PartialDate(1987), False)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("25301305", PartialDate(1987)),
        ("25300230", PartialDate(1987, 2)),
        ("00000000", None),
        ("19870515", None),
        ("2530 515", None),
        ("        ", None),
    ],
)
def test_what_fits_no_calendar_is_left_unknown_with_a_warning(raw: str, expected: PartialDate | None) -> None:
    assert _dates(raw) == (expected, True)


def test_a_leap_day_is_a_day() -> None:
    assert _dates("25430229") == (PartialDate(2000, 2, 29), False)


def test_99999999_is_lifelong() -> None:
    identity = parse(blocks(expires="99999999"))
    assert identity.expires is LIFELONG
    assert CardWarning.DATE_UNREADABLE not in identity.warnings


def test_a_lifelong_birth_date_is_unreadable() -> None:
    assert _dates("99999999") == (None, True)


def test_a_blank_sex_is_not_known() -> None:
    assert parse(blocks(sex=" ")).sex is Sex.NOT_KNOWN


def test_a_blank_thai_name_warns_and_never_refuses() -> None:
    identity = parse(blocks(name_th=("", "", "", "")))
    assert identity.name_th == PersonName("", "", "", "")
    assert CardWarning.NAME_MISSING in identity.warnings


def test_a_name_with_an_undecodable_byte_keeps_its_place_and_is_flagged() -> None:
    content = flat_file(HOLDER)
    content[0x0011 + 4] = 0xDB
    identity = parse(cut(bytes(content)))
    assert identity.name_th.first == "\N{REPLACEMENT CHARACTER}ดสอบ"
    assert CardWarning.UNDECODABLE_TEXT in identity.warnings


def test_a_control_character_in_a_name_never_reaches_a_screen() -> None:
    identity = parse(blocks(name_en=("Mr.", "A\x1b[2J", "", "B")))
    assert identity.name_en.first == "A\N{REPLACEMENT CHARACTER}[2J"
    assert CardWarning.UNDECODABLE_TEXT in identity.warnings


def test_zero_bytes_pad_a_field_like_spaces() -> None:
    content = flat_file(HOLDER)
    content[0x0011 : 0x0011 + 100] = "นาง#ทดสอบ##ระบบ".encode("cp874").ljust(100, b"\x00")
    identity = parse(cut(bytes(content)))
    assert identity.name_th.last == "ระบบ"
    assert CardWarning.UNDECODABLE_TEXT not in identity.warnings


@pytest.mark.parametrize("number", ["", "110000000000", "11000000000A0"])
def test_a_card_without_a_citizen_number_is_for_the_staff(number: str) -> None:
    with pytest.raises(CardReadError) as refusal:
        parse(blocks(citizen_number=number))
    assert refusal.value.failure is Failure.NOT_AT_KIOSK
    assert "110" not in str(refusal.value)


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        portrait(500)[:-2],
        b"\x00" + portrait(500),
        portrait(500).replace(bytes.fromhex("00B20094"), bytes.fromhex("FFFF0094")),
        portrait(500).replace(bytes.fromhex("00B20094"), bytes.fromhex("00B20000")),
        bytes.fromhex("FFD8FFD9"),
        bytes.fromhex("FFD8 FFDA 0004 0000 FFC0000B0800B20094 01011100 FFD9"),
    ],
    ids=["none", "no end", "no start", "huge", "no width", "empty", "scan before frame"],
)
def test_a_portrait_out_of_bounds_is_dropped_with_a_warning(picture: bytes) -> None:
    identity = parse(blocks(portrait_jpeg=picture))
    assert identity.portrait_jpeg == b""
    assert CardWarning.PORTRAIT_UNREADABLE in identity.warnings


def test_a_portrait_that_ends_in_spaces_loses_only_its_padding() -> None:
    picture = portrait(700)[:-3] + b"\x20\xff\xd9"
    assert parse(blocks(portrait_jpeg=picture)).portrait_jpeg == picture


@pytest.mark.parametrize("first", "0123456789")
def test_every_class_of_number_is_taken_and_its_check_digit_checked(first: str) -> None:
    wrong = {
        f"{first}10000000000{last}" for last in range(10) if not has_valid_check_digit(f"{first}10000000000{last}")
    }
    assert len(wrong) == 9
    for number in wrong:
        identity = parse(blocks(citizen_number=number))
        assert (identity.citizen_number, CardWarning.CHECK_DIGIT in identity.warnings) == (number, True)


def test_the_names_alone_are_those_of_the_whole_card() -> None:
    identity = parse(blocks())
    assert parse_names(CardBlocks(blocks().holder, b"", b"", b"")) == (identity.name_th, identity.name_en)


def _texts(identity: Identity) -> list[str]:
    return [*astuple(identity.name_th), *astuple(identity.name_en), *astuple(identity.address)]


@given(st.lists(st.tuples(st.integers(0, FILE_SIZE - 1), st.binary(min_size=1, max_size=40)), max_size=12))
def test_a_damaged_card_is_refused_only_for_a_lost_number(damages: list[tuple[int, bytes]]) -> None:
    content = flat_file(HOLDER)
    for offset, damage in damages:
        content[offset : offset + len(damage)] = damage
    damaged = cut(bytes(content[:FILE_SIZE]))
    if not damaged.holder[:13].isdigit():
        with pytest.raises(CardReadError):
            parse(damaged)
        return
    identity = parse(damaged)
    assert all(unicodedata.category(c) != "Cc" for text in _texts(identity) for c in text)
    assert identity.portrait_jpeg[:2] in (b"", b"\xff\xd8")


@given(st.binary(max_size=209), st.binary(max_size=16), st.binary(max_size=160), st.binary(max_size=600))
def test_any_bytes_behind_a_citizen_number_give_an_identity(
    holder: bytes, validity: bytes, address: bytes, picture: bytes
) -> None:
    identity = parse(CardBlocks(NUMBER.encode() + holder, validity, address, picture))
    assert identity.citizen_number == NUMBER
