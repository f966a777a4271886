# SPDX-License-Identifier: Apache-2.0
"""What made-up people say of the made-up kiosks: faces that they touched, complaints, and whom they can call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fleet.complaints.rules import DUE_MS, Source, State, hour_of, term_of
from fleet.simulation.demo.days import DAY_MS, day_number, written
from fleet.simulation.demo.dice import Dice, drawn_bytes
from fleet.simulation.demo.kiosks import Fate
from wire.events import Profile
from wire.opinions import Category, Opinion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.simulation.demo.country import Facility
    from fleet.simulation.demo.kiosks import Kiosk
    from fleet.simulation.demo.plan import Plan
    from fleet.simulation.demo.visits import Row, Visits

_COMPLAINED = 120  # kiosks of a thousand, in the last weeks
_DAYS = 70  # back from now: as far as the trend shows
_FACES = (*[Opinion.RATED_5] * 6, *[Opinion.RATED_4] * 3, Opinion.RATED_3, Opinion.RATED_2, Opinion.RATED_1)
_STAGES = (State.NEW, State.NEW, State.TAKEN, State.TAKEN, State.ANSWERED, State.CLOSED, State.CLOSED)
_WHO = "demo-operator"
_DONE = "ทำความสะอาดและตรวจแล้ว ใช้งานได้"


def opinion_rows(plan: Plan, facility: Facility, visits: Sequence[Visits]) -> list[Row]:
    """Faces by day of a facility, in the columns of `opinion_day`: every second visitor touches one."""
    counts: dict[tuple[str, Opinion], int] = {}
    first = day_number(plan.until_ms) - _DAYS
    for each in (visit for found in visits for visit in found.came):
        told = day_number(each.at_ms) + 1  # told when the day is over
        if first <= told <= day_number(plan.until_ms):
            dice = Dice(plan.seed, "opinion", each.person)
            if dice.happens(500):
                key = written(told), dice.one_of(_FACES)
                counts[key] = counts.get(key, 0) + 1
    place = (str(Profile.TEST), facility.province, facility.code)
    return [(*place, day, str(code), n) for (day, code), n in sorted(counts.items())]


def complaint_rows(plan: Plan, facility: Facility, kiosk: Kiosk) -> list[Row]:
    """A complaint that came from a kiosk, in the columns that `filling` names."""
    dice = Dice(plan.seed, "complaint", kiosk.number)
    if kiosk.fate not in (Fate.FINE, Fate.CARE) or not dice.happens(_COMPLAINED):
        return []
    said_ms = max(kiosk.registered_ms, kiosk.last_ms - dice.below(12 * DAY_MS))
    opened_ms, category, state = hour_of(said_ms), dice.one_of(tuple(Category)), dice.one_of(_STAGES)
    term = term_of(category)
    codes = {"camera": "ok", "link": "up", "place": "problem", "reader": "absent", "release": "0.1.0", "screen": "ok"}
    number = f"{dice.below(10**8):08}"
    ident = drawn_bytes(plan.seed, "complaint", kiosk.number, 16).hex()
    head = (number, str(Profile.TEST), facility.province, facility.code, kiosk.id, ident, str(Source.KIOSK))
    kind = (str(category), str(term), str(state), "", json.dumps(codes, sort_keys=True), written(day_number(said_ms)))
    return [(*head, *kind, opened_ms, opened_ms + DUE_MS[term], *_seen_to(state, opened_ms, plan.until_ms))]


def _seen_to(state: State, opened_ms: int, until_ms: int) -> Row:
    """Who took it when, what was answered by whom when, who closed it when, and that it was not opened again."""
    later = [min(opened_ms + n * DAY_MS // 4, until_ms) for n in (1, 2, 3)]
    taken = (_WHO, later[0]) if state is not State.NEW else (None, None)
    is_answered = state in (State.ANSWERED, State.CLOSED)
    answered = (_DONE, _WHO, later[1]) if is_answered else ("", None, None)
    closed = (_WHO, later[2]) if state is State.CLOSED else (None, None)
    return (*taken, *answered, *closed, 0)
