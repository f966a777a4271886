# SPDX-License-Identifier: Apache-2.0
"""How the chip writes text and dates, taken as far as they go.

It never repairs and never invents: what is no character becomes U+FFFD, what is no date is left unknown and called odd.
Source: docs/card.md.
"""

from __future__ import annotations

import calendar
import unicodedata
from typing import NamedTuple

from kiosk.enrollment.identity import LIFELONG, Lifelong, PartialDate

UNDECODABLE = "\N{REPLACEMENT CHARACTER}"
_PADDING = b" \x00"
_DATE_DIGITS = 8
_LIFELONG_DIGITS = "99999999"
_BUDDHIST_ERA_YEARS = 543  # B.E. = C.E. + 543 for every date since 1941
_PLAUSIBLE_YEARS = range(1850, 2151)  # C.E.; outside, the digits are not a year
_MONTHS = range(1, 13)


class ReadDate(NamedTuple):
    """A date, and whether the digits said something that fits no calendar."""

    value: PartialDate | None
    odd: bool


class ReadExpiry(NamedTuple):
    """As `ReadDate`, of a date that may never come."""

    value: PartialDate | Lifelong | None
    odd: bool


def text_of(raw: bytes) -> str:
    """Decode cp874 without its padding; a byte that is no character, or a control character, becomes U+FFFD."""
    decoded = raw.strip(_PADDING).decode("cp874", errors="replace")
    return "".join(UNDECODABLE if unicodedata.category(c) == "Cc" else c for c in decoded).strip()


def date_of(digits: str) -> ReadDate:
    """Read YYYYMMDD of the Buddhist Era; an unknown month or day is 00 on the chip and None here."""
    if len(digits) != _DATE_DIGITS or not are_digits(digits):
        return ReadDate(None, odd=True)
    year, month, day = int(digits[:4]) - _BUDDHIST_ERA_YEARS, int(digits[4:6]), int(digits[6:])
    if year not in _PLAUSIBLE_YEARS:
        return ReadDate(None, odd=True)
    if month not in _MONTHS:
        return ReadDate(PartialDate(year), odd=month != 0)
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return ReadDate(PartialDate(year, month), odd=day != 0)
    return ReadDate(PartialDate(year, month, day), odd=False)


def expiry_of(digits: str) -> ReadExpiry:
    """As `date_of`; 99999999 is lifelong."""
    if digits == _LIFELONG_DIGITS:
        return ReadExpiry(LIFELONG, odd=False)
    return ReadExpiry(*date_of(digits))


def are_digits(text: str) -> bool:
    """Whether a text is ASCII digits and nothing else."""
    return text.isascii() and text.isdigit()
