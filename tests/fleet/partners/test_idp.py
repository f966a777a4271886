# SPDX-License-Identifier: Apache-2.0
"""The identity provider's sandbox keeps its contract, and the client believes only what is labelled as it should be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from fleet.partners.idp import shapes
from fleet.partners.idp.client import HttpIdentityProvider
from fleet.partners.idp.sandbox import Fault, Sandbox
from fleet.partners.idp.sandbox_book import PIN_VALID_MS, Book
from fleet.partners.idp.shapes import (
    Enrolment,
    ProviderUnavailableError,
    Refused,
    Standing,
    State,
    Submission,
)
from tests.fleet.road import Clock
from tests.simulators.kiosk_wire import made_up_number

if TYPE_CHECKING:
    from collections.abc import Iterator

NUMBER = made_up_number(1)
NAME = ("", "ทดสอบ", "", "ตัวอย่าง")
CONTRACT = tomllib.loads((Path(shapes.__file__).parent / "contract.toml").read_text(encoding="utf-8"))
PERSON = Submission(NUMBER, NAME, NAME, "1970", 1, "2099-01-01", "41")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sandbox(tmp_path: Path, clock: Clock) -> Iterator[Sandbox]:
    book = Book(tmp_path / "idp.db", activate_after_ms=5_000, now_ms=clock)
    with Sandbox(book) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
    book.close()


@pytest.fixture
def provider(sandbox: Sandbox) -> Iterator[HttpIdentityProvider]:
    with HttpIdentityProvider(sandbox.url, sandbox=True, timeout=httpx.Timeout(2.0)) as client:
        yield client


def test_the_same_event_is_one_enrolment_with_one_pin(provider: HttpIdentityProvider) -> None:
    first, again = provider.submit("event-1", PERSON), provider.submit("event-1", PERSON)
    assert first == again
    assert (first.state, len(first.pin or ""), first.sandbox) == (State.ACCEPTED, 6, True)


def test_a_person_activates_after_the_set_time_and_the_pin_is_gone(
    provider: HttpIdentityProvider, clock: Clock
) -> None:
    told = provider.submit("event-1", PERSON)
    clock.ms += 5_000
    later = provider.status(told.reference)
    assert (later.state, later.at_ms, later.pin) == (State.ACTIVATED, told.at_ms + 5_000, None)
    assert provider.status_of(NUMBER) is Standing.ACTIVATED


def test_nobody_is_enrolled_a_second_time(provider: HttpIdentityProvider) -> None:
    assert provider.status_of(NUMBER) is Standing.NONE
    provider.submit("event-1", PERSON)
    again = provider.submit("event-2", PERSON)
    assert (again.state, again.reason) == (State.REJECTED, "already_enrolled")


def test_an_unused_pin_runs_out(provider: HttpIdentityProvider, sandbox: Sandbox, clock: Clock) -> None:
    sandbox.book._activate_after_ms = 2 * PIN_VALID_MS  # noqa: SLF001 - this person never uses it
    told = provider.submit("event-1", PERSON)
    clock.ms += PIN_VALID_MS
    assert provider.status(told.reference).state is State.EXPIRED_PIN


def test_a_new_pin_takes_the_place_of_the_last_which_opens_nothing_any_more(
    provider: HttpIdentityProvider, sandbox: Sandbox
) -> None:
    first = provider.submit("event-1", PERSON)
    second = provider.new_pin(first.reference, "ask-1")
    assert isinstance(second, Enrolment)
    assert (second.state, second.at_ms) == (State.ACCEPTED, first.at_ms)
    assert provider.status(first.reference).pin == second.pin
    assert _entered(sandbox, first.pin) == (403, None)
    assert _entered(sandbox, second.pin) == (200, "activated")
    assert provider.status_of(NUMBER) is Standing.ACTIVATED


def _entered(sandbox: Sandbox, pin: str | None) -> tuple[int, str | None]:
    """What Mor Prom's stand-in says to a PIN."""
    used = {"citizen_number": NUMBER, "pin": pin}
    answer = httpx.post(f"{sandbox.url}/mor-prom/pin", json=used, trust_env=False)
    return answer.status_code, answer.json().get("state")


def test_a_new_pin_is_given_once_a_key_and_is_good_for_a_whole_validity(
    provider: HttpIdentityProvider, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.book._activate_after_ms = 2 * PIN_VALID_MS  # noqa: SLF001 - this person never uses it
    told = provider.submit("event-1", PERSON)
    clock.ms += PIN_VALID_MS - 1
    given = provider.new_pin(told.reference, "ask-1")
    assert provider.new_pin(told.reference, "ask-1") == given
    assert isinstance(given, Enrolment)
    assert given.pin_valid_until_ms == clock() + PIN_VALID_MS
    clock.ms += PIN_VALID_MS
    assert provider.status(told.reference).state is State.EXPIRED_PIN
    assert provider.new_pin(told.reference, "ask-2") is Refused.NOT_ACCEPTED


def test_new_pins_are_counted_by_the_day_as_the_contract_says(
    provider: HttpIdentityProvider, sandbox: Sandbox, clock: Clock
) -> None:
    sandbox.book._activate_after_ms = 10 * PIN_VALID_MS  # noqa: SLF001 - likewise
    told = provider.submit("event-1", PERSON)
    per_day = CONTRACT["endpoints"]["new_pin"]["per_day"]
    given = [provider.new_pin(told.reference, f"ask-{n}") for n in range(per_day)]
    assert all(isinstance(each, Enrolment) for each in given)
    assert provider.new_pin(told.reference, "one more") is Refused.TOO_OFTEN
    assert provider.new_pin(told.reference, "ask-0") == given[-1], "a key that was used up is only told again"
    clock.ms += 24 * 60 * 60 * 1000 - 1
    assert isinstance(provider.new_pin(told.reference, "one more"), Refused)
    assert provider.new_pin("SBX-none", "ask") is Refused.UNKNOWN_REFERENCE


def test_who_is_active_needs_no_pin(provider: HttpIdentityProvider, clock: Clock) -> None:
    told = provider.submit("event-1", PERSON)
    clock.ms += 5_000
    assert provider.new_pin(told.reference, "ask-1") is Refused.ALREADY_ACTIVATED


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_no_new_pin_is_believed_from_an_unwell_provider_and_asking_again_gives_one(
    provider: HttpIdentityProvider, sandbox: Sandbox, fault: Fault
) -> None:
    told = provider.submit("event-1", PERSON)
    for reference in (told.reference, "SBX-none"):  # refusals are labelled like everything else
        sandbox.fault = fault
        with pytest.raises(ProviderUnavailableError):
            provider.new_pin(reference, "ask-1")
    sandbox.fault = Fault.NONE
    assert isinstance(provider.new_pin(told.reference, "ask-1"), Enrolment)


def test_what_only_we_have_made_up_is_labelled_so() -> None:
    assert CONTRACT["contract"]["confidence"] == "unknown"
    assert CONTRACT["endpoints"]["new_pin"]["confidence"] == "ours"


def test_the_number_is_not_at_rest(provider: HttpIdentityProvider, tmp_path: Path) -> None:
    told = provider.submit("event-1", PERSON)
    at_rest = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert told.reference.encode() in at_rest
    assert NUMBER.encode() not in at_rest


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
    provider: HttpIdentityProvider, sandbox: Sandbox, fault: Fault, code: str
) -> None:
    sandbox.fault = fault
    with pytest.raises(ProviderUnavailableError) as caught:
        provider.submit("event-1", PERSON)
    assert caught.value.code == code
    assert NUMBER not in repr((caught.value, caught.value.__cause__))


def test_a_client_of_the_real_provider_refuses_a_sandbox_answer(sandbox: Sandbox) -> None:
    with (
        HttpIdentityProvider(sandbox.url, sandbox=False) as client,
        pytest.raises(ProviderUnavailableError, match="sandbox_answer_refused"),
    ):
        client.submit("event-1", PERSON)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"citizen_number": 1}', b"\xff"])
def test_the_sandbox_refuses_what_is_not_a_request(sandbox: Sandbox, body: bytes) -> None:
    answer = httpx.post(f"{sandbox.url}/v1/people/status", content=body, trust_env=False)
    assert (answer.status_code, answer.json()["sandbox"]) == (400, True)


def test_people_and_pins_are_masked_when_printed(provider: HttpIdentityProvider) -> None:
    told = provider.submit("event-1", PERSON)
    assert NUMBER not in repr(PERSON)
    assert told.pin is not None
    assert told.pin not in repr(told)


def test_the_command_says_where_it_listens_and_stops_when_told(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("dipchip-fleet")), "idp-sandbox", str(tmp_path / "idp.db")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        with HttpIdentityProvider(f"http://127.0.0.1:{told['listening']}", sandbox=True) as client:
            assert client.status_of(NUMBER) is Standing.NONE
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
