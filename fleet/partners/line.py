# SPDX-License-Identifier: Apache-2.0
"""The line to one outside system that speaks JSON over HTTP: bounded, and every foreign failure ends in one word.

It refuses an answer that is labelled sandbox when it should be real, and the other way round.
"""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeVar

import httpx
import msgspec

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

_ANSWER_BYTES = 65_536


class Labelled(Protocol):
    """An answer that says whether a real system gave it."""

    @property
    def sandbox(self) -> bool:
        """True when none did."""


Answer = TypeVar("Answer", bound=Labelled)


@cache
def _authorities() -> ssl.SSLContext:
    """Whom every line believes: read once, for that takes longer than to ask."""
    return httpx.create_ssl_context(trust_env=False)


class Line:
    """One system at one address.

    Args:
        url: where it answers.
        sandbox: which kind its answers must claim to be.
        timeout: how long it is waited for.
        unavailable: makes the error for a failure, given its one word.
    """

    def __init__(
        self, url: str, *, sandbox: bool, timeout: httpx.Timeout, unavailable: Callable[[str], Exception]
    ) -> None:
        self._sandbox = sandbox
        self._unavailable = unavailable
        # The environment's proxies are not asked: a person's data takes the configured road only.
        self._client = httpx.Client(
            base_url=url, timeout=timeout, trust_env=False, follow_redirects=False, verify=_authorities()
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(
        self,
        shape: type[Answer],
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask, and read the answer of a 200."""
        _, content = self.exchange(method, path, body, headers)
        return self.read(shape, content)

    def exchange(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        also: frozenset[HTTPStatus] = frozenset(),
    ) -> tuple[int, bytes]:
        """The status and what came with it; `also` is what may come beside 200."""
        told = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        request = self._client.build_request(method, path, content=body, headers=told)
        try:
            response = self._client.send(request, stream=True)
            try:
                if response.status_code not in {HTTPStatus.OK, *also}:
                    code = f"http_{response.status_code}"
                    raise self._unavailable(code)
                return response.status_code, self._bounded(response)
            finally:
                response.close()
        except httpx.TimeoutException as error:
            code = "timeout"
            raise self._unavailable(code) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            code = "no_connection"
            raise self._unavailable(code) from error

    def read(self, shape: type[Answer], content: bytes) -> Answer:
        """Read an answer of this shape, labelled as it must be."""
        try:
            answer = msgspec.json.decode(content, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            code = "not_the_contract"
            raise self._unavailable(code) from error
        if answer.sandbox != self._sandbox:
            code = "sandbox_answer_refused" if answer.sandbox else "unlabelled_answer_refused"
            raise self._unavailable(code)
        return answer

    def _bounded(self, response: httpx.Response) -> bytes:
        content = b""
        for part in response.iter_bytes():
            content += part
            if len(content) > _ANSWER_BYTES:
                code = "answer_too_large"
                raise self._unavailable(code)
        return content
