# SPDX-License-Identifier: Apache-2.0
"""One attempt to sign in: name, password and a code from the authenticator app, all right or nothing told of which.

1. Whoever was wrong too often waits; nothing is judged meanwhile.
2. Password and code are both judged, also of a name that is no account: it takes as long.
3. A code is taken once: the step of time that it belongs to is written down where it was smaller.

Whoever has signed in at the provider has shown what the password would, and shows the code alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import select, update

from fleet import audit
from fleet.operators import one_time_codes, passwords, pauses, sessions
from fleet.operators.accounts import is_name, of_row
from fleet.operators.one_time_codes import SealError
from fleet.store.operator_tables import operator
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine, Row

    from fleet.operators.accounts import Account
    from fleet.operators.one_time_codes import OperatorKey


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed, and from where."""

    name: str
    password: str
    code: str
    address: str

    def __repr__(self) -> str:
        """Nothing that was typed: a password may stand where the name should."""
        return "Attempt(...)"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in; `wait_ms` is not 0 where nothing was judged."""

    wait_ms: int = 0


def sign_in(engine: Engine, attempt: Attempt, key: OperatorKey, now_ms: int) -> str | Refused:
    """Sign in; the new session's id, or that it was refused."""
    with _passed(engine, attempt, key, now_ms) as passed:
        return passed if isinstance(passed, Refused) else begin(*passed, attempt.address, "password", now_ms)


def sign_in_after_provider(engine: Engine, attempt: Attempt, key: OperatorKey, now_ms: int) -> str | Refused:
    """Sign in whom the provider has named; the attempt holds the account's name and the code."""
    with _passed(engine, attempt, key, now_ms, with_password=False) as passed:
        return passed if isinstance(passed, Refused) else begin(*passed, attempt.address, "provider", now_ms)


def confirm(engine: Engine, attempt: Attempt, key: OperatorKey, now_ms: int) -> Refused | None:
    """Let somebody who has signed in show password and code once more, before what a stolen session must not do."""
    with _passed(engine, attempt, key, now_ms) as passed:
        return passed if isinstance(passed, Refused) else None


def begin(connection: Connection, account: Account, address: str, by: str, now_ms: int) -> str:
    """Begin the session of whoever has shown everything, and write down by which way; its id."""
    session = sessions.begin(connection, account, address, now_ms)
    told: audit.Detail = {"by": by}
    audit.record(connection, audit.Act.SIGNED_IN, who=account.name, subject=account.name, at_ms=now_ms, detail=told)
    return session


@contextmanager
def _passed(
    engine: Engine, attempt: Attempt, key: OperatorKey, now_ms: int, *, with_password: bool = True
) -> Iterator[Refused | tuple[Connection, Account]]:
    """Judge an attempt; where all is right, the account and the transaction in which the code was taken."""
    account, address = key.disguise(f"account|{attempt.name}"), key.disguise(f"address|{attempt.address}")
    with unit_of_work(engine) as connection:
        wait_ms = pauses.claim(connection, account, address, now_ms)
    if wait_ms > 0:  # 1
        yield Refused(wait_ms)
        return
    found = _row(engine, attempt.name)
    step = _judged(found, attempt, key, now_ms, with_password=with_password)
    if found is None or step is None:
        yield Refused()
        return
    with unit_of_work(engine) as connection:
        if not _take(connection, found, step):
            yield Refused()
            return
        pauses.forgive(connection, account, address)
        yield connection, of_row(found)


def _row(engine: Engine, name: str) -> Row[Any] | None:
    if not is_name(name):  # nor would PostgreSQL take every text
        return None
    with reading(engine) as connection:
        return connection.execute(select(operator).where(operator.c.name == name)).first()


def _judged(
    found: Row[Any] | None, attempt: Attempt, key: OperatorKey, now_ms: int, *, with_password: bool
) -> int | None:  # 2
    usable = found if found is not None and found.disabled_ms is None else None
    is_right = not with_password or passwords.fits(attempt.password, None if usable is None else usable.password)
    step = one_time_codes.step_of(attempt.code, None if usable is None else _opened(usable, key), now_ms)
    return step if is_right else None


def _opened(found: Row[Any], key: OperatorKey) -> str | None:
    try:
        return key.open(found.totp, found.name)
    except SealError:  # told to the technician; whoever signs in learns no more than of a wrong password
        log.exception("operator_secret_sealed", account=found.id)
        return None


def _take(connection: Connection, judged: Row[Any], step: int) -> bool:  # 3
    """Whether the code was not used yet, and the account was neither disabled nor reset meanwhile."""
    same = (operator.c.id == judged.id) & (operator.c.password == judged.password) & operator.c.disabled_ms.is_(None)
    unused = same & (operator.c.totp_step < step)
    return connection.execute(update(operator).where(unused).values(totp_step=step)).rowcount == 1
