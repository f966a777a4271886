# SPDX-License-Identifier: Apache-2.0
"""Who may ask: this machine, under its own name, with GET; a browser's page only when it is on the list.

Any page can make a visitor's browser ask a loopback port. So a name that is not the loopback's gets nothing (DNS
rebinding), an `Origin` that is not listed gets nothing, and neither does a browser's request on another page's behalf
that carries no `Origin` (an image, a script, a link).
Source: Fetch, 3.2 (Origin, CORS); Fetch Metadata (Sec-Fetch-Site); RFC 9110, 7.2 (Host) and 15.5.20 (421).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

from kiosk.agent.refusals import Refusal, RefusedError

if TYPE_CHECKING:
    from collections.abc import Collection

    from flask import Flask, Response

OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Origin",
}

_TYPED_BY_A_PERSON = "none"  # the address bar, a bookmark


def guard(app: Flask, origins: Collection[str]) -> None:
    """Let only those ask who may; `origins` are the web pages that may."""

    @app.before_request
    def _refuse_others() -> None:
        if _asked_name() not in OWN_NAMES:
            raise RefusedError(Refusal.NAME_NOT_OURS)
        if not _page_may_ask(origins):
            raise RefusedError(Refusal.ORIGIN_NOT_ALLOWED)
        if request.method != "GET":
            raise RefusedError(Refusal.ONLY_GET)

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        if (origin := request.headers.get("Origin")) in origins:
            response.headers["Access-Control-Allow-Origin"] = origin
        return response


def _page_may_ask(origins: Collection[str]) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin in origins
    return request.headers.get("Sec-Fetch-Site", _TYPED_BY_A_PERSON) == _TYPED_BY_A_PERSON


def _asked_name() -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
