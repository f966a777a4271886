# SPDX-License-Identifier: Apache-2.0
"""How long somebody waits after wrong attempts to sign in: longer each time, by account and by address, never for ever.

An attempt counts before it is judged, so that many at once are not judged for the price of one. A name that is no
account waits as one that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from fleet.store.operator_tables import sign_in_pause
from fleet.store.session import insert

if TYPE_CHECKING:
    from sqlalchemy import Connection

_FREE_OF_ACCOUNT = 3  # attempts before anybody waits; a finger slips
_FREE_OF_ADDRESS = 20  # a whole office may come from one address
_LONGEST_MS = 15 * 60 * 1000
_FORGOTTEN_MS = 24 * 60 * 60 * 1000
_DOUBLINGS = 10  # 1,024 seconds are past the longest


def claim(connection: Connection, account: str, address: str, now_ms: int) -> int:
    """Count an attempt beforehand; 0, or how many milliseconds to wait: then it is not counted and must not be judged.

    `account` and `address` are disguised already.
    """
    connection.execute(delete(sign_in_pause).where(sign_in_pause.c.last_ms < now_ms - _FORGOTTEN_MS))
    rows = {account: _FREE_OF_ACCOUNT, address: _FREE_OF_ADDRESS}  # always in this order: nobody waits in a circle
    waits = [_left(connection, who, free, now_ms) for who, free in rows.items()]
    if max(waits) > 0:
        return max(waits)
    counted = update(sign_in_pause).where(sign_in_pause.c.who.in_(rows))
    connection.execute(counted.values(attempts=sign_in_pause.c.attempts + 1, last_ms=now_ms))
    return 0


def forgive(connection: Connection, account: str, address: str) -> None:
    """A right attempt: the account starts anew, and the address has one less against it."""
    connection.execute(delete(sign_in_pause).where(sign_in_pause.c.who == account))
    fewer = update(sign_in_pause).where((sign_in_pause.c.who == address) & (sign_in_pause.c.attempts > 0))
    connection.execute(fewer.values(attempts=sign_in_pause.c.attempts - 1))


def _left(connection: Connection, who: str, free: int, now_ms: int) -> int:
    fresh = insert(connection, sign_in_pause).values(who=who, attempts=0, last_ms=now_ms)
    # One statement makes and locks the row: between two a right attempt elsewhere could take it away.
    kept = fresh.on_conflict_do_update(index_elements=[sign_in_pause.c.who], set_={"who": who})
    attempts, last_ms = connection.execute(kept.returning(sign_in_pause.c.attempts, sign_in_pause.c.last_ms)).one()
    if attempts < free:
        return 0
    pause_ms = min(_LONGEST_MS, 1000 << min(int(attempts) - free, _DOUBLINGS))
    return max(0, int(last_ms) + pause_ms - now_ms)
