# SPDX-License-Identifier: Apache-2.0
"""The controller's newest word of a kind, as it was signed. One row each: what was made later takes its place."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.store.database import Store


class Word(StrEnum):
    """What is kept so, spelled as its table."""

    ANNOUNCEMENTS = "announcements"
    HELP_NUMBER = "help_number"


def keep(store: Store, word: Word, at_ms: int, message: bytes) -> None:
    """Keep a verified word; one that was not made after the one that is kept changes nothing."""
    with store.transaction() as connection:
        connection.execute(
            f"INSERT INTO {word} VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET at_ms = excluded.at_ms,"  # noqa: S608 - a constant
            f" message = excluded.message WHERE excluded.at_ms > {word}.at_ms",
            (at_ms, message),
        )


def kept(store: Store, word: Word) -> bytes | None:
    """What is kept; None when none ever came."""
    with store.reading() as connection:
        row = connection.execute(f"SELECT message FROM {word}").fetchone()  # noqa: S608 - a constant
    return None if row is None else bytes(row[0])
