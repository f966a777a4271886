# SPDX-License-Identifier: Apache-2.0
"""Mail to a real server on loopback, and how each of its refusals is told."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from fleet.alerts import messages
from fleet.alerts.channels.mail import Mail, Security, Server
from tests.fleet.alerts.letters import letter, refusal
from tests.simulators.mail_server import PASSWORD, MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def mail_server(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as server:
        yield server


def mail(server: MailServer, **changed: object) -> Mail:
    told: dict[str, object] = {"security": Security.STARTTLS, "sender": "alerts@moph.example", "user": "alerts"}
    told |= {"password": PASSWORD, "authorities": str(server.ca)}
    return Mail(Server("localhost", server.port, **{**told, **changed}))  # type: ignore[arg-type]


def test_a_mail_goes_encrypted_in_thai_and_says_that_a_machine_wrote_it(mail_server: MailServer) -> None:
    sent = letter(language="th")
    mail(mail_server).send(sent)
    (taken,) = mail_server.taken
    assert mail_server.server.encrypted == 1
    assert taken["Subject"] == messages.heading(sent)
    assert taken.get_content().replace("\r\n", "\n") == messages.body(sent)
    assert (taken["Auto-Submitted"], taken["To"]) == ("auto-generated", sent.address)
    assert taken["Message-ID"] == f"<{sent.id}@moph.example>"


def test_a_server_that_offers_no_encryption_gets_no_mail_and_no_password(mail_server: MailServer) -> None:
    mail_server.server.offers_tls = False
    assert refusal(mail(mail_server), letter()) == ("smtp_refused", False)
    assert mail_server.taken == []


def test_a_server_that_nobody_vouches_for_gets_no_mail(mail_server: MailServer) -> None:
    assert refusal(mail(mail_server, authorities=None), letter()) == ("tls_refused", False)


def test_a_server_on_this_machine_needs_neither(mail_server: MailServer) -> None:
    mail(mail_server, security=Security.NONE, user="").send(letter())
    assert (len(mail_server.taken), mail_server.server.encrypted) == (1, 0)


@pytest.mark.parametrize(
    ("recipient", "data", "told"),
    [
        ("550 no such user", "250 ok", ("recipient_refused", True)),
        ("450 busy", "250 ok", ("recipient_refused", False)),
        ("250 ok", "451 later", ("smtp_451", False)),
        ("250 ok", "554 spam", ("smtp_554", False)),
    ],
)
def test_what_a_mail_server_refuses_is_one_word(
    mail_server: MailServer, recipient: str, data: str, told: tuple[str, bool]
) -> None:
    mail_server.server.recipient_answer, mail_server.server.data_answer = recipient, data
    assert refusal(mail(mail_server), letter()) == told


def test_a_wrong_password_and_a_server_that_is_away_are_tried_again(mail_server: MailServer) -> None:
    assert refusal(mail(mail_server, password=PASSWORD[1:]), letter()) == ("sign_in_refused", False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        away = Server("127.0.0.1", free.getsockname()[1], Security.TLS, "alerts@moph.example")
    assert refusal(Mail(away), letter()) == ("no_connection", False)
