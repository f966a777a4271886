# SPDX-License-Identifier: Apache-2.0
"""Who an account is at the provider: one identity an account, and only one that was linked on purpose signs in.

An identity that is linked to none signs nobody in, and never makes an account.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from fleet.operators.accounts import AccountRefusedError, of_row
from fleet.store.operator_tables import operator, operator_identity
from fleet.store.session import insert

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.operators.accounts import Account
    from fleet.operators.one_time_codes import OperatorKey


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """Somebody at a provider. The subject may be a citizen number: it is kept keyed and hashed, and never printed."""

    issuer: str
    subject: str

    def sealed(self, key: OperatorKey) -> bytes:
        """What stands for it in the table."""
        return key.token(f"identity|{self.issuer}|{self.subject}")


@dataclass(frozen=True, slots=True)
class Link:
    """That an account is linked, as it is shown."""

    issuer: str
    linked_ms: int


def link(connection: Connection, account: Account, identity: Identity, key: OperatorKey, now_ms: int) -> None:
    """Link an account to an identity, in place of the one before.

    Raises:
        AccountRefusedError: the identity is another account's.
    """
    unlink(connection, account)
    row = {"subject": identity.sealed(key), "operator": account.number, "issuer": identity.issuer}
    written = insert(connection, operator_identity).values(**row, linked_ms=now_ms).on_conflict_do_nothing()
    if connection.execute(written.returning(operator_identity.c.operator)).first() is None:
        message = "That identity is linked to another account. Unlink it there first: dipchip-fleet account unlink."
        raise AccountRefusedError(message)


def unlink(connection: Connection, account: Account) -> bool:
    """Let an account sign in at the provider no more; whether it could."""
    own = operator_identity.c.operator == account.number
    return connection.execute(delete(operator_identity).where(own)).rowcount == 1


def read(connection: Connection, account: Account) -> Link | None:
    """How an account is linked; None where it is not."""
    columns = (operator_identity.c.issuer, operator_identity.c.linked_ms)
    row = connection.execute(select(*columns).where(operator_identity.c.operator == account.number)).first()
    return None if row is None else Link(*row)


def find(connection: Connection, identity: Identity, key: OperatorKey) -> Account | None:
    """Whose identity it is; None where it is nobody's, or the account is disabled."""
    joined = select(operator).join_from(operator_identity, operator)
    usable = (operator_identity.c.subject == identity.sealed(key), operator.c.disabled_ms.is_(None))
    row = connection.execute(joined.where(*usable)).first()
    return None if row is None else of_row(row)
