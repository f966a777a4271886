# SPDX-License-Identifier: Apache-2.0
"""Accounts of the console: made, listed, disabled and reset. The name of one that is gone is not given again.

Each sees its scope and nothing beside it, and may do what its role allows there (docs/adr/0028).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, exists, select, update

from fleet.errors import FleetError
from fleet.operators import one_time_codes, passwords
from fleet.store.operator_tables import (
    api_token,
    operator,
    operator_errand,
    operator_identity,
    operator_passkey,
    operator_session,
    rights_proposal,
)
from fleet.store.scope import Scope

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from fleet.operators.one_time_codes import OperatorKey

_NAME = re.compile(r"[a-z][a-z0-9.-]{2,31}")
_LONGEST_DISPLAY = 64  # letters
_NEVER = 0  # no step of time was used yet


class Role(StrEnum):
    """What an account is for. Each may also do what those before it may."""

    VIEWER = "viewer"  # looks
    OPERATOR = "operator"  # acts, and proposes what needs two people
    APPROVER = "approver"  # approves what somebody else has proposed

    def may(self, needed: Role) -> bool:
        """Whether this role is enough where that one is needed."""
        order = tuple(Role)
        return order.index(self) >= order.index(needed)


class AccountRefusedError(FleetError):
    """An account cannot be made or changed; names what is wrong and what is allowed."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account, without anything that it signs in with."""

    number: int
    name: str
    display: str
    scope: Scope
    role: Role
    made_ms: int
    disabled_ms: int | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """An account to be made. It must be one that may be.

    Raises:
        AccountRefusedError: naming what is wrong.
    """

    name: str
    display: str
    role: Role
    scope: Scope

    def __post_init__(self) -> None:
        """Check each part."""
        if not is_name(self.name):
            message = "name: give 3 to 32 of a-z, 0-9, '.' and '-', a letter first. It is what one signs in with."
            raise AccountRefusedError(message)
        if not self.display.strip() or len(self.display) > _LONGEST_DISPLAY or not self.display.isprintable():
            message = f"display: give 1 to {_LONGEST_DISPLAY} letters, as the console shall show who is signed in."
            raise AccountRefusedError(message)


def add(connection: Connection, wanted: Wanted, password: str, key: OperatorKey, now_ms: int) -> str:
    """Make an account; the secret for its authenticator app, which is told this once.

    Raises:
        AccountRefusedError: there is or was one of that name.
        PasswordRefusedError: the password is not accepted.
    """
    if connection.execute(select(exists().where(operator.c.name == wanted.name))).scalar_one():
        message = f"{wanted.name} is or was an account. Choose another name, or run dipchip-fleet account reset."
        raise AccountRefusedError(message)
    secret = one_time_codes.new_secret()
    values = {"name": wanted.name, "display": wanted.display.strip(), "scope": str(wanted.scope), "role": wanted.role}
    keys = {"password": passwords.hashed(password, wanted.name), "totp": key.seal(secret, wanted.name)}
    connection.execute(operator.insert().values(**values, **keys, totp_step=_NEVER, made_ms=now_ms))
    return secret


def reset(connection: Connection, name: str, password: str, key: OperatorKey) -> str:
    """Give an account a new password and a new secret in place of all that it signs in with, and let it sign in again.

    Its sessions and tokens end, and so do its passkeys and its link to the provider: whoever has them may not be it.

    Raises:
        AccountRefusedError: there is none of that name.
        PasswordRefusedError: the password is not accepted.
    """
    account = named(connection, name)
    secret = one_time_codes.new_secret()
    keys = {"password": passwords.hashed(password, name), "totp": key.seal(secret, name)}
    changed = operator.update().where(operator.c.id == account.number)
    connection.execute(changed.values(**keys, totp_step=_NEVER, disabled_ms=None))
    for table in (operator_session, api_token, operator_identity, operator_passkey, operator_errand):
        connection.execute(delete(table).where(table.c.operator == account.number))
    return secret


def change(connection: Connection, name: str, scope: Scope, role: Role) -> None:
    """Give an account another scope and role, and end its sessions and tokens: they were opened for the old ones.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    give(connection, named(connection, name), scope, role)


def give(connection: Connection, account: Account, scope: Scope, role: Role) -> None:
    """The same for an account that was read already. What was proposed for it is over."""
    given = update(operator).where(operator.c.id == account.number)
    connection.execute(given.values(scope=str(scope), role=role))
    connection.execute(delete(rights_proposal).where(rights_proposal.c.operator == account.number))
    _end_all(connection, account.number)


def disable(connection: Connection, name: str, now_ms: int) -> None:
    """Let an account sign in no more, and end its sessions and tokens at once.

    Raises:
        AccountRefusedError: there is none of that name.
    """
    shut(connection, named(connection, name), now_ms)


def shut(connection: Connection, account: Account, now_ms: int) -> None:
    """The same for an account that was read already."""
    still = (operator.c.id == account.number) & operator.c.disabled_ms.is_(None)
    connection.execute(update(operator).where(still).values(disabled_ms=now_ms))
    connection.execute(delete(rights_proposal).where(rights_proposal.c.operator == account.number))
    _end_all(connection, account.number)


def is_name(text: str) -> bool:
    """Whether a text could be an account's name at all."""
    return _NAME.fullmatch(text) is not None


def named(connection: Connection, name: str) -> Account:
    """The account of a name.

    Raises:
        AccountRefusedError: there is none.
    """
    found = connection.execute(select(operator).where(operator.c.name == name)).first()
    if found is None:
        message = f"{name} is no account. See dipchip-fleet account list."
        raise AccountRefusedError(message)
    return of_row(found)


def read_all(connection: Connection) -> list[Account]:
    """Every account there ever was, by name."""
    return [of_row(row) for row in connection.execute(select(operator).order_by(operator.c.name))]


def of_row(row: Row[Any]) -> Account:
    """The account in a row of its table, or in one that is joined with it."""
    return Account(row.id, row.name, row.display, Scope.parse(row.scope), Role(row.role), row.made_ms, row.disabled_ms)


def _end_all(connection: Connection, number: int) -> None:
    for table in (operator_session, api_token):
        connection.execute(delete(table).where(table.c.operator == number))
