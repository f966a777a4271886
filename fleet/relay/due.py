# SPDX-License-Identifier: Apache-2.0
"""Which enrolments the relay has something to do for now: those somebody waits for first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, select

from fleet.store.session import reading
from fleet.store.tables import enrollment, event, event_content
from wire.asks import PersonState

if TYPE_CHECKING:
    from sqlalchemy import Engine

AT_ONCE = 64
_WAITED_FOR = (PersonState.CAPTURED, PersonState.SUBMITTED)  # somebody stands at the kiosk
_CONTENT_OF_EVENT = (event_content.c.event == event.c.id) & (event_content.c.received_ms == event.c.received_ms)
_ON_THE_ROAD = (*_WAITED_FOR, PersonState.ACCEPTED, PersonState.ACTIVATED)


@dataclass(frozen=True, slots=True, repr=False)
class Due:
    """One enrolment as it stands; `attachment` is the sealed identity until it is erased."""

    event: str
    kiosk: str
    profile: str
    state: PersonState
    reference: str | None
    attachment: bytes | None
    attempts: int


def due_now(engine: Engine, profile: str, now_ms: int) -> list[Due]:
    """The enrolments of this profile that are due."""
    waited_for = enrollment.c.state.in_([str(state) for state in _WAITED_FOR])
    query = (
        select(enrollment, event.c.kiosk, event_content.c.attachment)
        .join(event, event.c.id == enrollment.c.event)
        .outerjoin(event_content, _CONTENT_OF_EVENT)
        .where(
            enrollment.c.due_ms <= now_ms,
            enrollment.c.profile == profile,
            enrollment.c.duplicate_of.is_(None),
            enrollment.c.state.in_([str(state) for state in _ON_THE_ROAD]),
        )
        .order_by(case((waited_for, 0), else_=1), enrollment.c.due_ms)
        .limit(AT_ONCE)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        Due(row.event, row.kiosk, row.profile, PersonState(row.state), row.reference, row.attachment, row.attempts)
        for row in rows
    ]
