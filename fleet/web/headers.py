# SPDX-License-Identifier: Apache-2.0
"""What guards every answer: its headers, and the names that alone are answered. No script may run but one of ours.

A page elsewhere can make its own name point to this machine; such a name gets nothing.

Source: security design, section 6; HSTS belongs to the proxy that will speak TLS.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


OWN_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class ForeignNameError(Exception):
    """The console was asked under a name that is not its own."""


def guard(app: Flask, origin: str) -> None:
    """Put the headers on every answer of the app, and refuse every name but the loopback's and the origin's own."""
    names = OWN_NAMES | ({urlsplit(origin).hostname} if origin else set())

    @app.before_request
    def _own_name() -> None:
        if asked_name() not in names:
            raise ForeignNameError

    @app.after_request
    def _add(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.headers.pop("Server", None)
        return response


def asked_name() -> str | None:
    """Give the name under which the console was asked; None where it is none."""
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
