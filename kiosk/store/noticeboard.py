# SPDX-License-Identifier: Apache-2.0
"""What one process of the kiosk tells the other: codes and counts, never anything of a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from wire.hello import Kept

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from kiosk.store.database import Store


RESTING = "resting"  # of the screen: an operator has closed the kiosk for a while
_LINK_STALE_MS = 90_000  # three of the courier's notices missed


class Topic(StrEnum):
    """The things that are told."""

    SCREEN = "screen"  # by the screen process: ok, in_session, resting or a fault code
    READER = "reader"  # by the screen process: a presence or a fault code
    CAMERA = "camera"  # by the screen process: ok or a fault code
    LINK = "link"  # by the courier: up or down
    CERTIFICATE = "certificate"  # by the courier: until when it is good, in ms
    EVENT_KEY = "event_key"  # by the screen process: how it is kept, a `Kept`
    TLS_KEY = "tls_key"  # by the courier: likewise


@dataclass(frozen=True, slots=True)
class Notice:
    """A value and when it was told (wall clock in ms)."""

    value: str
    at_ms: int


def pin(store: Store, topic: Topic, value: str, at_ms: int) -> None:
    """Tell the other process."""
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO notice VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " value = excluded.value, at_ms = excluded.at_ms",
            (topic, value, at_ms),
        )


def unpin(store: Store, topics: Iterable[Topic]) -> None:
    """Take down what was told of these."""
    with store.transaction() as connection:
        connection.executemany("DELETE FROM notice WHERE name = ?", [(topic,) for topic in topics])


def certificate_ms(told: Mapping[str, Notice]) -> int | None:
    """Until when the kiosk's certificate is good; None where the courier has not told."""
    notice = told.get(Topic.CERTIFICATE)
    return None if notice is None else int(notice.value)


def kept(told: Mapping[str, Notice], topic: Topic) -> Kept | None:
    """How one of the two keys is kept; None where nobody has told."""
    notice = told.get(topic)
    return None if notice is None else Kept(notice.value)


def read(store: Store) -> dict[str, Notice]:
    """All that is pinned."""
    with store.reading() as connection:
        return read_in(connection)


def read_in(connection: sqlite3.Connection) -> dict[str, Notice]:
    """The same, by a connection of the caller's own."""
    rows = connection.execute("SELECT name, value, at_ms FROM notice").fetchall()
    return {name: Notice(value, at_ms) for name, value, at_ms in rows}


def count_ending(store: Store, ending: str) -> None:
    """Count one ended session by how it ended."""
    with store.transaction() as connection:
        connection.execute("INSERT INTO tally VALUES (?, 1) ON CONFLICT (ending) DO UPDATE SET n = n + 1", (ending,))


def endings(store: Store) -> dict[str, int]:
    """Ended sessions by how they ended."""
    with store.reading() as connection:
        return dict(connection.execute("SELECT ending, n FROM tally").fetchall())


def link_is_up(store: Store, now_ms: int) -> bool:
    """Whether the courier said lately that it reaches the controller.

    Raises:
        StoreError: the store cannot be read.
    """
    link = read(store).get(Topic.LINK)
    return link is not None and link.value == "up" and now_ms - link.at_ms < _LINK_STALE_MS
