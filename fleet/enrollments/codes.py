# SPDX-License-Identifier: Apache-2.0
"""Remembers who asked for a new code, so that each question acts once and nobody asks too often, and counts them.

A person is a token, for two days; what stays is a figure by kiosk and day.
Source: docs/adr/0024.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select, update

from fleet.store.days import bangkok_day
from fleet.store.session import insert
from fleet.store.tables import code_day, code_request

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

DAY_MS = 24 * 60 * 60_000
REMEMBERED_MS = 2 * DAY_MS  # longer than a question may be old, so that no old one is taken for a new one
PER_PERSON = 3  # in a day, as the provider's contract has it: who needs more is helped better by staff
PER_KIOSK = 30  # in a day: a busy kiosk enrols some 100 people; what a stolen key can ask for ends here


class Outcome(StrEnum):
    """What became of a question for a new code."""

    GIVEN = "given"
    NOT_NEEDED = "not_needed"  # the person is active
    TOO_OFTEN = "too_often"
    NOT_HERE = "not_here"  # not one of ours, or the provider gives none


class Admission(StrEnum):
    """Whether a question may act."""

    ADMITTED = "admitted"
    TOO_OFTEN = "too_often"
    DONE = "done"  # it has acted: this is an old message that came again


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One question for a new code, and whom it is about, as far as it may be kept."""

    ask: str
    kiosk: str
    token: bytes
    profile: str


def admit(connection: Connection, request: Request, now_ms: int) -> Admission:
    """Let a question act, at most so many a day for the person and for the kiosk; taken twice, it is admitted once."""
    known = connection.execute(select(code_request.c.outcome).where(code_request.c.ask == request.ask)).first()
    if known is not None:
        return Admission.ADMITTED if known.outcome is None else Admission.DONE
    mine = (code_request.c.token == request.token) & (code_request.c.profile == request.profile)
    of_kiosk = code_request.c.kiosk == request.kiosk
    if _lately(connection, mine, now_ms) >= PER_PERSON or _lately(connection, of_kiosk, now_ms) >= PER_KIOSK:
        return Admission.TOO_OFTEN
    _remember(connection, request, now_ms, None)
    return Admission.ADMITTED


def settle(connection: Connection, request: Request, outcome: Outcome, now_ms: int) -> None:
    """Note that a question was answered, and count it by its kiosk; with the answer, in one transaction."""
    mine = code_request.c.ask == request.ask
    noted = connection.execute(update(code_request).where(mine).values(outcome=str(outcome)))
    if noted.rowcount == 0:
        _remember(connection, request, now_ms, outcome)
    row = insert(connection, code_day).values(kiosk=request.kiosk, day=bangkok_day(now_ms), outcome=str(outcome), n=1)
    connection.execute(
        row.on_conflict_do_update(index_elements=["kiosk", "day", "outcome"], set_={"n": code_day.c.n + 1})
    )


def forget_old(connection: Connection, now_ms: int) -> None:
    """Erase what no question can repeat any more."""
    connection.execute(delete(code_request).where(code_request.c.at_ms <= now_ms - REMEMBERED_MS))


def _lately(connection: Connection, whose: ColumnElement[bool], now_ms: int) -> int:
    """How many questions acted: refusing one does not put off the next."""
    acted = code_request.c.outcome.is_(None) | (code_request.c.outcome == str(Outcome.GIVEN))
    lately = code_request.c.at_ms > now_ms - DAY_MS
    return connection.execute(select(func.count()).where(whose, acted, lately)).scalar_one()


def _remember(connection: Connection, request: Request, now_ms: int, outcome: Outcome | None) -> None:
    row = insert(connection, code_request).values(
        ask=request.ask,
        kiosk=request.kiosk,
        token=request.token,
        profile=request.profile,
        at_ms=now_ms,
        outcome=None if outcome is None else str(outcome),
    )
    connection.execute(row.on_conflict_do_nothing())
