# SPDX-License-Identifier: Apache-2.0
"""Mail by SMTP, with TLS unless the server is on this machine. Source: RFC 5321, RFC 8314, RFC 3834."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.alerts import messages
from fleet.alerts.delivery import UndeliveredError

if TYPE_CHECKING:
    from fleet.alerts.outbox import Letter

_TIMEOUT_S = 15.0
_PERMANENT = 500  # RFC 5321, 4.2.1: 5yz is a permanent negative reply


class Security(StrEnum):
    """How the line to the server is protected."""

    TLS = "tls"  # from the first byte
    STARTTLS = "starttls"
    NONE = "none"  # to this machine only


@dataclass(frozen=True, slots=True, repr=False)
class Server:
    """Where mail is handed over, and as whom."""

    host: str
    port: int
    security: Security
    sender: str
    user: str = ""
    password: str = ""
    authorities: str | None = None  # a PEM file; None: the machine's


class Mail:
    """Hands letters to one mail server.

    `console` is where the page of alerts is found; "" for nowhere.
    """

    def __init__(self, server: Server, console: str = "") -> None:
        self._server = server
        self._console = console
        self._tls = ssl.create_default_context(cafile=server.authorities)

    def send(self, letter: Letter) -> None:
        """Hand one letter over.

        Raises:
            UndeliveredError: the server is away, or it refused the sender, the recipient or the letter.
        """
        message = self._written(letter)
        try:
            with self._connected() as smtp:
                smtp.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            permanent = all(code >= _PERMANENT for code, _ in error.recipients.values())
            kind = "recipient_refused"
            raise UndeliveredError(kind, hopeless=permanent) from error
        except smtplib.SMTPAuthenticationError as error:
            kind = "sign_in_refused"
            raise UndeliveredError(kind) from error
        except smtplib.SMTPResponseException as error:
            kind = f"smtp_{error.smtp_code}"
            raise UndeliveredError(kind) from error
        except smtplib.SMTPException as error:
            kind = "smtp_refused"
            raise UndeliveredError(kind) from error
        except ssl.SSLError as error:
            kind = "tls_refused"
            raise UndeliveredError(kind) from error
        except OSError as error:
            kind = "no_connection"
            raise UndeliveredError(kind) from error

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        if server.security is Security.TLS:
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=self._tls)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
        try:
            if server.security is Security.STARTTLS:
                smtp.starttls(context=self._tls)  # refused where the server offers none
            if server.user:
                smtp.login(server.user, server.password)
        except (OSError, smtplib.SMTPException):
            smtp.close()
            raise
        return smtp

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"] = Address("DipChip", addr_spec=self._server.sender)
        message["To"] = Address(addr_spec=letter.address)
        message["Subject"] = " ".join(messages.heading(letter).split())
        message["Date"] = format_datetime(datetime.fromtimestamp(letter.made_ms / 1000, UTC))
        message["Message-ID"] = f"<{letter.id}@{self._server.sender.rpartition('@')[2]}>"  # the same at each attempt
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday note answers
        message.set_content(messages.body(letter, self._console))
        return message
