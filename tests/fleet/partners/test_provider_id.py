# SPDX-License-Identifier: Apache-2.0
"""The Provider ID office's sandbox keeps its contract, and the client believes only what is labelled so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import fleet.partners.provider_id
from fleet.partners.provider_id.client import HttpOffice
from fleet.partners.provider_id.sandbox import Sandbox
from fleet.partners.provider_id.sandbox_book import HAND_OVER_MS, Book
from fleet.partners.provider_id.shapes import OfficeUnavailableError, Progress
from fleet.partners.stand_in import Fault
from fleet.relay.match_words import WORDS, draw
from tests.fleet.road import Clock, listening
from tests.simulators.kiosk_wire import made_up_number

if TYPE_CHECKING:
    from collections.abc import Iterator

ANN, BEN = made_up_number(1), made_up_number(2)
WORD = ("มะม่วง-27", "MANGO-27")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    book = Book(tmp_path / "office.db", now_ms=clock)
    with listening(Sandbox(book)) as server:
        yield server
    book.close()


@pytest.fixture
def office(sandbox: Sandbox) -> Iterator[HttpOffice]:
    with HttpOffice(sandbox.url, sandbox=True, timeout=httpx.Timeout(2.0)) as client:
        yield client


def phone(link: str, touch: str = "") -> str:
    """What the phone shows, after a touch if there is one."""
    method = "POST" if touch else "GET"
    return httpx.request(method, f"{link}/{touch}".rstrip("/"), trust_env=False).raise_for_status().text


def test_who_has_none_is_a_no_and_no_failure(office: HttpOffice, sandbox: Sandbox) -> None:
    assert not office.has_provider_id(ANN)
    raw = httpx.post(f"{sandbox.url}/v1/staff/standing", json={"citizen_number": ANN}, trust_env=False)
    assert (raw.status_code, raw.json()["message"], raw.json()["sandbox"]) == (
        400,
        "This user has not provider id",
        True,
    )
    sandbox.book.give(ANN)
    assert office.has_provider_id(ANN)
    assert not office.has_provider_id(BEN)


def test_another_400_is_no_no(sandbox: Sandbox) -> None:
    with (
        HttpOffice(sandbox.url, sandbox=True) as client,
        pytest.raises(OfficeUnavailableError, match="http_400"),
    ):
        client.has_provider_id(17)  # type: ignore[arg-type] # a defect of ours


def test_the_same_question_is_one_hand_over_with_its_first_words(office: HttpOffice) -> None:
    first, again = office.begin("ask-1", ANN, WORD), office.begin("ask-1", ANN, ("ช้าง-11", "ELEPHANT-11"))
    assert first == again
    assert (first.word_th, first.word_en) == WORD
    assert office.begin("ask-2", ANN, WORD).link != first.link


def test_the_phone_shows_the_same_words_and_that_it_is_a_test(office: HttpOffice) -> None:
    page = phone(office.begin("ask-1", ANN, WORD).link)
    assert "TEST MODE" in page
    assert all(word in page for word in WORD)
    assert ANN not in page


def test_the_holder_signs_in_and_has_a_provider_id_then(office: HttpOffice) -> None:
    link = office.begin("ask-1", ANN, WORD).link
    assert office.progress("ask-1") is Progress.WAITING
    assert "มี Provider ID แล้ว" in phone(link, "OWNER")
    assert (office.progress("ask-1"), office.has_provider_id(ANN)) == (Progress.DONE, True)


def test_somebody_else_signs_in_and_nobody_has_anything(office: HttpOffice) -> None:
    link = office.begin("ask-1", ANN, WORD).link
    phone(link, "ANOTHER")
    phone(link, "OWNER")
    assert (office.progress("ask-1"), office.has_provider_id(ANN)) == (Progress.ANOTHER_PERSON, False)


def test_a_phone_that_comes_too_late_changes_nothing(office: HttpOffice, clock: Clock) -> None:
    link = office.begin("ask-1", ANN, WORD).link
    clock.ms += HAND_OVER_MS
    assert "หมดเวลา" in phone(link, "OWNER")
    assert (office.progress("ask-1"), office.has_provider_id(ANN)) == (Progress.EXPIRED, False)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.UNWELL, "http_503"),
        (Fault.SILENT, "no_connection"),
        (Fault.HALF, "no_connection"),
        (Fault.NONSENSE, "not_the_contract"),
        (Fault.UNLABELLED, "unlabelled_answer_refused"),
    ],
)
def test_every_failure_is_one_error_with_a_code_and_no_person(
    office: HttpOffice, sandbox: Sandbox, fault: Fault, code: str
) -> None:
    sandbox.fault = fault
    with pytest.raises(OfficeUnavailableError) as caught:
        office.begin("ask-1", ANN, WORD)
    assert caught.value.code == code
    assert ANN not in repr((caught.value, caught.value.__cause__))


def test_an_office_that_is_slow_is_not_waited_for_for_ever(sandbox: Sandbox) -> None:
    sandbox.delay_s = 0.5
    with (
        HttpOffice(sandbox.url, sandbox=True, timeout=httpx.Timeout(0.1)) as client,
        pytest.raises(OfficeUnavailableError, match="timeout"),
    ):
        client.has_provider_id(ANN)


@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/hand-overs/ask-9"), ("GET", "/P/NOBODY"), ("POST", "/P/X")])
def test_what_is_not_there_is_a_404(sandbox: Sandbox, method: str, path: str) -> None:
    assert httpx.request(method, f"{sandbox.url}{path}", trust_env=False).status_code == 404


def test_a_client_of_the_real_office_refuses_a_sandbox_answer(sandbox: Sandbox) -> None:
    with (
        HttpOffice(sandbox.url, sandbox=False) as client,
        pytest.raises(OfficeUnavailableError, match="sandbox_answer_refused"),
    ):
        client.has_provider_id(ANN)


def test_the_number_is_not_at_rest(office: HttpOffice, tmp_path: Path) -> None:
    link = office.begin("ask-1", ANN, WORD).link
    at_rest = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert link.rpartition("/")[2].encode() in at_rest
    assert ANN.encode() not in at_rest


def test_the_contract_says_that_it_is_ours_and_unknown() -> None:
    folder = Path(fleet.partners.provider_id.__file__).parent
    contract = tomllib.loads((folder / "contract.toml").read_text(encoding="utf-8"))
    assert contract["contract"]["confidence"] == "unknown"


def test_there_are_thousands_of_words_and_two_screens_show_the_same() -> None:
    assert len({thai for thai, _ in WORDS}) == len({english for _, english in WORDS}) == len(WORDS) >= 32
    for _ in range(50):
        thai, english = draw()
        assert (thai.rpartition("-")[0], english.rpartition("-")[0]) in WORDS
        assert thai[-2:] == english[-2:]
        assert 10 <= int(thai[-2:]) <= 99


def test_the_command_says_where_it_listens_and_stops_when_told(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("dipchip-fleet"))
    command = [program, "provider-id-sandbox", str(tmp_path / "office.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        with HttpOffice(told["url"], sandbox=True) as client:
            assert not client.has_provider_id(ANN)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
