# SPDX-License-Identifier: Apache-2.0
"""Tokens with which a program asks the API as an account: told once, kept as a digest, over after a while."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from fleet.operators.accounts import AccountRefusedError, of_row
from fleet.store.operator_tables import api_token, operator

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.operators.accounts import Account

MOST_DAYS = 365
_LONGEST_PURPOSE = 64  # letters
_DAY_MS = 24 * 60 * 60 * 1000
_PREFIX = "dipchip_"  # so that whoever finds one knows what it is


@dataclass(frozen=True, slots=True)
class Token:
    """One token as it is listed; what it consists of is not here."""

    number: int
    purpose: str
    made_ms: int
    until_ms: int


def make(connection: Connection, account: Account, purpose: str, days: int, now_ms: int) -> str:
    """Make a token; it is told this once.

    Raises:
        AccountRefusedError: the account is disabled, or what is asked for is not allowed.
    """
    if account.disabled_ms is not None:
        message = f"{account.name} is disabled. Run dipchip-fleet account reset first."
        raise AccountRefusedError(message)
    if not (purpose.strip() and purpose.isprintable() and len(purpose) <= _LONGEST_PURPOSE):
        message = f"purpose: say in 1 to {_LONGEST_PURPOSE} letters which program it is for."
        raise AccountRefusedError(message)
    if not 1 <= days <= MOST_DAYS:
        message = f"days: give 1 to {MOST_DAYS}."
        raise AccountRefusedError(message)
    token = _PREFIX + secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "operator": account.number, "purpose": purpose.strip()}
    connection.execute(api_token.insert().values(**values, made_ms=now_ms, until_ms=now_ms + days * _DAY_MS))
    return token


def find(connection: Connection, token: str, now_ms: int) -> tuple[Account, int] | None:
    """Whose token it is, and its number; None where there is none, it is over, or the account is disabled."""
    joined = select(operator, api_token.c.id.label("token")).join_from(api_token, operator)
    usable = (api_token.c.digest == _digest(token), api_token.c.until_ms > now_ms, operator.c.disabled_ms.is_(None))
    row = connection.execute(joined.where(*usable)).first()
    return None if row is None else (of_row(row), row.token)


def read_all(connection: Connection, account: Account) -> list[Token]:
    """An account's tokens, those that are over too."""
    columns = (api_token.c.id, api_token.c.purpose, api_token.c.made_ms, api_token.c.until_ms)
    own = select(*columns).where(api_token.c.operator == account.number).order_by(api_token.c.id)
    return [Token(*row) for row in connection.execute(own)]


def end(connection: Connection, account: Account, number: int | None = None) -> int:
    """End one of an account's tokens, or all; how many there were."""
    own = api_token.c.operator == account.number
    which = own if number is None else own & (api_token.c.id == number)
    return connection.execute(delete(api_token).where(which)).rowcount


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
