# SPDX-License-Identifier: Apache-2.0
"""A new code goes to the session whose face check a kiosk in service has signed for, and to nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from sqlalchemy import delete, update

from fleet.devices.registry import revoke
from fleet.enrollments import codes
from fleet.partners.idp.sandbox import Fault
from fleet.store.session import unit_of_work
from fleet.store.tables import (
    ask,
    code_day,
    code_request,
    coverage_day,
    enrollment,
    event,
    kiosk,
    outgoing,
    workload_day,
)
from tests.simulators.kiosk_wire import EVIDENCE, Session, identity_record, made_up_number
from wire.asks import NoCode, PersonState
from wire.errors import Malformed
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk
    from wire.asks import CodeAnswer

NUMBER = made_up_number(1)


@pytest.fixture(autouse=True)
def _nobody_enters_a_code_by_itself(fleet: Fleet) -> None:
    fleet.sandbox.book._activate_after_ms = 10**10  # noqa: SLF001 - the pretend person waits


def accepted(fleet: Fleet, at: WireKiosk, number: str = NUMBER) -> None:
    fleet.deliver(at, at.enrol(identity_record(number))[1])
    fleet.work()


def ask_for_code(fleet: Fleet, at: WireKiosk, session: Session, number: str = NUMBER, **changes: object) -> bytes:
    _, message = at.ask_new_code(number, session, **changes)
    fleet.deliver(at, message, kind=Up.ASK)
    return message


def told(fleet: Fleet, at: WireKiosk, session: Session) -> list[CodeAnswer]:
    return [at.read_code(each.payload, fleet.keys.answer.public(), session) for each in fleet.answers()]


def entered(fleet: Fleet, pin: str | None) -> int:
    used = {"citizen_number": NUMBER, "pin": pin}
    return httpx.post(f"{fleet.sandbox.url}/mor-prom/pin", json=used, trust_env=False).status_code


def outcomes(fleet: Fleet) -> dict[tuple[str, str], int]:
    return {(row.kiosk, row.outcome): row.n for row in fleet.rows(code_day)}


def test_a_new_code_is_given_at_any_kiosk_and_the_person_is_followed_to_the_activation(fleet: Fleet) -> None:
    first, other, session = fleet.kiosk(), fleet.kiosk("udon-02"), Session()
    accepted(fleet, first)
    counted = (fleet.rows(coverage_day), fleet.rows(workload_day), fleet.count(event))
    ask_for_code(fleet, other, session)
    fleet.work()
    (answer,) = told(fleet, other, session)
    assert (answer.state, answer.sandbox, answer.refused, len(answer.pin or "")) == (
        PersonState.ACCEPTED,
        True,
        None,
        6,
    )
    assert (fleet.rows(coverage_day), fleet.rows(workload_day), fleet.count(event)) == counted, "nothing counts"
    assert outcomes(fleet) == {("udon-02", "given"): 1}
    assert entered(fleet, answer.pin) == 200
    fleet.work(2, pass_ms=2_000)
    assert [(each.state, each.pin) for each in told(fleet, other, session)] == [(PersonState.ACTIVATED, None)]


def test_a_question_that_comes_again_is_told_the_same_code_and_no_second_one_is_made(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    message = ask_for_code(fleet, at, session)
    fleet.work()
    (first,) = told(fleet, at, session)
    fleet.deliver(at, message, kind=Up.ASK)
    fleet.work()
    assert told(fleet, at, session) == [first]
    assert entered(fleet, first.pin) == 200


@pytest.mark.parametrize("later_ms", [16 * 60_000, 25 * 60 * 60_000, 50 * 60 * 60_000])
def test_a_message_that_is_replayed_when_it_is_over_makes_no_code_and_takes_none_away(
    fleet: Fleet, later_ms: int
) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    message = ask_for_code(fleet, at, session)
    fleet.work()
    (given,) = told(fleet, at, session)
    with unit_of_work(fleet.engine) as connection:  # as when its time is over
        connection.execute(delete(outgoing))
        connection.execute(delete(ask))
    fleet.clock.ms += later_ms
    fleet.relay._tidy()  # noqa: SLF001 - what it remembers for two days goes after two days
    fleet.deliver(at, message, kind=Up.ASK)
    fleet.work()
    assert fleet.answers() == []
    if later_ms < 24 * 60 * 60_000:  # the sandbox's own validity
        assert entered(fleet, given.pin) == 200


def test_a_replay_that_was_made_to_look_new_in_the_database_is_still_an_old_one(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    ask_for_code(fleet, at, session)
    fleet.work()
    (given,) = told(fleet, at, session)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(ask).values(said=None, answered=0))
    fleet.work()
    assert fleet.answers() == []
    assert entered(fleet, given.pin) == 200


def test_a_status_question_cannot_be_turned_into_one_for_a_code(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    fleet.deliver(at, at.ask_status(NUMBER, session)[1], kind=Up.ASK)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(ask).values(about="new_code"))
    fleet.work()
    assert fleet.answers() == []
    assert fleet.rows(code_request) == []


def test_only_the_kiosk_s_own_signature_is_believed_not_the_database(fleet: Fleet) -> None:
    at, other, session = fleet.kiosk(), fleet.kiosk("udon-02"), Session()
    accepted(fleet, at)
    _, forged = other.ask_new_code(NUMBER, session)
    fleet.deliver(other, forged, kind=Up.ASK)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(ask).values(kiosk=str(at.id)))
    fleet.work()
    assert fleet.answers() == []


def test_a_kiosk_that_is_revoked_while_it_waits_gets_no_code(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    ask_for_code(fleet, at, session)
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, at.id)
    fleet.work()
    assert fleet.answers() == []
    assert {row.status for row in fleet.rows(kiosk)} == {"revoked"}


def test_no_code_without_a_face_that_matched(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    ask_for_code(fleet, at, session, evidence=None)  # refused at the door
    assert fleet.count(ask) == 0
    ask_for_code(fleet, at, session, evidence=msgspec.structs.replace(EVIDENCE, distance=EVIDENCE.match_at_most + 0.01))
    fleet.work()
    assert fleet.answers() == []


def test_another_session_cannot_read_it(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    ask_for_code(fleet, at, session)
    fleet.work()
    (message,) = fleet.answers()
    with pytest.raises(Malformed):
        at.read_code(message.payload, fleet.keys.answer.public(), Session())


def test_a_person_and_a_kiosk_may_ask_so_often_a_day(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    # The limits of the provider and of a kiosk, moved to where each can be met by itself.
    monkeypatch.setattr("fleet.partners.idp.sandbox_book.NEW_PINS_PER_DAY", 100)
    monkeypatch.setattr(codes, "PER_KIOSK", codes.PER_PERSON + 1)
    at, other = fleet.kiosk(), fleet.kiosk("udon-02")
    accepted(fleet, at)
    accepted(fleet, other, made_up_number(2))
    last = None
    for n in range(codes.PER_PERSON + 1):
        session = Session()
        ask_for_code(fleet, at, session)
        fleet.work()
        (answer,) = told(fleet, at, session)
        assert (answer.refused is NoCode.TOO_OFTEN) == (n == codes.PER_PERSON)
        last = answer.pin or last
    for refused in (None, NoCode.TOO_OFTEN):  # one more of this kiosk, for somebody else
        ask_for_code(fleet, at, session := Session(), made_up_number(2))
        fleet.work()
        assert [each.refused for each in told(fleet, at, session)] == [refused]
    assert entered(fleet, last) == 200, "being refused takes nothing away"
    assert outcomes(fleet) == {("udon-01", "given"): codes.PER_PERSON + 1, ("udon-01", "too_often"): 2}


def test_what_the_provider_refuses_is_told_in_the_person_s_terms(fleet: Fleet) -> None:
    at = fleet.kiosk()
    accepted(fleet, at)
    for _ in range(codes.PER_PERSON + 1):
        ask_for_code(fleet, at, session := Session(), made_up_number(9))
        fleet.work()
        assert [each.refused for each in told(fleet, at, session)] == [NoCode.NOT_HERE], "nobody we have enrolled"
    ask_for_code(fleet, at, session := Session())
    fleet.work()
    assert entered(fleet, told(fleet, at, session)[0].pin) == 200
    ask_for_code(fleet, at, session := Session())  # our own books do not say so yet
    fleet.work()
    (answer,) = told(fleet, at, session)
    assert (answer.state, answer.refused, answer.pin) == (PersonState.ACTIVATED, None, None)


def test_a_provider_that_is_away_is_asked_again_while_the_person_waits_and_not_after(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    fleet.sandbox.fault = Fault.HALF  # it takes effect and breaks off: asking again makes no second one
    ask_for_code(fleet, at, session)
    fleet.work(1, pass_ms=2_000)
    assert fleet.answers() == []
    fleet.sandbox.fault = Fault.NONE
    fleet.work()
    (answer,) = told(fleet, at, session)
    reference = fleet.rows(enrollment)[0].reference
    assert fleet.sandbox.book.enrolment(reference)["pin"] == answer.pin
    fleet.sandbox.fault = Fault.UNWELL
    ask_for_code(fleet, at, session := Session())
    fleet.work(1, pass_ms=16_000)
    fleet.sandbox.fault = Fault.NONE
    fleet.work(1, pass_ms=60_000)
    assert fleet.answers() == []


def test_who_asked_is_forgotten_after_two_days_and_the_figure_stays(fleet: Fleet) -> None:
    at, session = fleet.kiosk(), Session()
    accepted(fleet, at)
    ask_for_code(fleet, at, session)
    fleet.work()
    fleet.clock.ms += codes.REMEMBERED_MS
    fleet.work()
    assert (fleet.count(code_request), outcomes(fleet)) == (0, {("udon-01", "given"): 1})
