# SPDX-License-Identifier: Apache-2.0
"""What stands against made-up kiosks in the controller's books, and how often new codes were asked for at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.devices.health import Care
from fleet.enrollments.codes import Outcome
from fleet.simulation.demo.days import DAY_MS, day_number, written
from fleet.simulation.demo.dice import Dice, drawn_bytes
from fleet.simulation.demo.kiosks import Fate
from wire.chain import Alarm
from wire.ids import simulated_id

if TYPE_CHECKING:
    from fleet.simulation.demo.kiosks import Kiosk
    from fleet.simulation.demo.plan import Plan
    from fleet.simulation.demo.visits import Row, Visits

_ALARMS = tuple(Alarm)
_SET_ASIDE = {Alarm.FORK: "fork", Alarm.EQUIVOCATION: "equivocation"}  # these events go to the quarantine
_LATELY_MS = 5 * DAY_MS
_REFUSED, _ASKED = 15, 150  # kiosks of a thousand: whose messages were refused; where new codes were asked for
_REASONS = ("bad_signature", "malformed", "too_large")
_CODE_DAYS = 10
_STRANGERS = 5
_FIRST_STRANGER = 90_001  # names that no plan gives to a kiosk


def alarm_rows(plan: Plan, kiosk: Kiosk, visits: Visits) -> list[Row]:
    """Its alarm, in the columns of `alarm`."""
    if kiosk.care is not Care.ALARM or not visits.streams:
        return []
    kind, at_ms = _alarm(plan, kiosk)
    _, stream, _, _, acked, *_ = visits.streams[-1]
    return [(kiosk.id, str(kind), stream, acked, at_ms)]


def quarantine_rows(plan: Plan, kiosk: Kiosk, visits: Visits) -> list[Row]:
    """What was set aside of it, without its bytes; in the columns of `quarantine`."""
    rows: list[Row] = []
    if kiosk.care is Care.ALARM and visits.streams:
        kind, at_ms = _alarm(plan, kiosk)
        if kind in _SET_ASIDE:
            rows.append(_held(plan, kiosk, _SET_ASIDE[kind], at_ms))
    return rows + [_held(plan, kiosk, reason, at_ms) for reason, _, at_ms in _refused(plan, kiosk)]


def refusal_rows(plan: Plan, kiosk: Kiosk, visits: Visits) -> list[Row]:
    """The same as counts, in the columns of `refusal`."""
    held = quarantine_rows(plan, kiosk, visits)
    counts = {reason: n for reason, n, _ in _refused(plan, kiosk)}
    return [(kiosk.id, kind, reason, counts.get(str(reason), 1), at_ms) for _, kind, reason, _, _, at_ms in held]


def stranger_rows(plan: Plan) -> list[Row]:
    """Messages under names that nobody registered, in the columns of `refusal`."""
    dice = Dice(plan.seed, "strangers")
    return [
        (simulated_id(_FIRST_STRANGER + n), "event", "unknown_kiosk", 1 + dice.below(50), _lately(plan, dice))
        for n in range(_STRANGERS)
    ]


def code_rows(plan: Plan, kiosk: Kiosk) -> list[Row]:
    """What became of questions for a new code there, in the columns of `code_day`."""
    dice = Dice(plan.seed, "codes", kiosk.number)
    if kiosk.fate not in (Fate.FINE, Fate.CARE) or not dice.happens(_ASKED):
        return []
    today, first = day_number(kiosk.last_ms), day_number(kiosk.registered_ms)
    days = range(max(first, today - _CODE_DAYS), today)
    return [
        (kiosk.id, written(day), str(outcome), 1 + dice.below(4))
        for day in days
        for outcome in Outcome
        if dice.happens(300)
    ]


def _alarm(plan: Plan, kiosk: Kiosk) -> tuple[Alarm, int]:
    dice = Dice(plan.seed, "alarm", kiosk.number)
    return dice.one_of(_ALARMS), max(kiosk.registered_ms, kiosk.last_ms - dice.below(_LATELY_MS))


def _refused(plan: Plan, kiosk: Kiosk) -> list[tuple[str, int, int]]:
    """Why messages of it were refused, how often, and when last."""
    dice = Dice(plan.seed, "refused", kiosk.number)
    if kiosk.fate is Fate.NEVER_SEEN or not dice.happens(_REFUSED):
        return []
    at_ms = max(kiosk.registered_ms, kiosk.last_ms - dice.below(_LATELY_MS))
    return [(dice.one_of(_REASONS), 1 + dice.below(20), at_ms)]


def _held(plan: Plan, kiosk: Kiosk, reason: str, at_ms: int) -> Row:
    digest = drawn_bytes(plan.seed, f"held#{reason}", kiosk.number, 32)
    return (kiosk.id, "event", reason, digest, 2_000 + digest[0], at_ms)


def _lately(plan: Plan, dice: Dice) -> int:
    return plan.until_ms - dice.below(min(_LATELY_MS, plan.until_ms - plan.since_ms))
