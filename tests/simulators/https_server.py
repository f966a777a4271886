# SPDX-License-Identifier: Apache-2.0
"""A real HTTPS server on loopback with a certificate authority of its own, that serves files well or badly on purpose.

One thread a connection; it ends with its `with`. What it was asked for is kept in `asked`.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.simulators.serving import Serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Posted:
    """One POST as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Request(BaseHTTPRequestHandler):
    """One request; a test answers it with these."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        """Answer as the test wants this path answered."""
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        self.close_connection = True
        answer = self.server.answers.get(self.path.partition("?")[0])
        if answer is None:
            self.begin(404, Content_Length="0")
        else:
            answer(self)

    def do_POST(self) -> None:
        """Note what was brought, and answer likewise."""
        size = int(self.headers.get("Content-Length", "0"))
        self.server.posted.append(Posted(self.path, dict(self.headers), self.rfile.read(size)))
        self.do_GET()

    def begin(self, status: int, **headers: str) -> None:
        """Send the head; `_` in a name stands for `-`."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, content: bytes) -> None:
        """Send a part of the body."""
        self.wfile.write(content)
        self.wfile.flush()

    def wait_until_gone(self) -> None:
        """Say nothing more until the client hangs up."""
        self.connection.settimeout(30)
        self.rfile.read(1)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Request)
        self.answers: dict[str, Callable[[Request], None]] = {}
        self.asked: list[tuple[str, str]] = []
        self.posted: list[Posted] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hung up is what a test wants."""


class HttpsServer(Serving):
    """`with HttpsServer(folder) as server:`; `server.ca` is the file that a client must trust."""

    def __init__(self, folder: Path, context: ssl.SSLContext | None = None) -> None:
        """Make the authority and the server's certificate in this folder, unless it is told by a context."""
        self.ca = folder / "ca.pem"
        self._server = _Server()
        context = context or server_context(folder)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        super().__init__(self._server)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """Each request's path and its `Range`."""
        return self._server.asked

    @property
    def posted(self) -> list[Posted]:
        """What was brought by POST."""
        return self._server.posted

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def context(self) -> ssl.SSLContext:
        """A client's, that trusts this server."""
        return ssl.create_default_context(cafile=str(self.ca))

    def url(self, path: str = "") -> str:
        """The address of a path here."""
        return f"https://localhost:{self._server.server_address[1]}{path}"

    def on(self, path: str, answer: Callable[[Request], None]) -> str:
        """Answer this path so; returns its address."""
        self._server.answers[path] = answer
        return self.url(path)

    def file(self, path: str, content: bytes) -> str:
        """Serve this content as a good server does, also from the middle."""

        def answer(request: Request) -> None:
            asked = request.headers.get("Range", "")
            start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
            rest = content[start:]
            span = {"Content_Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if asked else {}
            request.begin(206 if asked else 200, Content_Length=str(len(rest)), **span)
            request.send(rest)

        return self.on(path, answer)


def server_context(folder: Path) -> ssl.SSLContext:
    """What a server on loopback needs; whom its clients must trust is written to `ca.pem` in this folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    certified = _self_signed(key).public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(certified)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = folder / "server.pem"
    chain.write_bytes(secret + certified)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _self_signed(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True,
                key_cert_sign=True,
                crl_sign=True,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
        .sign(key, hashes.SHA256())
    )
