# SPDX-License-Identifier: Apache-2.0
"""What a member of staff is told of the units' rosters, and what becomes of a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest
from sqlalchemy import update

from fleet.partners.idp.sandbox import Fault
from fleet.people.imports import Upload
from fleet.people.roster import Importer, import_roster
from fleet.relay.office import NoOffice
from fleet.relay.ports import Partners
from fleet.relay.tokens import STAFF
from fleet.store.session import unit_of_work
from fleet.store.tables import ask, outgoing, roster, ticket
from tests.fleet.road import ACTIVATE_AFTER_MS
from tests.simulators.kiosk_wire import Session, identity_record, made_up_number
from wire.asks import (
    Amiss,
    HandOverAnswer,
    HandOverState,
    PersonState,
    RosterEntry,
    StaffAnswer,
    TicketAnswer,
)
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

ANN, BEN = made_up_number(1), made_up_number(2)
UNIT, POSITION, ADMIN = "งานเวชระเบียน", "นักวิชาการ", "งานบุคคล โทร 1234"

Told = TypeVar("Told", bound=msgspec.Struct)


@pytest.fixture
def kiosk(fleet: Fleet) -> WireKiosk:
    """A kiosk of 10670 whose roster has Ann. Ann and Ben have an active Health ID."""
    kiosk = fleet.kiosk(facility="10670")
    list_staff(fleet, f"{ANN},10670,{UNIT},{POSITION},{ADMIN}\n")
    for number in (ANN, BEN):
        fleet.deliver(kiosk, kiosk.enrol(identity_record(number))[1])
    fleet.work(2, pass_ms=ACTIVATE_AFTER_MS)
    return kiosk


def placed(*, entry: RosterEntry | None = None, admin: str | None = None, has: bool | None = False) -> StaffAnswer:
    """The answer to who has an active Health ID, where an office can be asked."""
    return StaffAnswer(
        PersonState.ACTIVATED, sandbox=True, entry=entry, admin=admin, has_provider_id=has, hand_over=True
    )


def list_staff(fleet: Fleet, rows: str) -> None:
    content = ("citizen_number,facility,unit,position,admin\n" + rows).encode()
    who = Importer("tester", "tester", fleet.clock())
    import_roster(fleet.engine, Upload("r.csv", content), lambda number: fleet.keys.token.token(number, STAFF), who)


def told(fleet: Fleet, kiosk: WireKiosk, session: Session, shape: type[Told]) -> list[Told]:
    fleet.work()
    key = fleet.keys.answer.public()
    return [kiosk.open_answer(message.payload, key, session, shape)[1] for message in fleet.answers()]


def asked(fleet: Fleet, kiosk: WireKiosk, number: str) -> list[StaffAnswer]:
    session = Session()
    fleet.deliver(kiosk, kiosk.ask_staff(number, session)[1], kind=Up.ASK)
    return told(fleet, kiosk, session, StaffAnswer)


def sent(fleet: Fleet, kiosk: WireKiosk, number: str, amiss: Amiss) -> list[TicketAnswer]:
    session = Session()
    fleet.deliver(kiosk, kiosk.send_ticket(number, amiss, session)[1], kind=Up.ASK)
    return told(fleet, kiosk, session, TicketAnswer)


def test_who_is_on_the_list_is_told_unit_and_position(fleet: Fleet, kiosk: WireKiosk) -> None:
    entry = RosterEntry(UNIT, POSITION)
    assert asked(fleet, kiosk, ANN) == [placed(entry=entry, admin=ADMIN)]


def test_who_is_not_is_told_who_mends_the_list_of_the_kiosk_s_own_hospital(fleet: Fleet, kiosk: WireKiosk) -> None:
    assert asked(fleet, kiosk, BEN) == [placed(admin=ADMIN)]
    elsewhere = fleet.kiosk("loei-01", facility="10671")
    assert asked(fleet, elsewhere, BEN) == [placed()]


@pytest.mark.usefixtures("kiosk")
def test_who_works_elsewhere_is_found_at_any_kiosk(fleet: Fleet) -> None:
    elsewhere = fleet.kiosk("loei-01", facility="10671")
    (answer,) = asked(fleet, elsewhere, ANN)
    assert answer.entry == RosterEntry(UNIT, POSITION)


def test_who_has_no_active_health_id_is_told_that_and_nothing_of_the_lists(fleet: Fleet, kiosk: WireKiosk) -> None:
    nobody = made_up_number(3)
    list_staff(fleet, f"{nobody},10670,{UNIT},{POSITION},{ADMIN}\n")
    assert asked(fleet, kiosk, nobody) == [StaffAnswer(PersonState.NONE, sandbox=True)]


def test_nothing_is_guessed_of_a_stranger_while_the_provider_is_away(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.sandbox.fault = Fault.UNWELL
    assert asked(fleet, kiosk, made_up_number(3)) == []
    assert [answer.health_id for answer in asked(fleet, kiosk, ANN)] == [PersonState.ACTIVATED]


def test_a_ticket_is_kept_as_a_token_with_what_is_amiss_and_whose_list(fleet: Fleet, kiosk: WireKiosk) -> None:
    (missing,), (wrong,) = sent(fleet, kiosk, BEN, Amiss.MISSING), sent(fleet, kiosk, ANN, Amiss.WRONG)
    assert (missing.admin, wrong.admin, missing.number < wrong.number) == (ADMIN, ADMIN, True)
    kept = [(row.number, bytes(row.token), row.facility, row.amiss, row.kiosk) for row in fleet.rows(ticket)]
    token = fleet.keys.token.token
    assert kept == [
        (missing.number, token(BEN, STAFF), "10670", "missing", kiosk.id),
        (wrong.number, token(ANN, STAFF), "10670", "wrong", kiosk.id),
    ]


@pytest.mark.usefixtures("kiosk")
def test_a_list_is_called_wrong_where_it_is_and_not_where_the_kiosk_stands(fleet: Fleet) -> None:
    elsewhere = fleet.kiosk("loei-01", facility="10671")
    sent(fleet, elsewhere, ANN, Amiss.WRONG)
    sent(fleet, elsewhere, BEN, Amiss.WRONG)
    assert [(row.facility, row.amiss) for row in fleet.rows(ticket)] == [("10670", "wrong"), ("10671", "missing")]


def test_a_ticket_that_is_sent_again_has_the_same_number(fleet: Fleet, kiosk: WireKiosk) -> None:
    first, again = sent(fleet, kiosk, BEN, Amiss.MISSING), sent(fleet, kiosk, BEN, Amiss.MISSING)
    assert first == again
    assert fleet.count(ticket) == 1


def test_a_question_that_cannot_be_opened_is_closed(fleet: Fleet, kiosk: WireKiosk) -> None:
    ask_id, message = kiosk.ask_staff(ANN, Session())
    fleet.deliver(kiosk, message, kind=Up.ASK)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(update(ask).where(ask.c.id == ask_id).values(attachment=b"noise"))
    fleet.work()
    assert (fleet.answers(), [row.said for row in fleet.rows(ask)]) == ([], ["closed"])


def test_who_has_a_provider_id_is_told_so(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.office.book.give(BEN)
    assert asked(fleet, kiosk, BEN) == [placed(admin=ADMIN, has=True)]


def test_a_silent_office_leaves_it_unknown_and_the_list_is_told_all_the_same(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.office.fault = Fault.UNWELL
    assert asked(fleet, kiosk, BEN) == [placed(admin=ADMIN, has=None)]


def test_without_an_office_nobody_is_handed_over(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.partners = Partners(fleet.partners.provider, NoOffice())
    fleet.restart_relay()
    (answer,) = asked(fleet, kiosk, ANN)
    assert (answer.has_provider_id, answer.hand_over) == (None, False)
    assert began(fleet, kiosk, ANN)[1] == []


def began(fleet: Fleet, kiosk: WireKiosk, number: str) -> tuple[Session, list[HandOverAnswer]]:
    session = Session()
    fleet.deliver(kiosk, kiosk.hand_over(number, session)[1], kind=Up.ASK)
    return session, told(fleet, kiosk, session, HandOverAnswer)


def later(fleet: Fleet, kiosk: WireKiosk, session: Session) -> list[HandOverAnswer]:
    fleet.clock.ms += 1_100
    return told(fleet, kiosk, session, HandOverAnswer)


def test_a_person_is_handed_over_to_a_phone_and_told_when_it_is_done(fleet: Fleet, kiosk: WireKiosk) -> None:
    session, (begun,) = began(fleet, kiosk, ANN)
    assert (begun.state, begun.sandbox) == (HandOverState.WAITING, True)
    assert begun.link is not None
    assert later(fleet, kiosk, session) == []
    fleet.office.book.sign_in(begun.link.rpartition("/")[2], owner=True)
    assert later(fleet, kiosk, session) == [HandOverAnswer(HandOverState.DONE, sandbox=True)]
    assert later(fleet, kiosk, session) == []


def test_the_kiosk_and_the_phone_have_the_same_words(fleet: Fleet, kiosk: WireKiosk) -> None:
    _, (begun,) = began(fleet, kiosk, ANN)
    assert begun.link is not None
    on_phone = fleet.office.book.begun(begun.link.rpartition("/")[2])
    assert (begun.word_th, begun.word_en) == (on_phone.word_th, on_phone.word_en)


@pytest.mark.parametrize("expired", [False, True])
def test_another_person_s_phone_and_one_that_never_comes_are_told_too(
    fleet: Fleet, kiosk: WireKiosk, *, expired: bool
) -> None:
    session, (begun,) = began(fleet, kiosk, ANN)
    assert begun.link is not None
    if expired:
        fleet.office.book._database.execute("UPDATE hand_over SET ends_ms = 0")  # noqa: SLF001 - sooner than the ask
    else:
        fleet.office.book.sign_in(begun.link.rpartition("/")[2], owner=False)
    state = HandOverState.EXPIRED if expired else HandOverState.ANOTHER_PERSON
    assert later(fleet, kiosk, session) == [HandOverAnswer(state, sandbox=True)]


def test_done_is_told_only_when_the_office_says_that_there_is_a_provider_id(fleet: Fleet, kiosk: WireKiosk) -> None:
    session, (begun,) = began(fleet, kiosk, ANN)
    assert begun.link is not None
    fleet.office.book.sign_in(begun.link.rpartition("/")[2], owner=True)
    fleet.office.book._database.execute("DELETE FROM holder")  # noqa: SLF001 - an office that contradicts itself
    assert later(fleet, kiosk, session) == []


@pytest.mark.parametrize("fault", [Fault.UNWELL, Fault.SILENT, Fault.HALF, Fault.UNLABELLED, Fault.NONSENSE])
def test_an_office_that_fails_is_asked_again_and_the_hand_over_is_the_same_one(
    fleet: Fleet, kiosk: WireKiosk, fault: Fault
) -> None:
    fleet.office.fault = fault
    session, answers = began(fleet, kiosk, ANN)
    assert answers == []
    fleet.office.fault = Fault.NONE
    (begun,) = later(fleet, kiosk, session)
    fleet.restart_relay()
    assert later(fleet, kiosk, session) == []
    assert begun.link is not None
    fleet.office.book.sign_in(begun.link.rpartition("/")[2], owner=True)
    fleet.office.fault = fault
    assert later(fleet, kiosk, session) == []
    fleet.office.fault = Fault.NONE
    assert [answer.state for answer in later(fleet, kiosk, session)] == [HandOverState.DONE]


def test_an_office_that_is_away_is_left_alone_and_nobody_else_waits_for_it(fleet: Fleet, kiosk: WireKiosk) -> None:
    fleet.office.fault = Fault.UNWELL
    for _ in range(4):
        asked(fleet, kiosk, ANN)
    fleet.office.fault = Fault.NONE
    assert asked(fleet, kiosk, ANN)[0].has_provider_id is None
    fleet.clock.ms += 31_000
    assert asked(fleet, kiosk, ANN)[0].has_provider_id is False


def test_neither_number_nor_place_is_in_what_the_courier_carries_or_the_tables_keep(
    fleet: Fleet, kiosk: WireKiosk, capfd: pytest.CaptureFixture[str]
) -> None:
    asked(fleet, kiosk, ANN)
    sent(fleet, kiosk, BEN, Amiss.MISSING)
    began(fleet, kiosk, ANN)
    carried = b"".join(bytes(row.message) for row in fleet.rows(outgoing))
    carried += b"".join(bytes(row.attachment) for row in fleet.rows(ask))
    kept = repr([fleet.rows(table) for table in (ask, roster, ticket)])
    said = "".join(capfd.readouterr())
    for secret in (ANN, BEN):
        assert secret.encode() not in carried
        assert secret not in kept + said
    assert UNIT.encode() not in carried
    assert UNIT not in said
