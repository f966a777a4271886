# SPDX-License-Identifier: Apache-2.0
"""Tokens with which a program asks the API as an account: told once, kept as a digest, over after a while.

Each only reads, unless it was made to act as one of the roles (docs/adr/0035).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from fleet.operators.accounts import AccountRefusedError, Role, of_row
from fleet.store.operator_tables import api_token, operator

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.operators.accounts import Account

MOST_DAYS = 365
MOST_ACTING_DAYS = 90  # of one that acts: whoever finds it can do harm
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
    acts_as: Role | None


@dataclass(frozen=True, slots=True)
class Admission:
    """What a token lets in: the account, the token's number, and the role it acts as, None where it only reads."""

    account: Account
    number: int
    acts_as: Role | None

    @property
    def acting(self) -> Role | None:
        """The lesser of the token's role and the account's: an account may have lost rights since."""
        if self.acts_as is None:
            return None
        return self.acts_as if self.account.role.may(self.acts_as) else self.account.role


def make(
    connection: Connection, account: Account, purpose: str, days: int, now_ms: int, acts_as: Role | None = None
) -> str:
    """Make a token; it is told this once. With `acts_as` it also acts, as that role of the account at most.

    Raises:
        AccountRefusedError: the account is disabled, or what is asked for is not allowed.
    """
    if account.disabled_ms is not None:
        message = f"{account.name} is disabled. Run dipchip-fleet account reset first."
        raise AccountRefusedError(message)
    if not (purpose.strip() and purpose.isprintable() and len(purpose) <= _LONGEST_PURPOSE):
        message = f"purpose: say in 1 to {_LONGEST_PURPOSE} letters which program it is for."
        raise AccountRefusedError(message)
    most = MOST_DAYS if acts_as is None else MOST_ACTING_DAYS
    if not 1 <= days <= most:
        message = f"days: give 1 to {most}."
        raise AccountRefusedError(message)
    if acts_as is Role.VIEWER:
        message = "acts-as: a viewer does nothing. Leave it out: every token reads."
        raise AccountRefusedError(message)
    if acts_as is not None and not account.role.may(acts_as):
        message = f"acts-as: {account.name} is {account.role} and may not act as {acts_as}."
        raise AccountRefusedError(message)
    token = _PREFIX + secrets.token_urlsafe(32)
    values = {"digest": _digest(token), "operator": account.number, "purpose": purpose.strip(), "acts_as": acts_as}
    connection.execute(api_token.insert().values(**values, made_ms=now_ms, until_ms=now_ms + days * _DAY_MS))
    return token


def find(connection: Connection, token: str, now_ms: int) -> Admission | None:
    """What it lets in; None where there is none, it is over, or the account is disabled."""
    joined = select(operator, api_token.c.id.label("token"), api_token.c.acts_as).join_from(api_token, operator)
    usable = (api_token.c.digest == _digest(token), api_token.c.until_ms > now_ms, operator.c.disabled_ms.is_(None))
    row = connection.execute(joined.where(*usable)).first()
    return None if row is None else Admission(of_row(row), row.token, _role(row.acts_as))


def read_all(connection: Connection, account: Account) -> list[Token]:
    """An account's tokens, those that are over too."""
    columns = (api_token.c.id, api_token.c.purpose, api_token.c.made_ms, api_token.c.until_ms, api_token.c.acts_as)
    own = select(*columns).where(api_token.c.operator == account.number).order_by(api_token.c.id)
    return [Token(*row[:-1], _role(row.acts_as)) for row in connection.execute(own)]


def end(connection: Connection, account: Account, number: int | None = None) -> int:
    """End one of an account's tokens, or all; how many there were."""
    own = api_token.c.operator == account.number
    which = own if number is None else own & (api_token.c.id == number)
    return connection.execute(delete(api_token).where(which)).rowcount


def _role(text: str | None) -> Role | None:
    return None if text is None else Role(text)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
