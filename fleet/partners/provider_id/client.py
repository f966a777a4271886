# SPDX-License-Identifier: Apache-2.0
"""Speaks the contract of the office that gives Provider IDs; every foreign failure ends here as one error with a code.

Source: contract.toml beside this file.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self

import httpx
import msgspec

from fleet.partners.line import Line
from fleet.partners.provider_id.shapes import (
    HAS_NONE,
    HandOver,
    HandOverProgress,
    OfficeUnavailableError,
    Progress,
    Refusal,
    StaffStanding,
)

if TYPE_CHECKING:
    from types import TracebackType


_TIMEOUT = httpx.Timeout(3.0)  # seconds; contract.toml, timeouts


class HttpOffice:
    """The office at one address; `sandbox` says which kind its answers must claim to be."""

    hands_over = True

    def __init__(self, url: str, *, sandbox: bool, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self._line = Line(url, sandbox=sandbox, timeout=timeout, unavailable=OfficeUnavailableError)

    def has_provider_id(self, citizen_number: str) -> bool:
        """Whether a person has one; a 400 that says so is a no, and any other a failure."""
        body = msgspec.json.encode({"citizen_number": citizen_number})
        bad = frozenset({HTTPStatus.BAD_REQUEST})
        status, content = self._line.exchange("POST", "/v1/staff/standing", body, also=bad)
        if status == HTTPStatus.OK:
            return self._line.read(StaffStanding, content).has_provider_id
        if self._line.read(Refusal, content).message == HAS_NONE:
            return False
        code = f"http_{status}"
        raise OfficeUnavailableError(code)

    def begin(self, ask: str, citizen_number: str, word: tuple[str, str]) -> HandOver:
        """Begin to hand a person over to their own phone: the same ask gives the same link and words."""
        told = {"citizen_number": citizen_number, "word_th": word[0], "word_en": word[1]}
        return self._line.ask(HandOver, "PUT", f"/v1/hand-overs/{ask}", msgspec.json.encode(told))

    def progress(self, ask: str) -> Progress:
        """How far the phone has come."""
        return self._line.ask(HandOverProgress, "GET", f"/v1/hand-overs/{ask}").state

    def __enter__(self) -> Self:
        """Use the connections until the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self._line.close()
