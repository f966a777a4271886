# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from kiosk.agent.app import create_app
from kiosk.agent.refusals import WORDS
from kiosk.enrollment.failures import CardReadError, Failure, Fault, FaultError
from tests.kiosk.agent.readers import EMPTY, FULL, READING, Readers
from tests.simulators.holders import invalid_number

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from kiosk.agent.ports import Reading

TERMINALS = "/api/smartcard/terminals"
READ = "/api/smartcard/read-card-only"
HIS = "https://his.example"


def client(readers: Readers, *, patience_s: float = 0.0) -> FlaskClient:
    return create_app(readers, origins=(HIS,), patience_s=patience_s).test_client()


def failing(error: Exception) -> Readers:
    def read() -> Reading:
        raise error

    return Readers(FULL, read=read)


@pytest.mark.parametrize(
    ("query", "wanted"), [("", False), ("?readImageFlag=false", False), ("?readImageFlag=true", True)]
)
def test_a_portrait_is_read_only_when_it_is_asked_for(query: str, wanted: bool) -> None:  # noqa: FBT001
    readers = Readers(FULL)
    assert client(readers).get(READ + query).status_code == 200
    assert readers.portraits == [wanted]


def test_every_reader_is_named_with_whether_a_card_is_in_it() -> None:
    answer = client(Readers(EMPTY, FULL)).get(TERMINALS)
    assert answer.status_code == 200
    assert answer.json == [
        {"terminalName": "Left Reader 00 00", "isPresent": False},
        {"terminalName": "Right Reader 01 00", "isPresent": True},
    ]


def test_without_a_reader_the_list_is_empty_and_a_reading_is_a_teapot() -> None:
    asking = client(Readers())
    assert (asking.get(TERMINALS).status_code, asking.get(TERMINALS).json) == (200, [])
    answer = asking.get(READ)
    assert (answer.status_code, answer.get_json()["code"]) == (418, "reader_absent")


def test_without_a_card_the_answer_is_500_with_words_in_both_languages() -> None:
    answer = client(Readers(EMPTY)).get(READ)
    assert answer.status_code == 500
    assert answer.json == {
        "status": 500,
        "code": "no_card",
        "message": "ไม่มีบัตรในเครื่องอ่าน กรุณาเสียบบัตรประชาชน",
        "messageEn": "There is no card in the reader. Insert the national ID card.",
    }


def test_the_card_is_read_in_the_first_reader_that_has_one() -> None:
    readers = Readers(EMPTY, FULL)
    answer = client(readers).get(READ)
    assert (answer.status_code, answer.get_json()["pid"]) == (200, invalid_number(7))
    assert readers.asked == [FULL.name]


def test_thai_is_written_as_thai() -> None:
    assert "ทดสอบ7".encode() in client(Readers(FULL)).get(READ).data


@pytest.mark.parametrize(
    ("query", "with_image"),
    [("", False), ("?readImageFlag=false", False), ("?readImageFlag=true", True), ("?readImageFlag=True", True)],
)
def test_the_portrait_comes_when_the_flag_asks_for_it(query: str, with_image: bool) -> None:  # noqa: FBT001 - a case
    assert ("image" in client(Readers(FULL)).get(READ + query).get_json()) is with_image


def test_another_flag_is_refused_without_repeating_it_and_nothing_is_read() -> None:
    readers = Readers(FULL)
    answer = client(readers).get(READ, query_string={"readImageFlag": "<script>"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "question_not_understood")
    assert b"script" not in answer.data
    assert readers.asked == []


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (CardReadError(Failure.CARD_REMOVED, "t"), 500, "card_removed"),
        (CardReadError(Failure.CARD_NOT_NATIONAL_ID, "t"), 422, "card_not_national_id"),
        (CardReadError(Failure.CARD_UNREADABLE, "t"), 422, "card_unreadable"),
        (FaultError(Fault.READER_ABSENT, "t"), 418, "reader_absent"),
        (FaultError(Fault.READER_SERVICE_DOWN, "t"), 418, "reader_service_down"),
    ],
)
def test_a_reading_that_failed_is_told_by_a_status_and_a_code(error: Exception, status: int, code: str) -> None:
    answer = client(failing(error)).get(READ)
    assert (answer.status_code, answer.get_json()["status"], answer.get_json()["code"]) == (status, status, code)


@pytest.mark.parametrize("host", ["localhost:8189", "LOCALHOST", "127.0.0.1:8189", "[::1]:8189"])
def test_the_loopbacks_names_are_answered(host: str) -> None:
    assert client(Readers(FULL)).get(READ, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8189", "192.168.1.20:8189", "[::2]", "[", ""],
)
def test_another_name_is_refused_and_nothing_is_read(host: str) -> None:
    readers = Readers(FULL)
    answer = client(readers).get(READ, headers={"Host": host})
    assert (answer.status_code, answer.get_json()["code"]) == (421, "name_not_ours")
    assert readers.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://his.example"},
        {"Origin": "https://his.example:8443"},
        {"Origin": "https://his.example.evil.example"},
        {"Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_page_that_is_not_listed_is_refused_and_nothing_is_read(headers: dict[str, str]) -> None:
    readers = Readers(FULL)
    answer = client(readers).get(READ, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert readers.asked == []


def test_no_page_is_listed_unless_somebody_listed_it() -> None:
    answer = create_app(Readers(FULL)).test_client().get(READ, headers={"Origin": HIS})
    assert answer.status_code == 403


@pytest.mark.parametrize("readers", [Readers(FULL), Readers(EMPTY)])
def test_a_listed_page_may_read_the_answer_and_the_refusal(readers: Readers) -> None:
    answer = client(readers).get(READ, headers={"Origin": HIS, "Sec-Fetch-Site": "cross-site"})
    assert answer.status_code in (200, 500)
    assert answer.headers["Access-Control-Allow-Origin"] == HIS
    assert "Access-Control-Allow-Credentials" not in answer.headers


def test_an_address_typed_by_a_person_is_answered() -> None:
    answer = client(Readers(FULL)).get(READ, headers={"Sec-Fetch-Site": "none"})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
@pytest.mark.parametrize("address", [TERMINALS, READ])
def test_only_get_is_answered(method: str, address: str) -> None:
    readers = Readers(FULL)
    answer = client(readers).open(address, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert readers.asked == []


@pytest.mark.parametrize(
    ("address", "status"),
    [(READ, 200), (TERMINALS, 200), (READ + "?readImageFlag=2", 400), ("/", 404), ("/api/smartcard/read", 404)],
)
def test_no_answer_may_be_kept_or_framed_or_guessed_at(address: str, status: int) -> None:
    answer = client(Readers(FULL)).get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


class SlowReaders(Readers):
    """A reading that begins, and ends when it is let."""

    def __init__(self) -> None:
        super().__init__(FULL, read=self._slowly)
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def _slowly(self) -> Reading:
        self.begun.set()
        assert self.may_end.wait(20)
        return READING


def test_who_comes_while_a_card_is_read_is_told_to_try_again() -> None:
    readers = SlowReaders()
    app = create_app(readers, patience_s=0.0)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(app.test_client().get, READ)
        assert readers.begun.wait(20)
        second = app.test_client().get(READ)
        seen = app.test_client().get(TERMINALS)
        readers.may_end.set()
        assert first.result(20).status_code == 200
    assert (second.status_code, second.get_json()["code"], second.headers["Retry-After"]) == (503, "busy", "1")
    assert seen.status_code == 200
    assert len(readers.asked) == 1


def test_who_can_wait_gets_the_next_turn() -> None:
    readers = SlowReaders()
    app = create_app(readers, patience_s=20.0)
    with ThreadPoolExecutor(2) as others:
        first = others.submit(app.test_client().get, READ)
        assert readers.begun.wait(20)
        second = others.submit(app.test_client().get, READ)
        readers.may_end.set()
        assert [first.result(20).status_code, second.result(20).status_code] == [200, 200]


def test_a_reading_that_failed_ends_the_turn() -> None:
    asking = client(failing(CardReadError(Failure.CARD_UNREADABLE, "t")))
    assert [asking.get(READ).status_code for _ in range(2)] == [422, 422]


def test_a_defect_is_told_and_logged_without_what_it_held() -> None:
    asking = client(failing(ValueError(invalid_number(7))))
    with capture_logs() as lines:
        answer = asking.get(READ, query_string={"readImageFlag": "true"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "agent_failed")
    assert lines[0]["error"] == "ValueError"
    assert str(lines[0]["code"]).startswith("test_app.py:")
    assert invalid_number(7) not in str(lines) + answer.text


def test_nothing_of_a_card_or_a_question_reaches_a_log() -> None:
    with capture_logs() as lines:
        client(Readers(FULL)).get(READ, query_string={"readImageFlag": "true", "hn": invalid_number(8)})
    assert lines == [{"event": "card_answered", "log_level": "info"}]


def test_the_technician_finds_the_cause_of_a_failed_reading_in_the_log() -> None:
    with capture_logs() as lines:
        client(failing(CardReadError(Failure.CARD_UNREADABLE, "Clean its contacts."))).get(READ)
    (line,) = lines
    assert (line["event"], line["code"], line["technician"]) == (
        "request_refused",
        "card_unreadable",
        "Clean its contacts.",
    )


def test_that_no_card_is_there_is_no_news() -> None:
    with capture_logs() as lines:
        client(Readers(EMPTY)).get(READ)
    assert {line["log_level"] for line in lines} <= {"debug"}  # none at all where an earlier test set the level


def test_500_means_no_card_and_nothing_else() -> None:
    assert {code for code, words in WORDS.items() if words.status == 500} == {"no_card", "card_removed"}
    assert {code for code, words in WORDS.items() if words.status == 418} == {"reader_absent", "reader_service_down"}
