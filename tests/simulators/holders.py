# SPDX-License-Identifier: Apache-2.0
"""Card holders who cannot exist: their citizen numbers fail the check digit by construction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kiosk.enrollment.identity import LIFELONG, Address, Identity, PartialDate, PersonName, Sex
from wire.provinces import province_code

_DIGITS = 13


def invalid_number(seed: int, first_digit: int = 3) -> str:
    """A 13-digit number whose check digit is wrong."""
    body = f"{first_digit}{seed:011d}"
    right = (11 - sum(int(digit) * (_DIGITS - place) for place, digit in enumerate(body)) % 11) % 10
    return f"{body}{(right + 1) % 10}"


def identity(seed: int = 1, **changes: Any) -> Identity:  # noqa: ANN401 - any of its fields
    """A grown-up with a valid card; change what a test is about."""
    made = Identity(
        citizen_number=invalid_number(seed),
        name_th=PersonName("นาง", f"ทดสอบ{seed}", "", "สมมติ"),
        name_en=PersonName("Mrs.", f"Test{seed}", "", "Madeup"),
        born=PartialDate(1960, 5, 17),
        sex=Sex.FEMALE,
        issued=PartialDate(2021, 1, 1),
        expires=LIFELONG,
        address=Address("1", "หมู่ที่ 2", "", "", "", "ตำบลทดสอบ", "อำเภอทดสอบ", "จังหวัดอุดรธานี"),
        province=province_code("41"),
        portrait_jpeg=b"\xff\xd8portrait\xff\xd9",
    )
    return replace(made, **changes)
