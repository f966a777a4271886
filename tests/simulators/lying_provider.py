# SPDX-License-Identifier: Apache-2.0
"""An OpenID Connect provider that issues whatever token a test wants, also those that no honest one would.

It describes itself, gives its keys and exchanges any code once, over plain HTTP on loopback.
It asks nobody who they are.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

from tests.simulators.serving import Serving

CLIENT, SECRET = "console", "a secret: with / and %"
Claims = dict[str, Any]


def key_of(kid: str = "one") -> ECKey:
    """Make a signing key."""
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig", "alg": "ES256"}, private=True)


def signed(claims: Claims, key: ECKey) -> str:
    """Sign as an honest provider would."""
    return jwt.encode({"alg": "ES256", "kid": key.kid}, claims, key)


def unsigned(claims: Claims) -> str:
    """Write a token with the algorithm "none"."""
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


@dataclass
class LyingProvider:
    """What the next answers are; `seen` are the forms that were sent to it, `overrides` parts of its description."""

    server: _Server = field(init=False)
    key: ECKey = field(default_factory=key_of)
    token: str = ""
    seen: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    overrides: dict[str, object] = field(default_factory=dict)
    status: int = 200
    padding: str = ""

    def __post_init__(self) -> None:
        """Listen."""
        self.server = _Server(("127.0.0.1", 0), _Request)
        self.server.provider = self

    @property
    def issuer(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server.server_address[1]}/op"

    def serving(self) -> Serving:
        """Answer until the end of the block."""
        return Serving(self.server)

    def claims(self, nonce: str, others: Claims | None = None) -> Claims:
        """What an honest token would say."""
        now = int(time.time())
        honest = {"iss": self.issuer, "sub": "kanda", "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce}
        return {name: value for name, value in (honest | (others or {})).items() if value is not None}

    def answers(self) -> dict[str, object]:
        """What it answers, by path."""
        ends = {"authorization_endpoint": "auth", "token_endpoint": "token", "jwks_uri": "jwks"}
        described = {"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in ends.items()}}
        return {
            "/op/.well-known/openid-configuration": described | self.overrides,
            "/op/jwks": {"keys": [self.key.as_dict(private=False)], "padding": self.padding},
            "/op/token": {"id_token": self.token, "access_token": "secret-access", "token_type": "Bearer"},
        }


class _Server(ThreadingHTTPServer):
    provider: LyingProvider


class _Request(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        answer = self.server.provider.answers().get(urlsplit(self.path).path)
        content = json.dumps(answer).encode()
        self.send_response(404 if answer is None else self.server.provider.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        """Note what was sent, and answer."""
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.provider.seen.append({name: each[0] for name, each in parse_qs(sent).items()})
        self.server.provider.headers.append(dict(self.headers))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Be quiet."""
