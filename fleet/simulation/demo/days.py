# SPDX-License-Identifier: Apache-2.0
"""Bangkok's days as numbers, counted from 1 January 1970: quicker than dates where millions are drawn."""

from __future__ import annotations

from fleet.store.days import bangkok_day

DAY_MS = 24 * 60 * 60_000
_BANGKOK_MS = 7 * 60 * 60_000  # ahead of UTC, without change since 1920
_FIRST_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0
_SATURDAY = 5


def day_number(at_ms: int) -> int:
    """The day of a moment."""
    return (at_ms + _BANGKOK_MS) // DAY_MS


def begins_ms(day: int) -> int:
    """The first moment of a day."""
    return day * DAY_MS - _BANGKOK_MS


def written(day: int) -> str:
    """A day as the tables have it."""
    return bangkok_day(begins_ms(day))


def days_past_friday(day: int) -> int:
    """1 on a Saturday, 2 on a Sunday, 0 on a day of work."""
    return max(0, (day + _FIRST_WEEKDAY) % 7 - _SATURDAY + 1)
