# SPDX-License-Identifier: Apache-2.0
"""What a waiting session is told, by whom it can be read, and what is told to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from fleet.partners.idp.sandbox import Fault
from fleet.store.session import unit_of_work
from fleet.store.tables import ask, outgoing
from tests.fleet.road import ACTIVATE_AFTER_MS
from tests.simulators.kiosk_wire import Session, identity_record, made_up_number
from wire.asks import PersonAnswer, PersonState
from wire.errors import Malformed
from wire.topics import Down, Up, down

if TYPE_CHECKING:
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

NUMBER = made_up_number(1)


def told(fleet: Fleet, kiosk: WireKiosk, session: Session) -> list[PersonAnswer]:
    """What the courier sends now, as the session reads it."""
    messages = fleet.answers()
    assert all(message.topic == down(kiosk.shard, kiosk.id, Down.ANSWER) for message in messages)
    return [kiosk.read_answer(message.payload, fleet.keys.answer.public(), session)[1] for message in messages]


def enrolled(fleet: Fleet, kiosk: WireKiosk, session: Session) -> str:
    event_id, message = kiosk.enrol(identity_record(NUMBER, reply_key=session.reply_key))
    fleet.deliver(kiosk, message)
    return event_id


def asked(fleet: Fleet, kiosk: WireKiosk, event_id: str, session: Session) -> bytes:
    _, message = kiosk.ask_outcome(event_id, session)
    fleet.deliver(kiosk, message, kind=Up.ASK)
    return message


def test_a_waiting_session_is_told_its_pin_and_then_that_it_is_active(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work()
    (accepted,) = told(fleet, kiosk, session)
    assert (accepted.state, accepted.sandbox, len(accepted.pin or "")) == (PersonState.ACCEPTED, True, 6)
    assert (accepted.pin_valid_until_ms or 0) > fleet.clock()
    fleet.clock.ms += ACTIVATE_AFTER_MS
    fleet.work()
    assert told(fleet, kiosk, session) == [PersonAnswer(state=PersonState.ACTIVATED, sandbox=True)]


def test_answers_to_one_ask_are_numbered_upward(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work(2, pass_ms=ACTIVATE_AFTER_MS)
    answers = [kiosk.read_answer(m.payload, fleet.keys.answer.public(), session)[0].n for m in fleet.answers()]
    assert answers == [1, 2]


def test_an_ask_that_comes_after_acceptance_is_told_the_same_pin(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    event_id = enrolled(fleet, kiosk, session)
    asked(fleet, kiosk, event_id, session)
    fleet.work()
    (first,) = told(fleet, kiosk, session)
    asked(fleet, kiosk, event_id, session)
    fleet.work()
    (second,) = told(fleet, kiosk, session)
    assert (first.pin, first.state) == (second.pin, PersonState.ACCEPTED)


def test_a_pin_is_in_no_table_in_the_clear(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work()
    stored = b"".join(bytes(row.message) for row in fleet.rows(outgoing))
    (accepted,) = told(fleet, kiosk, session)
    assert accepted.pin is not None
    assert stored
    assert accepted.pin.encode() not in stored


def test_another_session_cannot_read_an_answer(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work()
    (message,) = fleet.answers()
    with pytest.raises(Malformed):
        kiosk.read_answer(message.payload, fleet.keys.answer.public(), Session())


def test_an_outcome_is_not_told_to_a_key_that_is_not_the_events(fleet: Fleet) -> None:
    kiosk, thief = fleet.kiosk(), Session()
    asked(fleet, kiosk, enrolled(fleet, kiosk, Session()), thief)
    fleet.work(3)
    assert (fleet.answers(), [row.said for row in fleet.rows(ask)]) == ([], ["closed"])


def test_an_outcome_is_not_told_to_another_kiosk(fleet: Fleet) -> None:
    kiosk, other, session = fleet.kiosk("udon-01"), fleet.kiosk("loei-02"), Session()
    event_id = enrolled(fleet, kiosk, session)
    asked(fleet, other, event_id, session)
    fleet.work(3)
    assert fleet.answers() == []


def test_an_ask_that_overtakes_its_event_is_answered_once_the_event_is_here(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    event_id, message = kiosk.enrol(identity_record(NUMBER, reply_key=session.reply_key))
    asked(fleet, kiosk, event_id, session)
    fleet.work()
    assert fleet.answers() == []
    fleet.deliver(kiosk, message)
    fleet.work()
    assert [answer.state for answer in told(fleet, kiosk, session)] == [PersonState.ACCEPTED]


def test_a_duplicates_session_is_told_how_the_person_stands_without_a_pin(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    enrolled(fleet, kiosk, Session())
    fleet.work()
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work()
    assert told(fleet, kiosk, session) == [PersonAnswer(state=PersonState.ACCEPTED, sandbox=True)]


def test_a_session_is_told_submitted_while_the_provider_is_away(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    fleet.sandbox.fault = Fault.UNWELL
    asked(fleet, kiosk, enrolled(fleet, kiosk, session), session)
    fleet.work()
    assert [answer.state for answer in told(fleet, kiosk, session)] == [PersonState.SUBMITTED]


def test_a_status_is_the_providers_word(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert told(fleet, kiosk, session) == [PersonAnswer(state=PersonState.NONE, sandbox=True)]
    enrolled(fleet, kiosk, Session())
    fleet.work()
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert told(fleet, kiosk, session) == [PersonAnswer(state=PersonState.ACCEPTED, sandbox=True)]


def test_a_status_is_not_guessed_while_the_provider_is_away(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    fleet.sandbox.fault = Fault.UNWELL
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert fleet.answers() == []
    fleet.sandbox.fault = Fault.NONE
    fleet.clock.ms += 2_000
    fleet.work()
    assert [answer.state for answer in told(fleet, kiosk, session)] == [PersonState.NONE]


def test_our_own_activated_is_told_even_while_the_provider_is_away(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    enrolled(fleet, kiosk, Session())
    fleet.work(2, pass_ms=ACTIVATE_AFTER_MS)
    fleet.sandbox.fault = Fault.UNWELL
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert [answer.state for answer in told(fleet, kiosk, session)] == [PersonState.ACTIVATED]


def test_a_question_that_cannot_be_opened_is_closed_and_holds_up_nobody(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    bad_id, bad = kiosk.ask_status(NUMBER, session)
    fleet.deliver(kiosk, bad, kind=Up.ASK)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(ask).where(ask.c.id == bad_id).values(attachment=b"noise"))
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert len(told(fleet, kiosk, session)) == 1
    assert {row.id: row.said for row in fleet.rows(ask)}[bad_id] == "closed"


def test_an_expired_ask_is_erased_with_its_answers(fleet: Fleet) -> None:
    kiosk, session = fleet.kiosk(), Session()
    fleet.deliver(kiosk, kiosk.ask_status(NUMBER, session)[1], kind=Up.ASK)
    fleet.work()
    assert fleet.count(outgoing) == 1
    fleet.clock.ms += 61_000
    fleet.work()
    assert (fleet.count(ask), fleet.count(outgoing)) == (0, 0)
