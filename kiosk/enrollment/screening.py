# SPDX-License-Identifier: Apache-2.0
"""Whether a person whose card was read can go on at a kiosk, or is led to the staff."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kiosk.enrollment.failures import Failure

if TYPE_CHECKING:
    from kiosk.enrollment.identity import Identity, PartialDate
    from kiosk.enrollment.policy import SessionPolicy

BANGKOK = ZoneInfo("Asia/Bangkok")

# Number classes without Thai civil registration: led to a counter, their status never stated (journeys J6).
_COUNTER_CLASSES = frozenset("067")


def screened(identity: Identity, now: datetime, policy: SessionPolicy) -> Failure | None:
    """What keeps this person from enrolling here, None when nothing does. Dates are Bangkok's."""
    today = now.astimezone(BANGKOK).date()
    if identity.is_expired(today):
        return Failure.CARD_EXPIRED
    if is_for_the_counter(identity):
        return Failure.NOT_AT_KIOSK
    if identity.born is not None and not _has_reached(identity.born, policy.minimum_age_years, today):
        return Failure.UNDER_AGE
    if not identity.portrait_jpeg:
        return Failure.CARD_PORTRAIT_UNUSABLE
    return None


def is_for_the_counter(identity: Identity) -> bool:
    """Whether this class of number is served at a counter, whatever the person came for."""
    return identity.citizen_number[:1] in _COUNTER_CLASSES


def _has_reached(born: PartialDate, years: int, today: date) -> bool:
    """Whether the latest day that `born` may mean is at least `years` ago."""
    day = today.day if (today.month, today.day) != (2, 29) else 28
    return born.is_before(date(today.year - years, today.month, day) + timedelta(days=1))
