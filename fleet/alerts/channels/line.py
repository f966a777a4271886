# SPDX-License-Identifier: Apache-2.0
"""LINE: a push message of an official account, by the Messaging API.

How sure the contract is (docs/adr/0029): request, retry key, the length of a text and the statuses 200, 400, 403, 409
and 429 are from LINE's public documentation and OpenAPI description, 401 from its common list. Nothing was sent to the
real LINE.
Sources: developers.line.biz, "Send push message" and "Retry failed API requests"; github.com/line/line-openapi.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import httpx

from fleet.alerts import messages
from fleet.alerts.delivery import UndeliveredError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType
    from typing import Self

    from fleet.alerts.outbox import Letter

ADDRESS = "https://api.line.me"
_PUSH = "/v2/bot/message/push"
_TEXT_AT_MOST = 5000  # UTF-16 code units of one text message
_TIMEOUT = httpx.Timeout(10.0, connect=3.0)
_WORDS: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "line_refused",  # an id that is none, or who has left the official account
    HTTPStatus.UNAUTHORIZED: "line_token_refused",
    HTTPStatus.FORBIDDEN: "line_not_allowed",
    HTTPStatus.TOO_MANY_REQUESTS: "line_quota",  # of the month, or too many at once
}
_HOPELESS: frozenset[int] = frozenset({HTTPStatus.BAD_REQUEST})


class Line:
    """Pushes letters as one official account.

    Args:
        token: its channel access token.
        console: where the page of alerts is found; "" for nowhere.
        url: where LINE answers; another one for tests only.
    """

    def __init__(self, token: str, console: str = "", url: str = ADDRESS) -> None:
        self._console = console
        # The environment's proxies are not asked: the token takes the one road.
        self._client = httpx.Client(
            base_url=url,
            timeout=_TIMEOUT,
            trust_env=False,
            follow_redirects=False,
            headers={"Authorization": f"Bearer {token}"},
        )

    def __enter__(self) -> Self:
        """Use it and close it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close its connections."""
        self._client.close()

    def send(self, letter: Letter) -> None:
        """Push one letter. LINE takes a letter's id once and answers 409 to the next: that is taken, too.

        Raises:
            UndeliveredError: LINE is away or has refused it.
        """
        message = {"to": letter.address, "messages": [{"type": "text", "text": _text(letter, self._console)}]}
        try:
            answer = self._client.post(_PUSH, json=message, headers={"X-Line-Retry-Key": letter.id})
        except httpx.TimeoutException as error:
            kind = "timeout"
            raise UndeliveredError(kind) from error
        except httpx.HTTPError as error:
            kind = "no_connection"
            raise UndeliveredError(kind) from error
        if answer.status_code in (HTTPStatus.OK, HTTPStatus.CONFLICT):
            return
        kind = _WORDS.get(answer.status_code, f"http_{answer.status_code}")
        raise UndeliveredError(kind, hopeless=answer.status_code in _HOPELESS)


def _text(letter: Letter, console: str) -> str:
    text = messages.body(letter, console).strip()
    units = text.encode("utf-16-le")[: 2 * _TEXT_AT_MOST]
    return units.decode("utf-16-le", errors="ignore")
