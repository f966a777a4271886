# SPDX-License-Identifier: Apache-2.0
"""The Thai fiscal year and its cut-offs, on Asia/Bangkok days.

A fiscal year is a Buddhist-era number; every stored date stays ISO 8601. It never reads a clock.
Source: KPI 57 definition sheet (FY 2566): 1 October to 30 September, cut-offs every three months.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import IntEnum

from fleet.store.days import BANGKOK

BUDDHIST_ERA_YEARS = 543  # B.E. minus C.E.

_OCTOBER = 10
_MONTHS_TH = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Period(IntEnum):
    """Months from the first of October to the cut-off."""

    THREE = 3
    SIX = 6
    NINE = 9
    TWELVE = 12


def bangkok_day(moment: datetime) -> date:
    """Give the civil day in Thailand of an aware moment.

    Raises:
        ValueError: the moment does not say its zone.
    """
    if moment.tzinfo is None:
        message = "a moment must say its zone; give an aware datetime"
        raise ValueError(message)
    return moment.astimezone(BANGKOK).date()


def fiscal_year(day: date) -> int:
    """Give the fiscal year (B.E.) of a Bangkok day."""
    if isinstance(day, datetime):
        message = "a fiscal year belongs to a Bangkok day; call bangkok_day(moment) first"
        raise TypeError(message)
    return day.year + BUDDHIST_ERA_YEARS + (1 if day.month >= _OCTOBER else 0)


def cutoff_day(year: int, period: Period) -> date:
    """Give the first day that no longer counts: days before it do."""
    common_era = year - BUDDHIST_ERA_YEARS
    return {
        Period.THREE: date(common_era, 1, 1),
        Period.SIX: date(common_era, 4, 1),
        Period.NINE: date(common_era, 7, 1),
        Period.TWELVE: date(common_era, 10, 1),
    }[period]


def cutoff(year: int, period: Period) -> datetime:
    """Give the exclusive instant of the cut-off: what happens at it belongs to the next period."""
    day = cutoff_day(year, period)
    return datetime(day.year, day.month, day.day, tzinfo=BANGKOK)


def last_day(year: int, period: Period) -> date:
    """Give the last day that counts."""
    return cutoff_day(year, period) - timedelta(days=1)


def thai_date(day: date) -> str:
    """Write a day as Thai screens do: `31 มี.ค. 2566`."""
    return f"{day.day} {_MONTHS_TH[day.month - 1]} {day.year + BUDDHIST_ERA_YEARS}"


def english_date(day: date) -> str:
    """Write a day for English screens: `31 Mar 2023`."""
    return f"{day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


def thai_month(day: date) -> str:
    """Write a day's month as Thai screens do: `มี.ค. 66`."""
    return f"{_MONTHS_TH[day.month - 1]} {(day.year + BUDDHIST_ERA_YEARS) % 100:02d}"


def english_month(day: date) -> str:
    """Write a day's month for English screens: `Mar 23`."""
    return f"{_MONTHS_EN[day.month - 1]} {day.year % 100:02d}"
