# SPDX-License-Identifier: Apache-2.0
"""Records what the identity provider says of an enrolment: states and counts in one transaction, by its own moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.coverage.counters import count
from fleet.enrollments import lifecycle
from fleet.partners.idp.shapes import Enrolment, State
from fleet.relay.patience import poll_ms
from wire.asks import PersonState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from fleet.enrollments.lifecycle import Reached
    from fleet.relay.due import Due

_RECHECK_MS = 24 * 60 * 60_000  # an active Health ID can be revoked


def count_all(connection: Connection, reached: Iterable[Reached]) -> None:
    """Count each person that reached a state."""
    for one in reached:
        count(connection, one.profile, one.province, str(one.state), one.at_ms)


def settle(connection: Connection, due: Due, told: Enrolment, *, now_ms: int, poll_first_ms: int) -> None:
    """Bring an enrolment to where the provider says it is; saying the same again only sets the next look.

    A provider that answers late may have gone several steps: each is taken, in order.
    """
    _look_again(connection, due, now_ms, poll_first_ms)
    if told.state is State.PENDING:
        return
    if told.state is State.REJECTED:
        lifecycle.reject(connection, due.event, told.reason or "unsaid", reference=told.reference)
        return
    soon_ms = now_ms + poll_first_ms
    reached = lifecycle.accept(connection, due.event, reference=told.reference, at_ms=told.at_ms, due_ms=soon_ms)
    if told.state is State.ACTIVATED:
        reached += lifecycle.activate(connection, due.event, at_ms=told.at_ms, due_ms=now_ms + _RECHECK_MS)
    elif told.state is State.EXPIRED_PIN:
        lifecycle.expire_pin(connection, due.event)
    elif told.state is State.REVOKED:
        reached += lifecycle.revoke(connection, due.event, at_ms=told.at_ms)
    count_all(connection, reached)


def _look_again(connection: Connection, due: Due, now_ms: int, poll_first_ms: int) -> None:
    pause_ms = _RECHECK_MS if due.state is PersonState.ACTIVATED else poll_ms(poll_first_ms, due.attempts)
    lifecycle.wait(connection, due.event, due_ms=now_ms + pause_ms, attempts=due.attempts + 1)
