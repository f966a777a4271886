# SPDX-License-Identifier: Apache-2.0
"""How far each made-up person came, from a visit to an active Health ID or off the road: without a number or a name.

The shares are made up; the roads are those of `fleet.enrollments.lifecycle`, and each ends where the plan's moment is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.simulation.demo.country import some_province
from fleet.simulation.demo.days import DAY_MS
from wire.asks import PersonState

if TYPE_CHECKING:
    from fleet.simulation.demo.dice import Dice
    from wire.ids import ProvinceCode

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS
# Of a thousand visits.
_LAPSED, _UNREADABLE, _REJECTED, _EXPIRED, _UNUSED, _REVOKED = 4, 1, 25, 60, 40, 4
_ELSEWHERE, _UNKNOWN = 70, 5  # who lives in another province; whose card names none
_AGAIN = 40  # who comes a second time though accepted
_PIN_LASTS_MS = DAY_MS
_REASONS = ("card_expired", "already_enrolled")


@dataclass(frozen=True, slots=True)
class Road:
    """One person's road as far as it has come. A moment is None where it was not reached.

    `is_opened` is false while the relay has not read who it is, and for ever where it could not. `again_ms` is a second
    visit: a duplicate.
    """

    state: PersonState
    captured_ms: int
    is_opened: bool = True
    province: ProvinceCode | None = None
    reason: str | None = None
    submitted_ms: int | None = None
    accepted_ms: int | None = None
    activated_ms: int | None = None
    revoked_ms: int | None = None
    again_ms: int | None = None


def road(dice: Dice, home: ProvinceCode, captured_ms: int, *, until_ms: int, kiosk_until_ms: int) -> Road:
    """Draw the road of somebody who comes to a kiosk of this province at this moment.

    1. The kiosk may have erased the identity, or the relay may be unable to read it.
    2. The relay submits within half a minute, the provider decides within another.
    3. Who was accepted uses the code, mostly at once; some never do, some are too late, a few are revoked later.
    """
    draw = dice.below(1000)
    if draw < _LAPSED:  # 1
        return Road(PersonState.LAPSED, captured_ms, is_opened=False)
    submitted_ms = captured_ms + 500 + dice.below(30_000)
    if submitted_ms > until_ms:
        return Road(PersonState.CAPTURED, captured_ms, is_opened=False)
    draw -= _LAPSED
    if draw < _UNREADABLE:
        return Road(PersonState.REJECTED, captured_ms, is_opened=False, reason="unreadable")
    province = _address(dice, home)
    decided_ms = submitted_ms + 200 + dice.below(_MINUTE_MS)  # 2
    if decided_ms > until_ms:
        return Road(PersonState.SUBMITTED, captured_ms, province=province, submitted_ms=submitted_ms)
    draw -= _UNREADABLE
    if draw < _REJECTED:
        reason = dice.one_of(_REASONS)
        return Road(PersonState.REJECTED, captured_ms, province=province, reason=reason, submitted_ms=submitted_ms)
    state, activated_ms, revoked_ms = _after(dice, draw - _REJECTED, decided_ms, until_ms)  # 3
    again_ms = None
    if state in (PersonState.ACCEPTED, PersonState.ACTIVATED) and dice.happens(_AGAIN):
        again_ms = _later(decided_ms + _HOUR_MS + dice.below(60 * DAY_MS), min(kiosk_until_ms, until_ms - _MINUTE_MS))
    return Road(
        state,
        captured_ms,
        province=province,
        submitted_ms=submitted_ms,
        accepted_ms=decided_ms,
        activated_ms=activated_ms,
        revoked_ms=revoked_ms,
        again_ms=again_ms,
    )


def _after(dice: Dice, draw: int, accepted_ms: int, until_ms: int) -> tuple[PersonState, int | None, int | None]:
    """What became of an accepted person, when the code was used, and when the Health ID was taken back."""
    if draw < _EXPIRED:
        is_over = accepted_ms + _PIN_LASTS_MS <= until_ms
        return (PersonState.EXPIRED_PIN if is_over else PersonState.ACCEPTED), None, None
    draw -= _EXPIRED
    if draw < _UNUSED:
        return PersonState.ACCEPTED, None, None
    activated_ms = _later(accepted_ms + _MINUTE_MS + dice.below(dice.one_of((_HOUR_MS, _HOUR_MS, DAY_MS))), until_ms)
    if activated_ms is None:
        return PersonState.ACCEPTED, None, None
    revoked_ms = None
    if draw - _UNUSED < _REVOKED:
        revoked_ms = _later(activated_ms + DAY_MS + dice.below(200 * DAY_MS), until_ms)
    return (PersonState.ACTIVATED if revoked_ms is None else PersonState.REVOKED), activated_ms, revoked_ms


def _later(at_ms: int, until_ms: int) -> int | None:
    return at_ms if at_ms <= until_ms else None


def _address(dice: Dice, home: ProvinceCode) -> ProvinceCode | None:
    draw = dice.below(1000)
    if draw < _UNKNOWN:
        return None
    return some_province(dice) if draw < _UNKNOWN + _ELSEWHERE else home
