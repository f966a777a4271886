# SPDX-License-Identifier: Apache-2.0
"""Sessions of the console: a random id in the browser, its digest here, an end after idleness and after a working day.

Source: security design, section 6; OWASP ASVS 5.0, 7.2 and 7.3.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_, select, update

from fleet.operators.accounts import of_row
from fleet.store.operator_tables import operator, operator_session

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from fleet.operators.accounts import Account

IDLE_MS = 15 * 60 * 1000
LONGEST_MS = 8 * 60 * 60 * 1000
_WRITTEN_AGAIN_MS = 60 * 1000  # being looked at is written down so often at most
_ID_BYTES = 32


@dataclass(frozen=True, slots=True)
class Session:
    """One session as it is listed; the id that opens it is not here."""

    number: int
    began_ms: int
    seen_ms: int
    address: str


def new_id() -> str:
    """A random id of 256 bits."""
    return secrets.token_urlsafe(_ID_BYTES)


def form_token(session: str) -> str:
    """What a form sent from this session's pages must bring along; of no use without the id."""
    return hmac.digest(session.encode(), b"dipchip-form", "sha256").hex()


def begin(connection: Connection, account: Account, address: str, now_ms: int) -> str:
    """Begin a session; its id, which is told once. Those that are over are forgotten."""
    connection.execute(delete(operator_session).where(_over(now_ms)))
    session = new_id()
    values = {"digest": _digest(session), "operator": account.number, "address": address[:45]}
    connection.execute(operator_session.insert().values(**values, began_ms=now_ms, seen_ms=now_ms))
    return session


def find(connection: Connection, session: str, now_ms: int) -> tuple[Account, Session] | None:
    """Whose session an id opens; None where there is none, it is over, or the account is disabled."""
    joined = select(operator, operator_session.c.id.label("number"), *_shown()).join_from(operator_session, operator)
    wanted = joined.where(
        operator_session.c.digest == _digest(session), operator.c.disabled_ms.is_(None), ~_over(now_ms)
    )
    row = connection.execute(wanted).first()
    return None if row is None else (of_row(row), Session(row.number, row.began_ms, row.seen_ms, row.address))


def is_to_be_written(session: Session, now_ms: int) -> bool:
    """Whether it is time to write down that the session is in use."""
    return now_ms - session.seen_ms >= _WRITTEN_AGAIN_MS


def seen(connection: Connection, session: Session, now_ms: int) -> None:
    """Write down that a session is in use."""
    used = update(operator_session).where(operator_session.c.id == session.number)
    connection.execute(used.values(seen_ms=now_ms))


def read_all(connection: Connection, account: Account, now_ms: int) -> list[Session]:
    """An account's sessions that are not over, the latest first."""
    own = select(operator_session.c.id, *_shown()).where(operator_session.c.operator == account.number, ~_over(now_ms))
    return [Session(*row) for row in connection.execute(own.order_by(operator_session.c.seen_ms.desc()))]


def end(connection: Connection, account: Account, number: int | None = None) -> int:
    """End one of an account's sessions, or all; how many there were. Another account's cannot be named."""
    own = operator_session.c.operator == account.number
    which = own if number is None else own & (operator_session.c.id == number)
    return connection.execute(delete(operator_session).where(which)).rowcount


def _shown() -> tuple[ColumnElement[int], ColumnElement[int], ColumnElement[str]]:
    return operator_session.c.began_ms, operator_session.c.seen_ms, operator_session.c.address


def _over(now_ms: int) -> ColumnElement[bool]:
    return or_(operator_session.c.seen_ms <= now_ms - IDLE_MS, operator_session.c.began_ms <= now_ms - LONGEST_MS)


def _digest(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
