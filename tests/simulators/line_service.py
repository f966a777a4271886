# SPDX-License-Identifier: Apache-2.0
"""A stand-in for LINE's Messaging API, as far as its public documents tell: push, retry keys, and its refusals.

It is never LINE's. Sources: line/line-openapi, messaging-api.yml; developers.line.biz, "Retry failed API requests".
"""

from __future__ import annotations

import json
import re
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.simulators.serving import Serving

TOKEN = "channel access token of a test"  # noqa: S105 - of this server
_ID = re.compile(r"[UCR][0-9a-f]{32}")


class _Exchange(BaseHTTPRequestHandler):
    server: _Service

    def do_POST(self) -> None:
        """Judge one request as LINE does."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        status, said = self._judged(body)
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Line-Request-Id", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _judged(self, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.path != "/v2/bot/message/push":
            return 404, {"message": "Not found"}
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Authentication failed. Confirm that the access token is valid."}
        if self.server.answer is not None:
            return self.server.answer, {"message": "as the test wants it"}
        message = json.loads(body)
        if not _ID.fullmatch(str(message.get("to"))) or not _is_sendable(message.get("messages")):
            return 400, {"message": "The request body has 1 error(s)"}
        key = str(uuid.UUID(str(self.headers.get("X-Line-Retry-Key"))))
        if key in self.server.keys:
            return 409, {"message": "The retry key is already accepted"}
        self.server.keys.add(key)
        self.server.pushed.append(message)
        return 200, {"sentMessages": [{"id": str(len(self.server.pushed)), "quoteToken": "q"}]}

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


def _is_sendable(messages: list[dict[str, Any]]) -> bool:
    texts = [each.get("text", "") for each in messages if each.get("type") == "text"]
    units = [len(text.encode("utf-16-le")) // 2 for text in texts]
    return 1 <= len(messages) <= 5 and len(texts) == len(messages) and all(0 < n <= 5000 for n in units)


class _Service(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Exchange)
        self.keys: set[str] = set()
        self.pushed: list[dict[str, Any]] = []
        self.answer: int | None = None


class LineService(Serving):
    """`with LineService() as line:`; `line.answer` makes it refuse all, with that status."""

    def __init__(self) -> None:
        self.service = _Service()
        super().__init__(self.service)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.service.server_address[1]}"
