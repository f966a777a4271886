# SPDX-License-Identifier: Apache-2.0
"""All visits to one made-up kiosk as the ledger holds them: in order, in its streams, each with its person's road.

What was signed and sealed is left out, as of a month that was detached: nobody signed anything here.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from fleet.simulation.demo.days import DAY_MS, begins_ms, day_number, days_past_friday
from fleet.simulation.demo.dice import Dice, drawn_bytes
from fleet.simulation.demo.roads import Road, road
from wire.asks import PersonState
from wire.events import Profile
from wire.ids import EventId, drawn_event_id

if TYPE_CHECKING:
    from fleet.simulation.demo.country import Facility
    from fleet.simulation.demo.kiosks import Kiosk
    from fleet.simulation.demo.plan import Plan

Row = tuple[object, ...]
PROFILE = str(Profile.TEST)
_HOUR_MS = 60 * 60_000
_OPENS_MS, _OPEN_MS = 8 * _HOUR_MS, 9 * _HOUR_MS  # from eight to five
_WEEKEND = 8  # of so many who would come at a weekend, one does
_UUID_BITS = 74
_POLL_MS, _RECHECK_MS = _HOUR_MS, DAY_MS  # how often the relay looks at an unused code, and at an active Health ID
_SHORTEST_STREAM, _LONGER = 4, 60  # visits until a kiosk's process starts anew


class Visit(NamedTuple):
    """One visit, sorted by when it was; `of` is the person's first one where this is a later one."""

    at_ms: int
    event: EventId
    person: int
    road: Road
    of: EventId | None = None


@dataclass(slots=True)
class Visits:
    """The rows of a kiosk's visits in the columns that `filling` names, and all its visits in order."""

    came: list[Visit]
    events: list[Row] = field(default_factory=list)
    streams: list[Row] = field(default_factory=list)
    enrollments: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)


def visits_at(plan: Plan, facility: Facility, kiosk: Kiosk, people: range) -> Visits:
    """Draw the visits of these people to a kiosk."""
    found = Visits(sorted(each for number in people for each in _visits_of(plan, facility, kiosk, number)))
    _put_in_streams(plan, kiosk, found)
    for visit in found.came:
        _write_road(plan, visit, found)
    return found


def _visits_of(plan: Plan, facility: Facility, kiosk: Kiosk, number: int) -> list[Visit]:
    dice = Dice(plan.seed, "person", number)
    at_ms = _moment(dice, kiosk)
    went = road(dice, facility.province, at_ms, until_ms=plan.until_ms, kiosk_until_ms=kiosk.last_ms)
    first = Visit(at_ms, _event(dice, at_ms), number, went)
    if went.again_ms is None:
        return [first]
    return [first, Visit(went.again_ms, _event(dice, went.again_ms), number, went, of=first.event)]


def _event(dice: Dice, at_ms: int) -> EventId:
    return drawn_event_id(at_ms - dice.below(2_000), dice.bits(_UUID_BITS))


def _moment(dice: Dice, kiosk: Kiosk) -> int:
    """When somebody comes while the kiosk was there: more and more do, mostly on days of work."""
    first, last = day_number(kiosk.registered_ms), day_number(kiosk.last_ms)
    day = first + max(dice.below(last - first + 1), dice.below(last - first + 1))
    if dice.below(_WEEKEND):
        day -= days_past_friday(day)
    at_ms = begins_ms(day) + _OPENS_MS + dice.below(_OPEN_MS)
    if kiosk.registered_ms <= at_ms <= kiosk.last_ms:
        return at_ms
    return kiosk.registered_ms + dice.below(kiosk.last_ms - kiosk.registered_ms + 1)


def _put_in_streams(plan: Plan, kiosk: Kiosk, found: Visits) -> None:
    """Chain the events; a process that starts anew begins a stream, and names the head of the one before."""
    left, dice = list(found.came), Dice(plan.seed, "streams", kiosk.number)
    parent: tuple[str, int] | tuple[None, None] = (None, None)
    number = 0
    while left:
        length = _SHORTEST_STREAM + dice.below(_LONGER)
        events, left = left[:length], left[length:]
        stream = drawn_bytes(plan.seed, f"stream#{kiosk.number}", number, 12).hex()
        digests = [sha256(each.event.encode()).digest() for each in events]
        found.events += [
            (each.event, kiosk.id, stream, seq, digest, each.at_ms)
            for seq, (each, digest) in enumerate(zip(events, digests, strict=True), start=1)
        ]
        found.streams.append((kiosk.id, stream, *parent, len(events), digests[-1], events[-1].at_ms))
        parent = (stream, len(events))
        number += 1


def _write_road(plan: Plan, visit: Visit, found: Visits) -> None:
    """The enrolment of a visit, and of a first one that was opened its person."""
    went = visit.road
    token = reply_key = None
    if went.is_opened:
        token = drawn_bytes(plan.seed, "token", visit.person, 16)
        drawn = drawn_bytes(plan.seed, visit.event, 0, 32)  # a session's own key
        reply_key = base64.urlsafe_b64encode(drawn)[:-1].decode()
    who = (token, went.province, reply_key)
    if visit.of is not None:
        road_of_it = (None, visit.of, None, visit.at_ms, None, None, None, 0, None)
        found.enrollments.append((visit.event, PROFILE, str(PersonState.CAPTURED), *who, *road_of_it))
        return
    reached = (went.submitted_ms, went.accepted_ms, went.activated_ms)
    decided = went.accepted_ms is not None or (went.reason is not None and went.is_opened)
    reference = f"DEMO-{visit.person:016x}" if decided else None
    looked = (reference, None, went.reason, visit.at_ms, *reached, *_looks_again(plan, visit))
    found.enrollments.append((visit.event, PROFILE, str(went.state), *who, *looked))
    if token is not None:
        moments = (went.accepted_ms, went.activated_ms, went.revoked_ms)
        found.people.append((token, PROFILE, str(went.state), went.province, visit.event, *moments))


def _looks_again(plan: Plan, visit: Visit) -> tuple[int, int | None]:
    """How often the relay has looked at an enrolment in its present state, and when it looks again."""
    went = visit.road
    match went.state:
        case PersonState.CAPTURED:
            return 0, went.captured_ms
        case PersonState.SUBMITTED:
            return 0, went.submitted_ms
        case PersonState.ACCEPTED:
            return _every(went.accepted_ms or 0, _POLL_MS, plan.until_ms)
        case PersonState.ACTIVATED:
            return _every(went.activated_ms or 0, _RECHECK_MS, plan.until_ms)
        case _:
            return 0, None


def _every(since_ms: int, pause_ms: int, until_ms: int) -> tuple[int, int]:
    times = (until_ms - since_ms) // pause_ms
    return times, since_ms + (times + 1) * pause_ms
