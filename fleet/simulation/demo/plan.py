# SPDX-License-Identifier: Apache-2.0
"""What is asked for: how many kiosks and people, over how many days, until when, from which seed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.errors import FleetError
from fleet.simulation.demo.days import DAY_MS
from fleet.store.days import BANGKOK

KIOSKS_AT_MOST = 50_000  # each may stand alone, and the facilities that are made up number so many
PEOPLE_AT_MOST = 50_000_000
DAYS_AT_MOST = 3_660
_MINUTE_MS = 60_000
_DAY = re.compile(r"[0-9-]*")


class DemoRefusedError(FleetError):
    """No made-up country was written. The database is as it was."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One made-up country. The same plan makes the same rows."""

    kiosks: int
    people: int
    days: int  # over which kiosks were set up and people came
    seed: int
    until_ms: int  # when it is read: kiosks were heard just before

    def __post_init__(self) -> None:
        """Refuse what cannot be made."""
        for name, given, most in (
            ("kiosks", self.kiosks, KIOSKS_AT_MOST),
            ("people", self.people, PEOPLE_AT_MOST),
            ("days", self.days, DAYS_AT_MOST),
        ):
            if not 1 <= given <= most:
                message = f"--{name} {given}: must be 1 to {most}."
                raise DemoRefusedError(message)

    @property
    def since_ms(self) -> int:
        """When the first kiosk may have been set up."""
        return self.until_ms - self.days * DAY_MS


def moment_ms(text: str, now_ms: int) -> int:
    """Read until when: a minute in Bangkok as 2026-11-24T10:00, a day as 2026-11-24 to its end; empty: this minute.

    Raises:
        DemoRefusedError: it is neither.
    """
    if not text:
        return now_ms - now_ms % _MINUTE_MS
    try:
        return int(_moment(text).timestamp()) * 1000
    except (ValueError, OverflowError) as error:
        message = f"--until {text!r}: give a day as 2026-11-24, or a minute in Bangkok as 2026-11-24T10:00."
        raise DemoRefusedError(message) from error


def _moment(text: str) -> datetime:
    is_day = _DAY.fullmatch(text) is not None
    moment = datetime.strptime(text, "%Y-%m-%d" if is_day else "%Y-%m-%dT%H:%M").replace(tzinfo=BANGKOK)
    return moment + timedelta(days=1 if is_day else 0)
