# SPDX-License-Identifier: Apache-2.0
"""What a stand-in for LINE gets, and how each of its refusals is told."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fleet.alerts import messages
from fleet.alerts.channels.line import Line
from tests.fleet.alerts.letters import alarm, letter, refusal
from tests.simulators.line_service import TOKEN, LineService

if TYPE_CHECKING:
    from collections.abc import Iterator

FRIEND = "U" + "0a" * 16


@pytest.fixture
def line_service() -> Iterator[LineService]:
    with LineService() as service:
        yield service


def test_line_gets_a_text_and_takes_the_same_letter_once(line_service: LineService) -> None:
    sent = letter(address=FRIEND, language="th")
    with Line(TOKEN, url=line_service.url) as line:
        for _ in range(2):
            line.send(sent)
    (pushed,) = line_service.service.pushed
    assert pushed == {"to": FRIEND, "messages": [{"type": "text", "text": messages.body(sent).strip()}]}
    assert line_service.service.keys == {sent.id}


def test_a_text_is_never_longer_than_line_takes(line_service: LineService) -> None:
    long = replace(alarm(), code="🍎" * 4000)
    with Line(TOKEN, url=line_service.url) as line:
        line.send(letter(long, address=FRIEND))
    assert len(line_service.service.pushed) == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (429, ("line_quota", False)),
        (403, ("line_not_allowed", False)),
        (500, ("http_500", False)),
        (599, ("http_599", False)),
    ],
)
def test_what_line_refuses_for_now_is_tried_again(
    line_service: LineService, status: int, told: tuple[str, bool]
) -> None:
    line_service.service.answer = status
    with Line(TOKEN, url=line_service.url) as line:
        assert refusal(line, letter(address=FRIEND)) == told


def test_a_recipient_that_line_does_not_know_is_hopeless_and_a_token_is_mended_by_somebody(
    line_service: LineService,
) -> None:
    with Line(TOKEN, url=line_service.url) as line:
        assert refusal(line, letter(address="somebody")) == ("line_refused", True)
    with Line("old", url=line_service.url) as line:
        assert refusal(line, letter(address=FRIEND)) == ("line_token_refused", False)


def test_a_line_that_is_away_is_tried_again() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with Line(TOKEN, url=f"http://127.0.0.1:{free.getsockname()[1]}") as line:
            assert refusal(line, letter(address=FRIEND)) == ("no_connection", False)
