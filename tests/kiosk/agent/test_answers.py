# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from kiosk.agent import answers
from kiosk.agent.ports import Reading
from kiosk.enrollment.identity import LIFELONG, Entitlement, PartialDate, PersonName, Sex
from tests.simulators.holders import identity, invalid_number

NOW = datetime(2026, 11, 24, 3, 30, 5, tzinfo=UTC)  # 10:30:05 in Bangkok
ENTITLEMENT = Entitlement(
    main_scheme="สิทธิหลักประกันสุขภาพแห่งชาติ",
    sub_scheme="ช่วงอายุ 12-59 ปี",
    main_hospital="รพ.ทดสอบ",
    sub_hospital="",
    paid_type="1",
    issued=PartialDate(2021, 3, 16),
    expires=PartialDate(2065, 3, 19),
    updated=PartialDate(2024, 7, 2),
    changes=2,
)


def told(reading: Reading, *, now: datetime = NOW, with_image: bool = False) -> dict[str, object]:
    return answers.card(reading, now=now, with_image=with_image)


def test_a_card_is_told_by_the_names_and_in_the_formats_that_software_reads() -> None:
    assert told(Reading(identity(7))) == {
        "pid": invalid_number(7),
        "titleName": "นาง",
        "fname": "ทดสอบ7",
        "lname": "สมมติ",
        "nation": None,
        "birthDate": "25030517",
        "sex": "2",
        "age": "66 ปี 6 เดือน 7 วัน",
        "checkDate": "2026-11-24T10:30:05",
        "transDate": None,
        "mainInscl": None,
        "subInscl": None,
        "hospMain": None,
        "hospSub": None,
        "paidModel": None,
        "startDateTime": None,
        "expireDateTime": None,
    }


def test_a_middle_name_is_not_lost() -> None:
    middle = Reading(identity(name_th=PersonName("นาย", "ทดสอบ", "กลาง", "สมมติ")))
    assert told(middle)["fname"] == "ทดสอบ กลาง"


@pytest.mark.parametrize(
    ("born", "written"),
    [(PartialDate(1941, 2), "24840200"), (PartialDate(1941), "24840000"), (None, None)],
)
def test_a_birth_date_is_told_as_imprecise_as_the_chip_has_it_and_gives_no_age(
    born: PartialDate | None, written: str | None
) -> None:
    answer = told(Reading(identity(born=born)))
    assert (answer["birthDate"], answer["age"]) == (written, None)


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        ((1972, 2, 10), (2026, 7, 2), "54 ปี 4 เดือน 22 วัน"),
        ((2000, 1, 31), (2026, 3, 1), "26 ปี 1 เดือน 1 วัน"),
        ((2000, 2, 29), (2026, 2, 28), "25 ปี 11 เดือน 30 วัน"),
        ((2000, 2, 29), (2026, 3, 1), "26 ปี 0 เดือน 1 วัน"),
        ((2000, 12, 31), (2026, 12, 31), "26 ปี 0 เดือน 0 วัน"),
        ((2000, 12, 31), (2026, 12, 30), "25 ปี 11 เดือน 30 วัน"),
        ((2026, 7, 2), (2026, 7, 2), "0 ปี 0 เดือน 0 วัน"),
        ((2026, 7, 3), (2026, 7, 2), None),
    ],
)
def test_an_age_is_the_years_months_and_days_lived(
    born: tuple[int, int, int], today: tuple[int, int, int], age: str | None
) -> None:
    noon = datetime(*today, 5, tzinfo=UTC)
    assert told(Reading(identity(born=PartialDate(*born))), now=noon)["age"] == age


def test_the_day_is_bangkoks() -> None:
    late = datetime(2026, 7, 1, 17, 0, tzinfo=UTC)
    answer = told(Reading(identity(born=PartialDate(2026, 7, 1))), now=late)
    assert (answer["checkDate"], answer["age"]) == ("2026-07-02T00:00:00", "0 ปี 0 เดือน 1 วัน")


@pytest.mark.parametrize(("sex", "written"), [(Sex.MALE, "1"), (Sex.FEMALE, "2"), (Sex.NOT_KNOWN, None)])
def test_a_sex_is_told_as_the_chip_writes_it(sex: Sex, written: str | None) -> None:
    assert told(Reading(identity(sex=sex)))["sex"] == written


def test_the_portrait_is_told_only_when_it_is_asked_for() -> None:
    reading = Reading(identity(portrait_jpeg=b"\xff\xd8picture\xff\xd9"))
    assert "image" not in told(reading)
    assert base64.b64decode(str(told(reading, with_image=True)["image"])) == b"\xff\xd8picture\xff\xd9"
    assert told(Reading(identity(portrait_jpeg=b"")), with_image=True)["image"] is None


def test_an_entitlement_that_was_read_is_told_in_the_chips_own_words() -> None:
    answer = told(Reading(identity(), entitlement=ENTITLEMENT))
    assert answer["mainInscl"] == "สิทธิหลักประกันสุขภาพแห่งชาติ"
    assert answer["subInscl"] == "ช่วงอายุ 12-59 ปี"
    assert (answer["hospMain"], answer["hospSub"]) == ({"hcode": None, "hname": "รพ.ทดสอบ"}, None)
    assert answer["paidModel"] == "1"
    assert answer["transDate"] == "2024-07-02T00:00:00"
    assert (answer["startDateTime"], answer["expireDateTime"]) == ("2021-03-16T00:00:00", "2065-03-19T23:59:59")


def test_a_date_of_an_entitlement_that_is_no_day_is_not_told() -> None:
    vague = Entitlement("", "", "", "", "", PartialDate(2021, 3), LIFELONG, None, None)
    answer = told(Reading(identity(), entitlement=vague))
    assert [answer[name] for name in ("startDateTime", "expireDateTime", "transDate")] == [None, None, None]


def test_the_laser_number_has_a_name_only_when_it_was_read() -> None:
    assert "laserId" not in told(Reading(identity()))
    assert told(Reading(identity(), laser_number="JT0000000000"))["laserId"] == "JT0000000000"


def test_a_reading_masks_itself() -> None:
    shown = repr(Reading(identity(7), ENTITLEMENT, "JT0000000000")) + repr(ENTITLEMENT)
    assert shown == "Reading(masked)Entitlement(masked)"
