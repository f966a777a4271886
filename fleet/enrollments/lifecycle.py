# SPDX-License-Identifier: Apache-2.0
"""The road of a captured enrolment: CAPTURED, SUBMITTED, ACCEPTED, ACTIVATED, and the ways off it.

Each step is one conditional update, so that a step taken twice, or by two relays at once, happens once; it returns
what is to be counted in the same transaction. A person is one row however often they come: whoever is accepted first
stands, the others are duplicates. Nothing here knows a name or a number.
Source: KPI rules, sections 2.3 and 2.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from fleet.store.days import bangkok_day
from fleet.store.session import insert
from fleet.store.sums import add_unused, add_work
from fleet.store.tables import enrollment, event, event_content, kiosk, person
from wire.asks import PersonState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row


@dataclass(frozen=True, slots=True)
class Reached:
    """A person reached a state: one more in that province on that day."""

    profile: str
    province: str | None
    state: PersonState
    at_ms: int


@dataclass(frozen=True, slots=True)
class Opened:
    """What the relay learned by opening a sealed identity, as far as it may be kept."""

    event: str
    profile: str
    token: bytes
    province: str | None
    reply_key: str


class Claim(StrEnum):
    """Whether an event may go on in its person's name."""

    SUBMITTED = "submitted"  # it speaks for the person now
    DUPLICATE = "duplicate"  # the person is accepted already, by another event
    WAITING = "waiting"  # another event of the same person is under way and not yet decided


_DECIDED_WELL = frozenset({PersonState.ACCEPTED, PersonState.ACTIVATED})
_MAY_ACCEPT = (PersonState.SUBMITTED,)
_MAY_ACTIVATE = (PersonState.ACCEPTED, PersonState.EXPIRED_PIN)
_MAY_REVOKE = (PersonState.ACCEPTED, PersonState.EXPIRED_PIN, PersonState.ACTIVATED)


def claim(connection: Connection, opened: Opened, now_ms: int) -> tuple[Claim, tuple[Reached, ...]]:
    """Let an opened event speak for its person, or find that another one does.

    1. A person not known before, or rejected, expired or revoked before, is submitted in this event's name.
    2. A person accepted by another event makes this one a duplicate: kept for the workload, counted once.
    3. A person whose other event is undecided makes this one wait: it steps in if the other is rejected.
    """
    _keep_opened(connection, opened)
    known = _person(connection, opened)
    state = PersonState(known.state)
    if known.first_event != opened.event and state in _DECIDED_WELL:  # 2
        _mark_duplicate(connection, opened, known.first_event)
        return Claim.DUPLICATE, ()
    if known.first_event != opened.event and state is PersonState.SUBMITTED:  # 3
        return Claim.WAITING, ()
    return Claim.SUBMITTED, _submit(connection, opened, known, now_ms)  # 1


def accept(connection: Connection, event_id: str, *, reference: str, at_ms: int, due_ms: int) -> tuple[Reached, ...]:
    """The identity provider has taken the person: its own moment counts, and the sealed identity is erased."""
    values = {"reference": reference, "accepted_ms": at_ms, "due_ms": due_ms, "attempts": 0}
    if not _move(connection, event_id, _MAY_ACCEPT, PersonState.ACCEPTED, values):
        return ()
    _erase(connection, event_id)
    return _reach(connection, event_id, PersonState.ACCEPTED, {"accepted_ms": at_ms}, at_ms)


def activate(connection: Connection, event_id: str, *, at_ms: int, due_ms: int) -> tuple[Reached, ...]:
    """The person has used the PIN."""
    values = {"activated_ms": at_ms, "due_ms": due_ms, "attempts": 0}
    if not _move(connection, event_id, _MAY_ACTIVATE, PersonState.ACTIVATED, values):
        return ()
    return _reach(connection, event_id, PersonState.ACTIVATED, {"activated_ms": at_ms}, at_ms)


def reject(connection: Connection, event_id: str, reason: str, *, reference: str | None = None) -> None:
    """The identity provider refuses the person; it has answered, so the sealed identity is erased."""
    values = {"reason": reason[:64], "reference": reference, "due_ms": None}
    if _move(connection, event_id, _MAY_ACCEPT, PersonState.REJECTED, values):
        _erase(connection, event_id)
        _change_person(connection, event_id, {"state": str(PersonState.REJECTED)})


def refuse_unreadable(connection: Connection, event_id: str) -> None:
    """The sealed identity cannot be opened or read. It is kept: only its kiosk's maker can say what it was."""
    values = {"reason": "unreadable", "due_ms": None}
    _move(connection, event_id, (PersonState.CAPTURED,), PersonState.REJECTED, values)


def expire_pin(connection: Connection, event_id: str) -> None:
    """The PIN ran out unused; the person may still come again."""
    if _move(connection, event_id, (PersonState.ACCEPTED,), PersonState.EXPIRED_PIN, {"due_ms": None}):
        _change_person(connection, event_id, {"state": str(PersonState.EXPIRED_PIN)})


def revoke(connection: Connection, event_id: str, *, at_ms: int) -> tuple[Reached, ...]:
    """The identity provider took the Health ID back. Only who was counted as activated is counted out again."""
    was = connection.execute(select(enrollment.c.state).where(enrollment.c.event == event_id)).scalar_one()
    if not _move(connection, event_id, _MAY_REVOKE, PersonState.REVOKED, {"due_ms": None}):
        return ()
    reached = _reach(connection, event_id, PersonState.REVOKED, {"revoked_ms": at_ms}, at_ms)
    return reached if was == PersonState.ACTIVATED else ()


def wait(connection: Connection, event_id: str, *, due_ms: int, attempts: int) -> None:
    """Look at an enrolment again later."""
    connection.execute(
        update(enrollment).where(enrollment.c.event == event_id).values(due_ms=due_ms, attempts=attempts)
    )


def _keep_opened(connection: Connection, opened: Opened) -> None:
    connection.execute(
        update(enrollment)
        .where(enrollment.c.event == opened.event)
        .values(token=opened.token, province=opened.province, reply_key=opened.reply_key)
    )


def _person(connection: Connection, opened: Opened) -> Row[Any]:
    """The person's row, locked; made as CAPTURED when there is none."""
    fresh = insert(connection, person).values(
        token=opened.token,
        profile=opened.profile,
        state=str(PersonState.CAPTURED),
        province=opened.province,
        first_event=opened.event,
    )
    connection.execute(fresh.on_conflict_do_nothing())
    mine = (person.c.token == opened.token) & (person.c.profile == opened.profile)
    return connection.execute(select(person).where(mine).with_for_update()).one()


def _submit(connection: Connection, opened: Opened, known: Row[Any], now_ms: int) -> tuple[Reached, ...]:
    if not _move(connection, opened.event, (PersonState.CAPTURED,), PersonState.SUBMITTED, {"submitted_ms": now_ms}):
        return ()  # submitted before: what follows is repeated, what was counted is not
    # Who was activated and revoked starts over; of the others, nothing is counted a second time.
    starts_over = known.activated_ms is not None
    keeps_province = known.accepted_ms is not None and not starts_over
    values: dict[str, Any] = {"state": str(PersonState.SUBMITTED), "first_event": opened.event}
    if starts_over:
        values |= {"accepted_ms": None, "activated_ms": None, "revoked_ms": None}
    if not keeps_province:
        values |= {"province": opened.province}
    connection.execute(
        update(person).where(person.c.token == opened.token, person.c.profile == opened.profile).values(**values)
    )
    if known.state != PersonState.CAPTURED and not starts_over:
        return ()
    return (Reached(opened.profile, opened.province, PersonState.SUBMITTED, now_ms),)


def _move(
    connection: Connection, event_id: str, sources: Sequence[PersonState], target: PersonState, values: dict[str, Any]
) -> bool:
    """Change an enrolment's state if it is in one of `sources`; whether this call was the one that did."""
    moved = connection.execute(
        update(enrollment)
        .where(enrollment.c.event == event_id, enrollment.c.state.in_([str(source) for source in sources]))
        .values(state=str(target), **values)
    )
    return moved.rowcount == 1


def _reach(
    connection: Connection, event_id: str, state: PersonState, moment: dict[str, int], at_ms: int
) -> tuple[Reached, ...]:
    known = _change_person(connection, event_id, {"state": str(state), **moment})
    if known is None or any(getattr(known, column) is not None for column in moment):
        return ()  # counted when the person reached it the first time
    return (Reached(known.profile, known.province, state, at_ms),)


def _change_person(connection: Connection, event_id: str, values: dict[str, Any]) -> Row[Any] | None:
    """Change the row of the person this event speaks for; returns it as it was before, None if another event does."""
    road = connection.execute(
        select(enrollment.c.token, enrollment.c.profile).where(enrollment.c.event == event_id)
    ).one()
    mine = (person.c.token == road.token) & (person.c.profile == road.profile) & (person.c.first_event == event_id)
    known = connection.execute(select(person).where(mine).with_for_update()).first()
    if known is not None:
        connection.execute(update(person).where(mine).values(**values))
        _count_unused(connection, known, values)
    return known


def _count_unused(connection: Connection, known: Row[Any], values: dict[str, Any]) -> None:
    """Count the person whose code waits from now on, or waits no longer, on the day on which it was given."""
    given_ms = values.get("accepted_ms", known.accepted_ms)
    waited = bangkok_day(known.accepted_ms) if known.state == PersonState.ACCEPTED else None
    waits = bangkok_day(given_ms) if values["state"] == PersonState.ACCEPTED else None
    place = (str(known.profile), known.province or "")
    moved = [(*place, day, n) for day, n in ((waited, -1), (waits, 1)) if day is not None and waited != waits]
    add_unused(connection, moved)


def _mark_duplicate(connection: Connection, opened: Opened, first_event: str) -> None:
    marked = connection.execute(
        update(enrollment)
        .where(enrollment.c.event == opened.event, enrollment.c.duplicate_of.is_(None))
        .values(duplicate_of=first_event, due_ms=None)
    )
    if marked.rowcount == 1:
        _erase(connection, opened.event)
        _count_duplicate(connection, opened)


def _count_duplicate(connection: Connection, opened: Opened) -> None:
    place = connection.execute(
        select(kiosk.c.province, kiosk.c.facility, event.c.received_ms)
        .join(event, event.c.kiosk == kiosk.c.id)
        .where(event.c.id == opened.event)
    ).one()
    day = bangkok_day(place.received_ms)
    add_work(connection, [(str(opened.profile), place.province, place.facility, day, 0, 1, 0)])


def _erase(connection: Connection, event_id: str) -> None:
    received = select(event.c.received_ms).where(event.c.id == event_id).scalar_subquery()
    mine = (event_content.c.event == event_id) & (event_content.c.received_ms == received)
    connection.execute(update(event_content).where(mine).values(attachment=None))
