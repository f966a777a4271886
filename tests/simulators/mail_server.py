# SPDX-License-Identifier: Apache-2.0
"""A real SMTP server on loopback, as small as RFC 5321 lets it be: STARTTLS, AUTH PLAIN, refusals on purpose."""

from __future__ import annotations

import base64
import socketserver
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING

from tests.simulators.https_server import server_context
from tests.simulators.serving import Serving

if TYPE_CHECKING:
    import ssl
    from email.message import EmailMessage
    from pathlib import Path

PASSWORD = "not a real one"  # noqa: S105 - of this server


class _Session(socketserver.StreamRequestHandler):
    """One client."""

    server: _Server

    def handle(self) -> None:
        """Answer commands until it is gone; one that hangs up is what a test may want."""
        try:
            self._talk()
        except (OSError, ValueError):
            return
        finally:
            for each in (self.rfile, self.wfile, self.connection):
                each.close()

    def _talk(self) -> None:
        self._say("220 mail.example")
        while line := self.rfile.readline().decode().strip():
            command, _, rest = line.partition(" ")
            match command.upper():
                case "EHLO":
                    offers = ["STARTTLS"] if self.server.offers_tls else []
                    self._say(*(f"250-{each}" for each in ["mail.example", *offers]), "250 AUTH PLAIN")
                case "STARTTLS":
                    self._say("220 go")
                    self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                    self.rfile = self.connection.makefile("rb")
                    self.wfile = self.connection.makefile("wb", buffering=0)
                    self.server.encrypted += 1
                case "AUTH":
                    given = base64.b64decode(rest.partition(" ")[2]).split(b"\0")
                    self._say("235 in" if given[2].decode() == PASSWORD else "535 no")
                case "RCPT":
                    self._say(self.server.recipient_answer)
                case "DATA":
                    self._say("354 go on")
                    self._take()
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 ok")

    def _take(self) -> None:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if self.server.data_answer.startswith("250"):
            message = BytesParser(policy=policy.default).parsebytes(b"".join(lines))
            self.server.taken.append(message)
        self._say(self.server.data_answer)

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    tls: ssl.SSLContext
    offers_tls = True
    recipient_answer = "250 ok"
    data_answer = "250 taken"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[EmailMessage] = []
        self.encrypted = 0


class MailServer(Serving):
    """`with MailServer(folder) as server:`; `server.ca` is the file that a client must trust."""

    def __init__(self, folder: Path) -> None:
        self.ca = folder / "ca.pem"
        self.server = _Server()
        self.server.tls = server_context(folder)
        super().__init__(self.server)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server.server_address[1])

    @property
    def taken(self) -> list[EmailMessage]:
        """The mails it has taken."""
        return self.server.taken
