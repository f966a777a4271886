# SPDX-License-Identifier: Apache-2.0
"""Accounts under whoever answers for them: listed, ended, disabled and changed, each within the scope of who does it.

1. Who oversees an account has a scope that holds the account's. Another's account is not there.
2. Nobody changes, ends or disables their own here: nobody locks themselves out, or lets themselves in.
3. What is given lies in the scope of who gives it.
4. What takes away is done at once. What gives more (a higher role, or a scope that was not held) waits until a second
   person approves it, who is neither who proposed it nor whom it is for.

It makes no account and no password. Source: OWASP ASVS 5.0, 8.2 and 8.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, true

from fleet.errors import FleetError
from fleet.operators import api_tokens, sessions
from fleet.operators.accounts import Account, Role, give, of_row, shut
from fleet.store.operator_tables import api_token, operator, rights_proposal
from fleet.store.scope import Level, Scope

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

_LASTS_MS = 7 * 24 * 60 * 60 * 1000  # a proposal that nobody has answered is over
_SHOWN: tuple[ColumnElement[Any], ...] = (
    operator.c.id,
    operator.c.name,
    operator.c.display,
    operator.c.scope,
    operator.c.role,
    operator.c.made_ms,
    operator.c.disabled_ms,
)


class Why(StrEnum):
    """Why something is not done to an account."""

    NOT_THERE = "not_there"
    OWN = "own"
    BEYOND = "beyond"
    DISABLED = "disabled"
    NOT_PROPOSED = "not_proposed"
    SECOND_PERSON = "second_person"
    SAME = "same"
    NOT_SAID = "not_said"  # no scope, or no role


class NotDoneError(FleetError):
    """Something is not done to an account; `why` says the rule."""

    def __init__(self, why: Why) -> None:
        """Keep the rule."""
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Overseer:
    """Who does something to an account, and when."""

    name: str
    scope: Scope
    at_ms: int


@dataclass(frozen=True, slots=True)
class Proposal:
    """More that an account shall be given, and who says so."""

    scope: Scope
    role: Role
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Overview:
    """One account, whether it is signed in anywhere, how many programs ask as it, and what is proposed for it."""

    account: Account
    sessions: tuple[sessions.Session, ...]
    tokens: int
    proposal: Proposal | None


def read(connection: Connection, scope: Scope, after: str, most: int) -> list[Account]:
    """The accounts of a scope by name, those after a name."""
    wanted = select(*_SHOWN).where(_within(scope), operator.c.name > after).order_by(operator.c.name).limit(most)
    return [of_row(row) for row in connection.execute(wanted)]


def proposed(connection: Connection, scope: Scope, now_ms: int) -> set[int]:
    """The numbers of the accounts of a scope for which more is proposed."""
    joined = select(rights_proposal.c.operator).join_from(rights_proposal, operator)
    return set(connection.execute(joined.where(_within(scope), _stands(now_ms))).scalars())


def look(connection: Connection, number: int, scope: Scope, now_ms: int) -> Overview:
    """One account of a scope.

    Raises:
        NotDoneError: there is none of that number in it.
    """
    account = _there(connection, number, scope)
    tokens = select(func.count()).select_from(api_token)
    usable = (api_token.c.operator == number) & (api_token.c.until_ms > now_ms)
    return Overview(
        account,
        tuple(sessions.read_all(connection, account, now_ms)),
        connection.execute(tokens.where(usable)).scalar_one(),
        _proposal(connection, number, now_ms),
    )


def end(connection: Connection, number: int, by: Overseer) -> tuple[Account, int]:
    """End an account's sessions and tokens; how many there were.

    Raises:
        NotDoneError: by the rules above.
    """
    account = _under(connection, number, by)
    return account, sessions.end(connection, account) + api_tokens.end(connection, account)


def disable(connection: Connection, number: int, by: Overseer) -> Account:
    """Let an account sign in no more.

    Raises:
        NotDoneError: by the rules above.
    """
    account = _under(connection, number, by)
    shut(connection, account, by.at_ms)
    return account


def change(connection: Connection, number: int, scope: Scope, role: Role, by: Overseer) -> tuple[Account, bool]:
    """Give an account another scope and role; whether that is in force, or waits for a second person.

    Raises:
        NotDoneError: by the rules above.
    """
    account = _under(connection, number, by)
    if account.disabled_ms is not None:
        raise NotDoneError(Why.DISABLED)
    if not by.scope.holds(scope):  # 3
        raise NotDoneError(Why.BEYOND)
    if (account.scope, account.role) == (scope, role):
        raise NotDoneError(Why.SAME)
    if account.role.may(role) and account.scope.holds(scope):  # 4
        give(connection, account, scope, role)
        return account, True
    _forget(connection, number)
    row = {"operator": number, "scope": str(scope), "role": role, "proposed_by": by.name, "proposed_ms": by.at_ms}
    connection.execute(rights_proposal.insert().values(**row))
    return account, False


def approve(connection: Connection, number: int, seen: tuple[str, str], by: Overseer) -> tuple[Account, Proposal]:
    """Put in force what somebody else has proposed; `seen` is the scope and role that were looked at.

    Raises:
        NotDoneError: by the rules above.
    """
    account = _under(connection, number, by)
    proposal = _proposal(connection, number, by.at_ms)
    if proposal is None or seen != (str(proposal.scope), str(proposal.role)):
        raise NotDoneError(Why.NOT_PROPOSED)
    if proposal.by == by.name:  # 4
        raise NotDoneError(Why.SECOND_PERSON)
    if not by.scope.holds(proposal.scope):  # 3
        raise NotDoneError(Why.BEYOND)
    give(connection, account, proposal.scope, proposal.role)
    return account, proposal


def decline(connection: Connection, number: int, by: Overseer) -> Account:
    """Take away what was proposed.

    Raises:
        NotDoneError: by the rules above.
    """
    account = _under(connection, number, by)
    if _proposal(connection, number, by.at_ms) is None:
        raise NotDoneError(Why.NOT_PROPOSED)
    _forget(connection, number)
    return account


def _under(connection: Connection, number: int, by: Overseer) -> Account:
    account = _there(connection, number, by.scope)
    if account.name == by.name:  # 2
        raise NotDoneError(Why.OWN)
    return account


def _there(connection: Connection, number: int, scope: Scope) -> Account:  # 1
    row = connection.execute(select(*_SHOWN).where(_within(scope), operator.c.id == number)).first()
    if row is None:
        raise NotDoneError(Why.NOT_THERE)
    return of_row(row)


def _proposal(connection: Connection, number: int, now_ms: int) -> Proposal | None:
    wanted = select(rights_proposal).where(rights_proposal.c.operator == number, _stands(now_ms))
    row = connection.execute(wanted).first()
    return None if row is None else Proposal(Scope.parse(row.scope), Role(row.role), row.proposed_by, row.proposed_ms)


def _forget(connection: Connection, number: int) -> None:
    connection.execute(delete(rights_proposal).where(rights_proposal.c.operator == number))


def _stands(now_ms: int) -> ColumnElement[bool]:
    return rights_proposal.c.proposed_ms > now_ms - _LASTS_MS


def _within(scope: Scope) -> ColumnElement[bool]:
    if scope.level is Level.NATION:
        return true()
    own = operator.c.scope == str(scope)
    whole = [operator.c.scope == f"{Level.PROVINCE}:{code}" for code in scope.provinces]
    sites = [operator.c.scope.startswith(f"{Level.FACILITY}:{code}/") for code in scope.provinces]
    return or_(own, *whole, *sites)
