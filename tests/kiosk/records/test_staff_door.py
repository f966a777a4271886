# SPDX-License-Identifier: Apache-2.0
"""The door for a member of staff: what they ask leaves sealed, and what they are told opens in their session only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, PhoneSaid, StaffTask
from kiosk.records import pipe
from kiosk.records.filing import HAND_OVER_ASK_MS
from kiosk.store import inbox
from tests.kiosk.conftest import KIOSK, World
from tests.kiosk.records.test_door import WHO, Session
from tests.kiosk.records.test_door import _answer as sealed_answer
from tests.kiosk.records.test_door import _reply_key as status_reply_key
from wire.asks import (
    About,
    Amiss,
    Ask,
    HandOverAnswer,
    HandOverQuestion,
    HandOverState,
    PersonState,
    RosterEntry,
    StaffAnswer,
    StaffQuestion,
    TicketAnswer,
    TicketQuestion,
    ask_info,
)
from wire.envelope import open_message
from wire.signing import Kind

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store


@pytest.fixture
def session(world: World) -> Session:
    return Session(world)


PLACED = StaffAnswer(PersonState.ACTIVATED, sandbox=True, entry=RosterEntry("a unit", "a post"), admin="a desk")


@pytest.mark.parametrize(
    ("told", "happened"),
    [
        (PLACED, on.StaffKnown(Enrolled.ACTIVATED, "a unit", "a post", "a desk")),
        (
            msgspec.structs.replace(PLACED, has_provider_id=True, hand_over=True, sandbox=False),
            on.StaffKnown(Enrolled.ACTIVATED, "a unit", "a post", "a desk", True, True, False),  # noqa: FBT003 - a value
        ),
        (msgspec.structs.replace(PLACED, entry=None), on.StaffKnown(Enrolled.ACTIVATED, admin="a desk")),
        (StaffAnswer(PersonState.REJECTED, sandbox=True), on.StaffKnown(Enrolled.NOT_YET)),
        (StaffAnswer(PersonState.ACCEPTED, sandbox=True), on.StaffKnown(Enrolled.ACCEPTED)),
    ],
    ids=["listed", "has", "missing", "none", "accepted"],
)
def test_what_staff_are_told_reaches_the_session(
    session: Session, world: World, told: StaffAnswer, happened: on.Happening
) -> None:
    session.keeper.ask_staff(WHO, StaffTask.STANDING)
    question = session.sent[-1]
    assert isinstance(question, pipe.AskThis)
    opened = world.relay.open(question.sealed, ask_info(KIOSK, question.ask))
    asked = msgspec.json.decode(opened, type=StaffQuestion)
    assert (question.about, asked.citizen_number) == (About.STAFF, WHO.citizen_number)
    assert session.keeper.opened(sealed_answer(world, question.ask, asked.reply_key, told)) == happened
    assert Session(world).keeper.opened(sealed_answer(world, question.ask, asked.reply_key, told)) is None


@pytest.mark.parametrize("task", [StaffTask.MISSING, StaffTask.WRONG])
def test_a_ticket_says_what_is_amiss_and_its_number_comes_back(session: Session, world: World, task: StaffTask) -> None:
    session.keeper.ask_staff(WHO, task)
    question = session.sent[-1]
    assert isinstance(question, pipe.AskThis)
    opened = world.relay.open(question.sealed, ask_info(KIOSK, question.ask))
    asked = msgspec.json.decode(opened, type=TicketQuestion)
    assert (question.about, asked.amiss) == (About.TICKET, Amiss(task))
    answer = sealed_answer(world, question.ask, asked.reply_key, TicketAnswer(12))
    assert session.keeper.opened(answer) == on.TicketKept(12)


def hand_over(session: Session, world: World) -> tuple[pipe.AskThis, str]:
    session.keeper.ask_staff(WHO, StaffTask.HAND_OVER)
    question = session.sent[-1]
    assert isinstance(question, pipe.AskThis)
    opened = world.relay.open(question.sealed, ask_info(KIOSK, question.ask))
    return question, msgspec.json.decode(opened, type=HandOverQuestion).reply_key


def begun(link: str, *, sandbox: bool = True) -> HandOverAnswer:
    return HandOverAnswer(HandOverState.WAITING, sandbox, link, "มะม่วง-27", "MANGO-27")


def test_a_hand_over_lives_longer_than_the_screen_waits_for_it(
    session: Session, filing: Filing, store: Store, world: World
) -> None:
    question, reply_key = hand_over(session, world)
    filing.ask(question)
    (left,) = inbox.open_asks(store, 0)
    ask, _ = open_message(left.message, Kind.ASK, world.event.public(), Ask)
    assert (ask.about, ask.expires_ms - ask.asked_ms) == (About.HAND_OVER, HAND_OVER_ASK_MS)
    assert SessionPolicy().hand_over_s * 1000 < HAND_OVER_ASK_MS
    link = "http://127.0.0.1:48213/P/AB"
    answer = sealed_answer(world, question.ask, reply_key, begun(link))
    assert session.keeper.opened(answer) == on.HandOverBegun(link, "มะม่วง-27", "MANGO-27", sandbox=True)
    done = sealed_answer(world, question.ask, reply_key, HandOverAnswer(HandOverState.DONE, sandbox=True))
    assert session.keeper.opened(done) == on.HandOverEnded(PhoneSaid.DONE, sandbox=True)


def test_only_the_last_hand_over_of_a_session_is_heard(session: Session, world: World) -> None:
    first, first_key = hand_over(session, world)
    again, again_key = hand_over(session, world)
    over = HandOverAnswer(HandOverState.EXPIRED, sandbox=True)
    assert session.keeper.opened(sealed_answer(world, first.ask, first_key, over)) is None
    assert session.keeper.opened(sealed_answer(world, again.ask, again_key, over)) is not None


@pytest.mark.parametrize(
    ("link", "sandbox", "followed"),
    [
        ("https://provider.id.th/K/AB", False, True),
        ("https://uat-login.provider.id.th/K/AB", False, True),
        ("https://provider.id.th:444/K/AB", False, False),
        ("http://provider.id.th/K/AB", False, False),
        ("https://provider.id.th.example/K/AB", False, False),
        ("https://notprovider.id.th/K/AB", False, False),
        ("http://127.0.0.1:48213/P/AB", False, False),
        ("http://127.0.0.1:48213/P/AB", True, True),
        ("https://example.com/P/AB", True, False),
    ],
)
def test_nobody_is_led_to_an_address_that_is_not_the_office_s(
    session: Session, world: World, link: str, *, sandbox: bool, followed: bool
) -> None:
    question, reply_key = hand_over(session, world)
    answer = sealed_answer(world, question.ask, reply_key, begun(link, sandbox=sandbox))
    assert (session.keeper.opened(answer) is not None) is followed


def test_an_answer_of_another_shape_tells_the_session_nothing(session: Session, world: World) -> None:
    question = session.ask()
    assert session.keeper.opened(sealed_answer(world, question.ask, status_reply_key(world, question), PLACED)) is None
