# SPDX-License-Identifier: Apache-2.0
"""The day a moment belongs to: the calendar of Asia/Bangkok, which has been UTC+7 without change since 1920."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
WEEK = timedelta(days=7)
_SATURDAY = 5  # date.weekday()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=1024)  # what comes together comes in few milliseconds
def bangkok_day(at_ms: int) -> str:
    """The ISO 8601 date in Bangkok of milliseconds since 1970; exact, without floating point."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(BANGKOK).date().isoformat()


def week_begins(day: date) -> date:
    """The Saturday with which the week of a day begins: a week is told on the Friday that ends it."""
    return day - timedelta(days=(day.weekday() - _SATURDAY) % WEEK.days)
