# SPDX-License-Identifier: Apache-2.0
"""Maintenance windows: when somebody works at a place, what happens there is recorded, and nobody is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.errors import FleetError
from fleet.store.days import BANGKOK
from wire.announcements import holds_a_citizen_number

if TYPE_CHECKING:
    from fleet.alerts.subjects import Subject
    from fleet.store.scope import Scope

REASON_AT_MOST = 200  # letters
_DAY_MS = 24 * 3_600_000
LONGEST_MS = 31 * _DAY_MS  # what is silenced for longer is forgotten


class Why(StrEnum):
    """Why nothing changed about when nobody is told."""

    UNKNOWN = "unknown"  # no such window runs here
    NO_PLACE = "no_place"
    NO_MOMENT = "no_moment"
    AHEAD = "ahead"
    LONG = "long"
    REASON = "reason"
    NUMBER = "number"  # as a citizen's
    HOURS = "hours"  # of a facility: they are none


class WindowRefusedError(FleetError):
    """A maintenance window or opening hours were not written down, or a window not ended; says why."""

    def __init__(self, why: Why, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Window:
    """Work at a place, from a moment until another; who said so and why."""

    id: int
    scope: Scope
    first_ms: int
    until_ms: int
    reason: str
    by: str
    ended_ms: int | None = None

    def covers(self, subject: Subject, at_ms: int) -> bool:
        """Whether this subject is not told of at this moment."""
        over_ms = self.until_ms if self.ended_ms is None else min(self.ended_ms, self.until_ms)
        return self.first_ms <= at_ms < over_ms and self.scope.holds(subject.scope)


def check(first_ms: int, until_ms: int, reason: str, now_ms: int) -> None:
    """Refuse a window that silences by mistake.

    Raises:
        WindowRefusedError: it ends before it begins, is over, is too long or has no reason.
    """
    if until_ms <= first_ms or until_ms <= now_ms:
        message = "until: give a moment that lies ahead and after the beginning."
        raise WindowRefusedError(Why.AHEAD, message)
    if until_ms - first_ms > LONGEST_MS:
        message = f"until: a window is {LONGEST_MS // _DAY_MS} days at most. Add another when this one is over."
        raise WindowRefusedError(Why.LONG, message)
    if holds_a_citizen_number(reason):
        message = "reason: 13 digits, as a citizen number has. A reason names nobody: leave it out."
        raise WindowRefusedError(Why.NUMBER, message)
    if not 1 <= len(reason.strip()) <= REASON_AT_MOST or not reason.isprintable():
        message = f"reason: give 1 to {REASON_AT_MOST} letters in one line: others will read why nobody was told."
        raise WindowRefusedError(Why.REASON, message)


def moment(name: str, text: str) -> int:
    """Read a moment of Bangkok as it is typed, in ms since 1970; `name` says which in an error.

    Raises:
        WindowRefusedError: it is none.
    """
    try:
        at = datetime.fromisoformat(text)
        return int((at if at.tzinfo is not None else at.replace(tzinfo=BANGKOK)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        message = f"{name}: {text!r} is no moment. Give one of Bangkok as 2026-12-01T18:00."
        raise WindowRefusedError(Why.NO_MOMENT, message) from error
