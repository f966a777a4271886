# SPDX-License-Identifier: Apache-2.0
"""When a facility is open: outside of it silence is no outage, because somebody may have switched the kiosk off.

Times are of Asia/Bangkok. Public holidays are not known here: a maintenance window says them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from fleet.errors import FleetError
from fleet.store.days import BANGKOK

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_OF_A_DAY = 24 * 60
_LONGEST_WALK = 400  # days: who is open for a minute a week is silent after a year
FLEET = ""  # where the hours of facilities stand, as the facility that has none of its own


class HoursRefusedError(FleetError):
    """Opening hours were not understood; says how they are written."""


@dataclass(frozen=True, slots=True)
class Hours:
    """The same hours on some days of the week; `closes` is 24:00 at the latest. Minutes since midnight."""

    days: frozenset[int]  # 0 is Monday
    opens: int
    closes: int

    @classmethod
    def parse(cls, days: str, opens: str, closes: str) -> Hours:
        """Read them as they are typed: `mon-fri` or `mon,wed`, `08:30`, `16:30`.

        Raises:
            HoursRefusedError: they are none, or end before they begin.
        """
        found = cls(_days(days), _minutes(opens), _minutes(closes))
        if found.opens >= found.closes:
            message = f"opening hours {opens} to {closes}: give an end that is later than the beginning, 24:00 at most."
            raise HoursRefusedError(message)
        return found

    def opened_ms(self, now_ms: int) -> int | None:
        """Since when it is open without a break; None when it is closed now. Open round the clock: since 1970."""
        now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(BANGKOK)
        if not self._is_open(now):
            return None
        if self.opens > 0 or self.closes < _MINUTES_OF_A_DAY:
            return _ms(now, self.opens)
        for back in range(1, len(DAYS)):  # 24 hours a day: since the first day after a closed one
            if (now.weekday() - back) % len(DAYS) not in self.days:
                return _ms(now - timedelta(days=back - 1), 0)
        return 0

    def before_open_ms(self, now_ms: int, open_ms: int) -> int:
        """The latest moment since which it was open for so long altogether."""
        now, missing = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(BANGKOK), open_ms
        for back in range(_LONGEST_WALK):
            day = now - timedelta(days=back)
            if day.weekday() not in self.days:
                continue
            begins, ends = _ms(day, self.opens), min(now_ms, _ms(day, self.closes))
            if ends - begins >= missing:
                return ends - missing
            missing -= max(0, ends - begins)
        return 0

    def open_ms(self, first_ms: int, last_ms: int) -> int:
        """For how long of a span of time it is open."""
        day, last = (datetime.fromtimestamp(at / 1000, UTC).astimezone(BANGKOK) for at in (first_ms, last_ms))
        found = 0
        while day.date() <= last.date():
            if day.weekday() in self.days:
                found += max(0, min(last_ms, _ms(day, self.closes)) - max(first_ms, _ms(day, self.opens)))
            day += timedelta(days=1)
        return found

    def _is_open(self, now: datetime) -> bool:
        return now.weekday() in self.days and self.opens <= now.hour * 60 + now.minute < self.closes


def _ms(day: datetime, minutes: int) -> int:
    midnight = datetime.combine(day.date(), time(), BANGKOK)
    return int((midnight + timedelta(minutes=minutes)).timestamp() * 1000)


def _days(text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            message = f"days: {text!r}. Give them as mon-fri or mon,wed,sat."
            raise HoursRefusedError(message)
        begin, end = DAYS.index(first), DAYS.index(last or first)
        found |= {day % len(DAYS) for day in range(begin, end + 1 if end >= begin else end + len(DAYS) + 1)}
    return frozenset(found)


def _minutes(text: str) -> int:
    hour, _, minute = text.partition(":")
    whole = len(hour) == len(minute) == 2 and f"{hour}{minute}".isascii() and f"{hour}{minute}".isdecimal()  # noqa: PLR2004
    minutes = int(hour) * 60 + int(minute) if whole and int(minute) < 60 else _MINUTES_OF_A_DAY + 1  # noqa: PLR2004
    if minutes > _MINUTES_OF_A_DAY:
        message = f"time: {text!r}. Give it as 08:30, at most 24:00."
        raise HoursRefusedError(message)
    return minutes


ALWAYS = Hours(frozenset(range(7)), 0, _MINUTES_OF_A_DAY)
