# SPDX-License-Identifier: Apache-2.0
"""Speaks the identity provider's contract over HTTP; every foreign failure ends here as one error with a code.

It refuses an answer that is labelled sandbox when it should be real, and the other way round.
Source: contract.toml beside this file.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Self, TypeVar

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

if TYPE_CHECKING:
    from types import TracebackType

_TIMEOUT = httpx.Timeout(10.0, connect=3.0)  # seconds; contract.toml, timeouts
_ANSWER_BYTES = 65_536
_REFUSALS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS})

Answer = TypeVar("Answer", Enrolment, PersonStanding, Refusal)


class HttpIdentityProvider:
    """One identity provider at one address; `sandbox` says which kind its answers must claim to be."""

    def __init__(self, url: str, *, sandbox: bool, timeout: httpx.Timeout = _TIMEOUT) -> None:
        self._sandbox = sandbox
        # The environment's proxies are not asked: a person's data takes the configured road only.
        self._client = httpx.Client(base_url=url, timeout=timeout, trust_env=False, follow_redirects=False)

    def submit(self, event: str, person: Submission) -> Enrolment:
        """Submit a person once: the same event always gives the same enrolment."""
        return self._ask(Enrolment, "POST", "/v1/enrollments", msgspec.json.encode(person), {"Idempotency-Key": event})

    def status(self, reference: str) -> Enrolment:
        """How an enrolment stands now; carries the PIN while it is accepted."""
        return self._ask(Enrolment, "GET", f"/v1/enrollments/{reference}")

    def new_pin(self, reference: str, key: str) -> Enrolment | Refused:
        """Give an accepted enrolment a new PIN in place of the last: the same key gives one, and is told it again."""
        path = f"/v1/enrollments/{reference}/pin"
        request = self._client.build_request("POST", path, headers=self._headers({"Idempotency-Key": key}))
        status, content = self._exchange(request, also=_REFUSALS)
        if status in _REFUSALS:
            return self._read(Refusal, content).error
        return self._read(Enrolment, content)

    def status_of(self, citizen_number: str) -> Standing:
        """How a person stands now."""
        body = msgspec.json.encode({"citizen_number": citizen_number})
        return self._ask(PersonStanding, "POST", "/v1/people/status", body).state

    def __enter__(self) -> Self:
        """Use the connections until the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them."""
        self._client.close()

    def _ask(
        self,
        shape: type[Answer],
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        request = self._client.build_request(method, path, content=body, headers=self._headers(headers))
        _, content = self._exchange(request)
        return self._read(shape, content)

    def _read(self, shape: type[Answer], content: bytes) -> Answer:
        try:
            answer = msgspec.json.decode(content, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            code = "not_the_contract"
            raise ProviderUnavailableError(code) from error
        if answer.sandbox != self._sandbox:
            code = "sandbox_answer_refused" if answer.sandbox else "unlabelled_answer_refused"
            raise ProviderUnavailableError(code)
        return answer

    @staticmethod
    def _headers(more: dict[str, str] | None) -> dict[str, str]:
        return {"Content-Type": "application/json", "Accept": "application/json", **(more or {})}

    def _exchange(self, request: httpx.Request, also: frozenset[HTTPStatus] = frozenset()) -> tuple[int, bytes]:
        """The status and what came with it; `also` is what may come beside 200."""
        try:
            response = self._client.send(request, stream=True)
            try:
                if response.status_code not in {HTTPStatus.OK, *also}:
                    code = f"http_{response.status_code}"
                    raise ProviderUnavailableError(code)
                return response.status_code, _bounded(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            code = "timeout"
            raise ProviderUnavailableError(code) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            code = "no_connection"
            raise ProviderUnavailableError(code) from error


def _bounded(response: httpx.Response) -> bytes:
    content = b""
    for part in response.iter_bytes():
        content += part
        if len(content) > _ANSWER_BYTES:
            code = "answer_too_large"
            raise ProviderUnavailableError(code)
    return content
