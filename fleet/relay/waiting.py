# SPDX-License-Identifier: Apache-2.0
"""Which questions have something new to be told: unanswered ones, people who moved, hand-overs that go on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, case, or_, select

from fleet.store.session import reading
from fleet.store.tables import ask, enrollment, event, kiosk, person
from wire.asks import About, HandOverState, PersonState

if TYPE_CHECKING:
    from sqlalchemy import Engine

CLOSED = "closed"  # said to nobody: the question cannot be opened, or is about another session's event
_AT_ONCE = 256
_ANSWERED_ONCE = (About.STATUS, About.NEW_CODE, About.STAFF, About.TICKET)
_FOLLOWED = (str(About.OUTCOME), str(About.NEW_CODE))  # told again when the person's state moves


@dataclass(frozen=True, slots=True, repr=False)
class Waiting:
    """One question, with what is known of the event it is about. A duplicate's `state` is its person's.

    `facility` is where its kiosk is registered.
    """

    id: str
    kiosk: str
    facility: str
    about: About
    attachment: bytes
    answered: int
    event_kiosk: str | None
    reply_key: str | None
    state: PersonState
    reference: str | None
    received_ms: int
    signed: bytes | None


def waiting_now(engine: Engine, now_ms: int) -> list[Waiting]:
    """The questions to answer, oldest first."""
    state = case((enrollment.c.duplicate_of.is_not(None), person.c.state), else_=enrollment.c.state)
    moved = and_(
        ask.c.about.in_(_FOLLOWED),
        enrollment.c.reply_key.is_not(None),
        state != str(PersonState.CAPTURED),
        or_(ask.c.said.is_(None), and_(ask.c.said != state, ask.c.said != CLOSED)),
    )
    goes_on = or_(ask.c.said.is_(None), ask.c.said == str(HandOverState.WAITING))
    handed_over = and_(ask.c.about == str(About.HAND_OVER), goes_on)
    once = ask.c.about.in_([str(about) for about in _ANSWERED_ONCE])
    query = (
        select(
            ask.c.id,
            ask.c.kiosk,
            kiosk.c.facility,
            ask.c.about,
            ask.c.attachment,
            ask.c.answered,
            event.c.kiosk.label("event_kiosk"),
            enrollment.c.reply_key,
            state.label("state"),
            enrollment.c.reference,
            ask.c.received_ms,
            ask.c.signed,
        )
        .join(kiosk, kiosk.c.id == ask.c.kiosk)
        .outerjoin(enrollment, enrollment.c.event == ask.c.event)
        .outerjoin(event, event.c.id == ask.c.event)
        .outerjoin(person, and_(person.c.token == enrollment.c.token, person.c.profile == enrollment.c.profile))
        .where(ask.c.expires_ms > now_ms, or_(and_(once, ask.c.said.is_(None)), moved, handed_over))
        .order_by(ask.c.received_ms)
        .limit(_AT_ONCE)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        Waiting(
            row.id,
            row.kiosk,
            row.facility,
            About(row.about),
            row.attachment,
            row.answered,
            row.event_kiosk,
            row.reply_key,
            PersonState(row.state or PersonState.NONE),
            row.reference,
            row.received_ms,
            row.signed,
        )
        for row in rows
    ]
