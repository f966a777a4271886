# SPDX-License-Identifier: Apache-2.0
"""A labelled stand-in for the ministry's identity provider, on loopback: accepts, issues a PIN, and later activates.

It is never the ministry's: each answer says `"sandbox": true`. It keeps a keyed hash of the number, never the number.
Source: contract.toml beside this file; the shapes are ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fleet.partners import stand_in
from fleet.partners.idp.sandbox_book import (
    NEW_PINS_PER_DAY,
    Book,
    NoNewPinError,
    UnknownReferenceError,
    WrongPinError,
)
from fleet.partners.idp.shapes import Refused, Submission
from fleet.partners.stand_in import Exchange, Fault, RefusedError, StandIn

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fault", "Sandbox", "serve"]


class Sandbox(StandIn):
    """The stand-in over its book."""

    def __init__(self, book: Book, port: int = 0) -> None:
        super().__init__(_Exchange, port)
        self.book = book


class _Exchange(Exchange):
    """One request and its answer."""

    server: Sandbox

    def routed(self) -> dict[str, Any]:
        """See `Exchange`."""
        try:
            return self._routed()
        except UnknownReferenceError as error:
            raise RefusedError(404, {"error": "unknown_reference"}) from error
        except WrongPinError as error:
            raise RefusedError(403, {"error": "wrong_pin"}) from error
        except NoNewPinError as error:
            if error.why is Refused.TOO_OFTEN:
                raise RefusedError(429, {"error": error.why, "per_day": NEW_PINS_PER_DAY}) from error
            raise RefusedError(409, {"error": error.why}) from error

    def _routed(self) -> dict[str, Any]:
        book, parts = self.server.book, self.path.strip("/").split("/")
        match self.command, parts:
            case "POST", ["v1", "enrollments"]:
                return book.submit(self.key(), self.body(Submission))
            case "GET", ["v1", "enrollments", reference]:
                return book.enrolment(reference)
            case "POST", ["v1", "enrollments", reference, "revoke"]:
                return book.revoke(reference, self.body(_Revocation).reason)
            case "POST", ["v1", "enrollments", reference, "pin"]:
                return book.new_pin(reference, self.key())
            case "POST", ["v1", "people", "status"]:
                return book.standing(self.body(_Question).citizen_number)
            case "POST", ["mor-prom", "pin"]:  # no part of the contract: the person's own phone
                used = self.body(_PinUse)
                return book.use_pin(used.citizen_number, used.pin)
        raise RefusedError(404)


class _Question(msgspec.Struct, frozen=True):
    citizen_number: str


class _PinUse(msgspec.Struct, frozen=True):
    citizen_number: str
    pin: str


class _Revocation(msgspec.Struct, frozen=True):
    reason: str


def serve(store: Path, *, port: int, activate_after_s: float) -> None:
    """Run until told to stop; says where it listens in one JSON line on standard output."""
    book = Book(store, activate_after_ms=round(activate_after_s * 1000), now_ms=stand_in.wall_ms)
    stand_in.serve(Sandbox(book, port))
    book.close()
