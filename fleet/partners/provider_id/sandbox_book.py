# SPDX-License-Identifier: Apache-2.0
"""The sandbox office's own memory: who has a Provider ID, and who is being handed over to a phone."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.partners.provider_id.shapes import Progress
from fleet.partners.stand_in import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HAND_OVER_MS = 4 * 60_000
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # read off a screen, and small in a QR code
_LENGTH = 10  # 50 bits for four minutes on loopback
_SCHEMA = """
CREATE TABLE IF NOT EXISTS holder (person BLOB PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS hand_over (
  ask TEXT PRIMARY KEY, person BLOB NOT NULL, secret TEXT NOT NULL UNIQUE, word_th TEXT NOT NULL, word_en TEXT NOT NULL,
  ends_ms INTEGER NOT NULL, signed_in TEXT
) STRICT;
"""


class UnknownHandOverError(Exception):
    """There is no such hand-over."""


@dataclass(frozen=True, slots=True, repr=False)
class Begun:
    """One hand-over; whoever has the secret is the phone."""

    ask: str
    secret: str
    word_th: str
    word_en: str


class Book:
    """What the sandbox remembers; safe to use from several threads. `now_ms` is its clock."""

    def __init__(self, store: Path, *, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._people = Pseudonyms.beside(store)
        self._database = sqlite3.connect(store, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def has_provider_id(self, citizen_number: str) -> bool:
        """Whether a person has one."""
        with self._lock:
            return self._holds(self._people.of(citizen_number))

    def give(self, citizen_number: str) -> None:
        """Let a person have one already."""
        with self._lock:
            self._give(self._people.of(citizen_number))

    def begin(self, ask: str, citizen_number: str, word: tuple[str, str]) -> Begun:
        """Begin a hand-over once; the same ask gives the same one again."""
        secret = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        with self._lock:
            self._database.execute(
                "INSERT INTO hand_over VALUES (?, ?, ?, ?, ?, ?, NULL) ON CONFLICT (ask) DO NOTHING",
                (ask, self._people.of(citizen_number), secret, *word, self._now_ms() + HAND_OVER_MS),
            )
            return _begun(self._row("ask", ask))

    def begun(self, secret: str) -> Begun:
        """The hand-over that a phone came for."""
        with self._lock:
            return _begun(self._row("secret", secret))

    def progress(self, ask: str) -> Progress:
        """How far it has come."""
        with self._lock:
            return self._progress(self._row("ask", ask))

    def sign_in(self, secret: str, *, owner: bool) -> None:
        """Let the card's holder, or somebody else, sign in on the phone; the first one counts, and not too late."""
        with self._lock:
            row = self._row("secret", secret)
            if self._progress(row) is not Progress.WAITING:
                return
            said = Progress.DONE if owner else Progress.ANOTHER_PERSON
            self._database.execute("UPDATE hand_over SET signed_in = ? WHERE secret = ?", (said, secret))
            if owner:
                self._give(row["person"])

    def _progress(self, row: sqlite3.Row) -> Progress:
        if row["signed_in"] is not None:
            return Progress(row["signed_in"])
        return Progress.EXPIRED if row["ends_ms"] <= self._now_ms() else Progress.WAITING

    def _give(self, person: bytes) -> None:
        self._database.execute("INSERT INTO holder VALUES (?) ON CONFLICT DO NOTHING", (person,))

    def _holds(self, person: bytes) -> bool:
        return self._database.execute("SELECT 1 FROM holder WHERE person = ?", (person,)).fetchone() is not None

    def _row(self, column: str, value: str) -> sqlite3.Row:
        row: sqlite3.Row | None = self._database.execute(
            f"SELECT * FROM hand_over WHERE {column} = ?",  # noqa: S608 - one of two names given above
            (value,),
        ).fetchone()
        if row is None:
            raise UnknownHandOverError
        return row


def _begun(row: sqlite3.Row) -> Begun:
    return Begun(row["ask"], row["secret"], row["word_th"], row["word_en"])
