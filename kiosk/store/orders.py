# SPDX-License-Identifier: Apache-2.0
"""What was ordered here and what came of it: the nonces, the order that was brought, the last number, the results.

An order's number, its effect and its result are one transaction, so that it is carried out once or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wire.envelope import digest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from kiosk.store.database import Store

NONCES = 3  # the newest; those before them are older than any order may be
RESULTS = 16  # the newest: orders are given one at a time, so that more than two wait for a receipt only after mishaps


@dataclass(frozen=True, slots=True)
class Rotation:
    """Order `n` for a new key, while the certificate that is good until `from_ms` is still used."""

    n: int
    from_ms: int


@dataclass(frozen=True, slots=True)
class Update:
    """Order `n` for a release; once what installs it has `ended`, `reason` says why it does not stand, or None."""

    n: int
    release: str
    ended: bool = False
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Book:
    """How it stands with orders: `last` is the number of the last one taken, 0 for none."""

    last: int = 0
    resting: bool = False
    restarting: int | None = None
    rotation: Rotation | None = None
    update: Update | None = None


def draw(store: Store, nonce: str) -> None:
    """Let orders carry this nonce from now on."""
    with store.transaction() as connection:
        connection.execute("INSERT INTO order_nonce (nonce) VALUES (?)", (nonce,))
        connection.execute("DELETE FROM order_nonce WHERE n <= (SELECT max(n) FROM order_nonce) - ?", (NONCES,))


def forget_nonces(store: Store) -> None:
    """Let no order carry what another process has drawn."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM order_nonce")
        connection.execute("DELETE FROM order_brought")


def nonce(store: Store) -> str | None:
    """The newest nonce; None while no order is taken here."""
    with store.reading() as connection:
        row = connection.execute("SELECT nonce FROM order_nonce ORDER BY n DESC LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def bring(store: Store, carried: str, n: int, message: bytes) -> bool:
    """Leave a verified order for the screen process; False when its nonce is not one of these, or it was taken."""
    with store.transaction() as connection:
        known = connection.execute("SELECT 1 FROM order_nonce WHERE nonce = ?", (carried,)).fetchone()
        if known is None or n <= _book(connection).last:
            return False
        connection.execute(
            "INSERT INTO order_brought VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " n = excluded.n, message = excluded.message WHERE excluded.n >= order_brought.n",
            (n, message),
        )
    return True


def brought(store: Store) -> bytes | None:
    """The order that was brought last, whether or not it was taken."""
    with store.reading() as connection:
        row = connection.execute("SELECT message FROM order_brought").fetchone()
    return None if row is None else bytes(row[0])


def book(store: Store) -> Book:
    """How it stands with orders."""
    with store.reading() as connection:
        return _book(connection)


def take(store: Store, now: Book, result: bytes) -> bool:
    """Enter what an order changes, with what came of it; False, and nothing, when that number was taken before."""
    with store.transaction() as connection:
        if now.last <= _book(connection).last:
            return False
        _enter(connection, now, result)
        connection.execute("DELETE FROM order_brought WHERE n <= ?", (now.last,))
    return True


def ended(store: Store, result: bytes) -> None:
    """Enter that what was begun is over: the screen process is back, or a certificate is used or not to be had."""
    with store.transaction() as connection:
        before = _book(connection)
        _enter(connection, Book(before.last, before.resting, update=before.update), result)


def update_ended(store: Store, result: bytes) -> None:
    """Enter that an ordered release stands, or does not; whatever else is under way goes on."""
    with store.transaction() as connection:
        _enter(connection, replace(_book(connection), update=None), result)


def answer_update(store: Store, n: int, reason: str | None) -> None:
    """Say what came of order `n` for a release, for the screen's process to sign."""
    with store.transaction() as connection:
        connection.execute("UPDATE order_update SET ended = 1, reason = ? WHERE n = ?", (reason, n))


def results(store: Store) -> list[bytes]:
    """The results that no receipt has named yet, in the order of their orders."""
    with store.reading() as connection:
        rows = connection.execute("SELECT message FROM order_result ORDER BY rowid").fetchall()
    return [bytes(row[0]) for row in rows]


def settle(store: Store, digests: Iterable[str]) -> int:
    """Erase the results that a receipt names, and say how many."""
    named = [(bytes.fromhex(each),) for each in digests]
    if not named:
        return 0
    with store.transaction() as connection:
        return connection.executemany("DELETE FROM order_result WHERE digest = ?", named).rowcount


def _book(connection: sqlite3.Connection) -> Book:
    row = connection.execute("SELECT last, resting, restarting FROM order_book").fetchone()
    begun = connection.execute("SELECT n, from_ms FROM order_rotation").fetchone()
    rotation = None if begun is None else Rotation(*begun)
    asked = connection.execute("SELECT n, release, ended, reason FROM order_update").fetchone()
    update = None if asked is None else Update(asked[0], asked[1], bool(asked[2]), asked[3])
    last, resting, restarting = row or (0, 0, None)
    return Book(last, bool(resting), restarting, rotation, update)


def _enter(connection: sqlite3.Connection, now: Book, result: bytes) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO order_book VALUES (1, ?, ?, ?)", (now.last, int(now.resting), now.restarting)
    )
    connection.execute("DELETE FROM order_rotation")
    if now.rotation is not None:
        connection.execute("INSERT INTO order_rotation VALUES (1, ?, ?)", (now.rotation.n, now.rotation.from_ms))
    if now.update is None:
        connection.execute("DELETE FROM order_update")
    else:  # what the updater has said meanwhile of the same order stays
        connection.execute(
            "INSERT INTO order_update (one, n, release) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET"
            " n = excluded.n, release = excluded.release, ended = 0, reason = NULL WHERE order_update.n != excluded.n",
            (now.update.n, now.update.release),
        )
    connection.execute("INSERT OR REPLACE INTO order_result VALUES (?, ?, ?)", (digest(result), now.last, result))
    connection.execute("DELETE FROM order_result WHERE rowid <= (SELECT max(rowid) FROM order_result) - ?", (RESULTS,))
