# SPDX-License-Identifier: Apache-2.0
"""Speaks the identity provider's contract over HTTP; every foreign failure ends here as one error with a code.

Source: contract.toml beside this file.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import httpx
import msgspec

from fleet.partners.idp.shapes import (
    Enrolment,
    PersonStanding,
    ProviderUnavailableError,
    Refusal,
    Refused,
    Standing,
    Submission,
)
from fleet.partners.line import Line

if TYPE_CHECKING:
    from types import TracebackType


_TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # seconds; contract.toml, timeouts
_REFUSALS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})


class HttpIdentityProvider:
    """One identity provider at one address; `sandbox` says which kind its answers must claim to be."""

    def __init__(self, url: str, *, sandbox: bool, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self._line = Line(url, sandbox=sandbox, timeout=timeout, unavailable=ProviderUnavailableError)

    def submit(self, event: str, person: Submission) -> Enrolment:
        """Submit a person once: the same event always gives the same enrolment."""
        return self._line.ask(
            Enrolment, "POST", "/v1/enrollments", msgspec.json.encode(person), {"Idempotency-Key": event}
        )

    def status(self, reference: str) -> Enrolment:
        """How an enrolment stands now; carries the PIN while it is accepted."""
        return self._line.ask(Enrolment, "GET", f"/v1/enrollments/{reference}")

    def new_pin(self, reference: str, key: str) -> Enrolment | Refused:
        """Give an accepted enrolment a new PIN in place of the last: the same key gives one, and is told it again."""
        path = f"/v1/enrollments/{reference}/pin"
        status, content = self._line.exchange("POST", path, headers={"Idempotency-Key": key}, also=_REFUSALS)
        if status in _REFUSALS:
            return self._line.read(Refusal, content).error
        return self._line.read(Enrolment, content)

    def status_of(self, citizen_number: str) -> Standing:
        """How a person stands now."""
        body = msgspec.json.encode({"citizen_number": citizen_number})
        return self._line.ask(PersonStanding, "POST", "/v1/people/status", body).state

    def __enter__(self) -> Self:
        """Use the connections until the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self._line.close()
