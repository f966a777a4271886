# SPDX-License-Identifier: Apache-2.0
"""Questions that a person at the screen waits on, and their sealed answers. Both are erased when their time is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wire.ids import AskId

if TYPE_CHECKING:
    from kiosk.store.database import Store


@dataclass(frozen=True, slots=True)
class OpenAsk:
    """A question on its way. `answers` counts what has come back so far."""

    id: AskId
    message: bytes
    answers: int


def put(store: Store, ask: AskId, message: bytes, expires_ms: int) -> None:
    """Leave a signed, sealed question for the courier."""
    with store.transaction() as connection:
        connection.execute("INSERT INTO ask VALUES (?, ?, ?)", (ask, message, expires_ms))


def open_asks(store: Store, now_ms: int) -> list[OpenAsk]:
    """The questions whose time is not over."""
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT ask.id, ask.message, COUNT(answer.n) FROM ask LEFT JOIN answer ON answer.ask = ask.id"
            " WHERE ask.expires_ms > ? GROUP BY ask.id ORDER BY ask.id",
            (now_ms,),
        ).fetchall()
    return [OpenAsk(AskId(row[0]), row[1], row[2]) for row in rows]


def answered(store: Store, ask: AskId, n: int, message: bytes) -> None:
    """Keep a verified answer for the session; one that nobody waits for, or that came before, changes nothing."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO answer SELECT ?, ?, ? WHERE EXISTS (SELECT 1 FROM ask WHERE id = ?) ON CONFLICT DO NOTHING",
            (ask, n, message, ask),
        )


def answers(store: Store, ask: AskId, after: int) -> list[tuple[int, bytes]]:
    """Answers to a question numbered above `after`, in order."""
    with store.reading() as connection:
        return connection.execute(
            "SELECT n, message FROM answer WHERE ask = ? AND n > ? ORDER BY n", (ask, after)
        ).fetchall()


def forget(store: Store, ask: AskId) -> None:
    """Erase a question and its answers: its session is over."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM ask WHERE id = ?", (ask,))


def forget_expired(store: Store, now_ms: int) -> None:
    """Erase what a crashed session left behind."""
    with store.transaction() as connection:
        connection.execute("DELETE FROM ask WHERE expires_ms <= ?", (now_ms,))
