# SPDX-License-Identifier: Apache-2.0
"""The sandbox identity provider's own memory: enrolments by reference, people by a keyed hash of their number."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fleet.partners.idp.shapes import Refused, Standing, State
from fleet.partners.stand_in import Pseudonyms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleet.partners.idp.shapes import Submission

PIN_VALID_MS = 24 * 60 * 60 * 1000
NEW_PINS_PER_DAY = 3  # contract.toml, endpoints.new_pin
_DAY_MS = 24 * 60 * 60 * 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS enrolment (
  reference TEXT PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, person BLOB NOT NULL, accepted_ms INTEGER,
  uses_pin_ms INTEGER, pin TEXT, rejected_ms INTEGER, revoked_ms INTEGER, reason TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS enrolment_person ON enrolment (person);
CREATE TABLE IF NOT EXISTS new_pin (
  n INTEGER PRIMARY KEY, idempotency_key TEXT NOT NULL UNIQUE, reference TEXT NOT NULL, pin TEXT NOT NULL,
  issued_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS new_pin_reference ON new_pin (reference);
"""


class UnknownReferenceError(Exception):
    """No enrolment has this reference."""


class NoNewPinError(Exception):
    """An enrolment gets no new PIN."""

    def __init__(self, why: Refused) -> None:
        """Keep the contract's code."""
        super().__init__(why)
        self.why = why


class WrongPinError(Exception):
    """This is not the PIN that is good for this person now."""


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

    def new_pin(self, reference: str, idempotency_key: str) -> dict[str, Any]:
        """Give an accepted enrolment another PIN, once a key.

        Raises:
            UnknownReferenceError: there is no such enrolment.
            NoNewPinError: there is none for it, or none any more today.
        """
        with self._lock:
            row = self._row("reference", reference)
            told, again = self._told(row), self._new_pin("idempotency_key", idempotency_key)
            if again is None:
                self._refuse_new_pin(reference, told["state"])
                self._issue(reference, idempotency_key)
            elif again["reference"] != reference:
                raise NoNewPinError(Refused.NOT_ACCEPTED)
            return self._told(self._row("reference", reference))

    def use_pin(self, citizen_number: str, pin: str) -> dict[str, Any]:
        """Do what Mor Prom does when a person enters a PIN: only the one that was given last is good.

        Raises:
            WrongPinError: it is not that one, or there is nothing to enter one for.
        """
        with self._lock:
            person = self._people.of(citizen_number)
            for row in self._database.execute("SELECT * FROM enrolment WHERE person = ?", (person,)).fetchall():
                told = self._told(row)
                if told["state"] is State.ACCEPTED and hmac.compare_digest(told["pin"], pin):
                    return self._activate(row["reference"])
        raise WrongPinError

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
        pin = None if reason else _random_pin()
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

    def _refuse_new_pin(self, reference: str, state: State) -> None:
        if state is not State.ACCEPTED:
            raise NoNewPinError(Refused.ALREADY_ACTIVATED if state is State.ACTIVATED else Refused.NOT_ACCEPTED)
        given = self._database.execute(
            "SELECT COUNT(*) FROM new_pin WHERE reference = ? AND issued_ms > ?",
            (reference, self._now_ms() - _DAY_MS),
        ).fetchone()[0]
        if given >= NEW_PINS_PER_DAY:
            raise NoNewPinError(Refused.TOO_OFTEN)

    def _issue(self, reference: str, idempotency_key: str) -> None:
        now = self._now_ms()
        self._database.execute(
            "INSERT INTO new_pin (idempotency_key, reference, pin, issued_ms) VALUES (?, ?, ?, ?)",
            (idempotency_key, reference, _random_pin(), now),
        )
        self._database.execute(
            "UPDATE enrolment SET uses_pin_ms = ? WHERE reference = ?", (now + self._activate_after_ms, reference)
        )

    def _activate(self, reference: str) -> dict[str, Any]:
        self._database.execute("UPDATE enrolment SET uses_pin_ms = ? WHERE reference = ?", (self._now_ms(), reference))
        return self._told(self._row("reference", reference))

    def _new_pin(self, column: str, value: str) -> sqlite3.Row | None:
        """The last new PIN that was given to this reference, or by this key."""
        row: sqlite3.Row | None = self._database.execute(
            f"SELECT * FROM new_pin WHERE {column} = ? ORDER BY n DESC LIMIT 1",  # noqa: S608 - as below
            (value,),
        ).fetchone()
        return row

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
            pin, issued_ms = self._pin(row)
            told |= {"pin": pin, "pin_valid_until_ms": issued_ms + PIN_VALID_MS}
        return told

    def _pin(self, row: sqlite3.Row) -> tuple[str, int]:
        """The PIN that is good, and since when."""
        renewed = self._new_pin("reference", row["reference"])
        return (row["pin"], row["accepted_ms"]) if renewed is None else (renewed["pin"], renewed["issued_ms"])

    def _state(self, row: sqlite3.Row) -> tuple[State, int]:
        """The state and when it began; the pretend person uses the PIN after a fixed time, if it is still valid."""
        if row["rejected_ms"] is not None:
            return State.REJECTED, row["rejected_ms"]
        if row["revoked_ms"] is not None:
            return State.REVOKED, row["revoked_ms"]
        used_ms, over_ms = row["uses_pin_ms"], self._pin(row)[1] + PIN_VALID_MS
        if used_ms <= self._now_ms() and used_ms < over_ms:
            return State.ACTIVATED, used_ms
        return (State.EXPIRED_PIN, over_ms) if over_ms <= self._now_ms() else (State.ACCEPTED, row["accepted_ms"])


def _random_pin() -> str:
    return f"{secrets.randbelow(1_000_000):06}"
