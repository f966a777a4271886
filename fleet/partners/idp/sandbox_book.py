# SPDX-License-Identifier: Apache-2.0
"""The sandbox identity provider's own memory: enrolments by reference, people by a keyed hash of their number."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fleet.partners.idp.shapes import Standing, State
from fleet.partners.stand_in import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleet.partners.idp.shapes import Submission

PIN_VALID_MS = 24 * 60 * 60 * 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS enrolment (
  reference TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, person BLOB NOT NULL, accepted_ms INTEGER,
  uses_pin_ms INTEGER, pin TEXT, rejected_ms INTEGER, revoked_ms INTEGER, reason TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS enrolment_person ON enrolment (person);
"""


class UnknownReferenceError(Exception):
    """No enrolment has this reference."""


class Book:
    """What the sandbox remembers; safe to use from several threads. `now_ms` is its clock."""

    def __init__(self, store: Path, *, activate_after_ms: int, now_ms: Callable[[], int]) -> None:
        self._activate_after_ms = activate_after_ms
        self._now_ms = now_ms
        self._lock = threading.Lock()
        self._people = Pseudonyms.beside(store)
        self._database = sqlite3.connect(store, check_same_thread=False, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def submit(self, idempotency_key: str, person: Submission) -> dict[str, Any]:
        """Accept or reject a person once; the same key gives the same enrolment again."""
        with self._lock:
            row = self._row("idempotency_key", idempotency_key)
            if row is None:
                self._decide(idempotency_key, person)
                row = self._row("idempotency_key", idempotency_key)
            return self._told(row)

    def enrolment(self, reference: str) -> dict[str, Any]:
        """How an enrolment stands."""
        with self._lock:
            return self._told(self._row("reference", reference))

    def revoke(self, reference: str, reason: str) -> dict[str, Any]:
        """Take a Health ID back; the first revocation stands."""
        with self._lock:
            self._database.execute(
                "UPDATE enrolment SET revoked_ms = ?, reason = ? WHERE reference = ? AND revoked_ms IS NULL",
                (self._now_ms(), reason[:64], reference),
            )
            return self._told(self._row("reference", reference))

    def standing(self, citizen_number: str) -> dict[str, Any]:
        """How a person stands."""
        with self._lock:
            states = self._states(self._people.of(citizen_number))
        if State.ACTIVATED in states:
            return {"state": Standing.ACTIVATED}
        return {"state": Standing.ACCEPTED if State.ACCEPTED in states else Standing.NONE}

    def _decide(self, idempotency_key: str, person: Submission) -> None:
        now, hashed = self._now_ms(), self._people.of(person.citizen_number)
        reason = self._objection(person, self._states(hashed), now)
        accepted, rejected = (None, now) if reason else (now, None)
        uses_pin = None if reason else now + self._activate_after_ms
        pin = None if reason else f"{secrets.randbelow(1_000_000):06}"
        self._database.execute(
            "INSERT INTO enrolment"
            " (reference, idempotency_key, person, accepted_ms, uses_pin_ms, rejected_ms, pin, reason)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (f"SBX-{secrets.token_hex(8)}", idempotency_key, hashed, accepted, uses_pin, rejected, pin, reason),
        )

    @staticmethod
    def _objection(person: Submission, states: set[State], now_ms: int) -> str | None:
        today = datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()
        if person.card_expires is not None and len(person.card_expires) == len(today) and person.card_expires < today:
            return "card_expired"
        return "already_enrolled" if states & {State.ACCEPTED, State.ACTIVATED} else None

    def _states(self, person: bytes) -> set[State]:
        rows = self._database.execute("SELECT * FROM enrolment WHERE person = ?", (person,))
        return {State(self._told(row)["state"]) for row in rows}

    def _row(self, column: str, value: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._database.execute(
            f"SELECT * FROM enrolment WHERE {column} = ?",  # noqa: S608 - one of two names given above
            (value,),
        ).fetchone()
        return row

    def _told(self, row: sqlite3.Row | None) -> dict[str, Any]:
        if row is None:
            raise UnknownReferenceError
        state, at_ms = self._state(row)
        told: dict[str, Any] = {"reference": row["reference"], "state": state, "at_ms": at_ms, "reason": row["reason"]}
        if state is State.ACCEPTED:
            told |= {"pin": row["pin"], "pin_valid_until_ms": row["accepted_ms"] + PIN_VALID_MS}
        return told

    def _state(self, row: sqlite3.Row) -> tuple[State, int]:
        """The state and when it began; the pretend person uses the PIN after a fixed time, if it is still valid."""
        if row["rejected_ms"] is not None:
            return State.REJECTED, row["rejected_ms"]
        if row["revoked_ms"] is not None:
            return State.REVOKED, row["revoked_ms"]
        used_ms, over_ms = row["uses_pin_ms"], row["accepted_ms"] + PIN_VALID_MS
        if used_ms <= self._now_ms() and used_ms < over_ms:
            return State.ACTIVATED, used_ms
        return (State.EXPIRED_PIN, over_ms) if over_ms <= self._now_ms() else (State.ACCEPTED, row["accepted_ms"])
