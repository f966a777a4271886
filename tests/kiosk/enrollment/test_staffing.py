# SPDX-License-Identifier: Apache-2.0
"""J10: a member of staff, the roster and a ticket about it, before a kiosk that enrols staff."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import staff_states as staff
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.ports import Enrolled, PhoneSaid, Presence, StaffTask
from kiosk.enrollment.states import Farewell, Intent, Purpose
from tests.kiosk.enrollment.walk import Walk, findings
from tests.simulators.holders import identity, invalid_number

LISTED = on.StaffKnown(Enrolled.ACTIVATED, "งานเวชระเบียน", "พยาบาล", "งานบุคคล")
MISSING = on.StaffKnown(Enrolled.ACTIVATED, admin="งานบุคคล")
ON_ROSTER, NOT_ON_ROSTER = staff.OnRoster("งานเวชระเบียน", "พยาบาล"), staff.NotOnRoster("งานบุคคล")
CHECKING = at.Checking(purpose=Purpose.STAFF)


def staffed(at_first: Presence = Presence.ABSENT) -> Walk:
    walk = Walk(at_first)
    walk.session = replace(walk.session, policy=replace(walk.session.policy, enrolls_staff=True))
    return walk


def asking() -> Walk:
    walk = staffed().say(Intent.START, Intent.STAFF).tell(on.CardChanged(Presence.PRESENT))
    return walk.tell(on.IdentityRead(identity()))


def asked(walk: Walk) -> list[StaffTask]:
    return [step.task for step in walk.steps if isinstance(step, on.AskStaff)]


def test_a_kiosk_that_does_not_enrol_staff_says_what_can_be_done_today() -> None:
    assert Walk().say(Intent.START, Intent.STAFF).state == at.StaffToday()


def test_staff_put_in_the_card_and_are_looked_up_without_consent_camera_or_record() -> None:
    walk = staffed().say(Intent.START, Intent.STAFF)
    assert walk.state == at.InsertCard(Purpose.STAFF)
    walk.tell(on.CardChanged(Presence.PRESENT))
    assert walk.state == at.Reading(purpose=Purpose.STAFF)
    walk.tell(on.IdentityRead(identity()))
    assert (walk.state, asked(walk)) == (CHECKING, [StaffTask.STANDING])
    walk.tell(LISTED)
    assert walk.state == ON_ROSTER
    assert walk.session.consent is None
    assert not any(isinstance(step, (on.Look, on.FileRecord, on.AskStatus)) for step in walk.steps)


def test_what_the_list_says_is_right_and_the_rest_is_done_on_the_own_phone() -> None:
    walk = asking().tell(LISTED).say(Intent.YES)
    assert (walk.state, walk.session.identity) == (staff.StaffOnPhone(), None)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.STAFF)


def test_what_is_not_right_becomes_a_ticket_with_one_touch() -> None:
    walk = asking().tell(LISTED).say(Intent.REPORT)
    assert (walk.state, asked(walk)[-1]) == (CHECKING, StaffTask.WRONG)
    walk.tell(on.TicketKept(12, "งานบุคคล"))
    assert (walk.state, walk.session.identity) == (staff.TicketSent(12, "งานบุคคล"), None)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.STAFF)


def test_a_name_that_is_missing_becomes_a_ticket_with_one_touch() -> None:
    walk = asking().tell(MISSING)
    assert walk.state == NOT_ON_ROSTER
    walk.say(Intent.REPORT).tell(on.TicketKept(13))
    assert (walk.state, asked(walk)) == (staff.TicketSent(13), [StaffTask.STANDING, StaffTask.MISSING])


def test_who_sends_no_ticket_has_been_told_all_the_same() -> None:
    assert asking().tell(MISSING).say(Intent.DONE).state == at.TakeCard(Farewell.STAFF)
    assert asking().tell(LISTED).say(Intent.CANCEL).state == at.TakeCard(Farewell.CANCELLED)


@pytest.mark.parametrize("told", [LISTED, MISSING])
def test_what_the_list_says_goes_with_the_card(told: on.Happening) -> None:
    walk = asking().tell(told, on.CardChanged(Presence.ABSENT))
    assert (walk.state, walk.session.identity) == (at.Goodbye(Farewell.CARD_REMOVED), None)


def test_a_ticket_s_number_stays_until_the_person_has_noted_it() -> None:
    walk = asking().tell(MISSING).say(Intent.REPORT).tell(on.TicketKept(13), on.CardChanged(Presence.ABSENT))
    assert walk.state == staff.TicketSent(13)
    assert walk.wait(45).state == at.StillThere(20)
    assert walk.wait(21).state == at.Goodbye(Farewell.STAFF)


def test_a_silent_central_system_may_be_asked_the_same_again() -> None:
    walk = asking().tell(MISSING).say(Intent.REPORT).wait(10)
    assert walk.state == at.Checking(slow=True, purpose=Purpose.STAFF)
    assert walk.wait(10).state == at.Problem(Failure.CENTRAL_SILENT, retry=True)
    assert walk.tell(on.TicketKept(13)).state == at.Problem(Failure.CENTRAL_SILENT, retry=True)
    assert walk.say(Intent.RETRY).state == CHECKING
    assert asked(walk) == [StaffTask.STANDING, StaffTask.MISSING, StaffTask.MISSING]
    assert walk.tell(on.TicketKept(13)).state == staff.TicketSent(13)


def test_without_a_network_nothing_is_said_of_the_person() -> None:
    walk = asking().tell(on.Unreachable())
    assert walk.state == at.Problem(Failure.NETWORK_DOWN, retry=True)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.NETWORK)


@pytest.mark.parametrize(
    "late",
    [LISTED, MISSING, on.StatusKnown(Enrolled.NOT_YET), on.StatusKnown(Enrolled.ACTIVATED)],
    ids=["listed", "missing", "no-health-id", "health-id"],
)
def test_an_answer_to_an_earlier_question_changes_nothing(late: on.Happening) -> None:
    walk = asking().tell(LISTED).say(Intent.REPORT)
    assert walk.tell(late).state == CHECKING
    patient = Walk().to_confirm().say(Intent.YES).tell(on.TicketKept(1))
    assert patient.state == at.Checking()


def test_an_answer_for_staff_is_none_for_a_patient() -> None:
    assert Walk().to_confirm().say(Intent.YES).tell(LISTED).state == at.Checking()


def test_who_has_no_health_id_begins_with_it_in_the_same_session() -> None:
    walk = asking().tell(on.StaffKnown(Enrolled.NOT_YET))
    assert (walk.state, walk.session.identity) == (staff.StaffFirst(), None)
    walk.say(Intent.ENROLL)
    assert (walk.state, walk.session.purpose) == (at.Notice(), Purpose.ENROLL)
    walk.say(Intent.TICK, Intent.AGREE)
    assert walk.state == at.Reading()


def enrolled() -> Walk:
    walk = asking().tell(on.StaffKnown(Enrolled.NOT_YET)).say(Intent.ENROLL, Intent.TICK, Intent.AGREE)
    walk.tell(on.IdentityRead(identity())).say(Intent.YES).tell(on.StatusKnown(Enrolled.NOT_YET))
    walk.tell(on.FaceJudged(findings()), on.Filed("ABCD-1234"), on.PinIssued("482913", 1_800_000_000_000, sandbox=True))
    return walk


def test_who_uses_the_code_at_once_goes_on_with_step_2_and_the_card_is_read_anew() -> None:
    walk = enrolled().tell(on.BecameActive(sandbox=True))
    assert walk.state == at.Activated(staff=True)
    assert walk.say(Intent.STAFF).state == at.Reading(purpose=Purpose.STAFF)
    walk.tell(on.IdentityRead(identity()), LISTED)
    assert walk.state == ON_ROSTER
    assert walk.say(Intent.YES, Intent.DONE).state == at.TakeCard(Farewell.FILED)


def test_who_uses_the_code_later_ends_well_and_comes_again() -> None:
    assert enrolled().wait(90).state == at.FinishLater("482913", 1_800_000_000_000)
    walk = asking().tell(on.StaffKnown(Enrolled.ACCEPTED))
    assert walk.state == at.AlreadyEnrolled(activated=False)
    assert walk.session.identity is None


def test_nobody_enrols_twice_in_a_session_whatever_the_central_system_says() -> None:
    walk = enrolled().tell(on.BecameActive(sandbox=True)).say(Intent.STAFF)
    walk.tell(on.IdentityRead(identity()), on.StaffKnown(Enrolled.NOT_YET))
    assert walk.state == at.AlreadyEnrolled(activated=False)


def test_a_late_word_about_the_record_does_not_disturb_step_2() -> None:
    walk = enrolled().tell(on.BecameActive(sandbox=True)).say(Intent.STAFF).tell(on.IdentityRead(identity()))
    walk.tell(on.PinIssued("482913", 1, sandbox=True), on.Rejected(), on.BecameActive(sandbox=True), on.Confirmed())
    assert walk.state == CHECKING


def test_a_patient_is_not_offered_a_second_step() -> None:
    walk = Walk().to_accepted().tell(on.BecameActive(sandbox=True))
    assert walk.state == at.Activated(staff=False)
    assert walk.say(Intent.STAFF).state == at.Activated(staff=False)


def test_a_number_that_is_served_at_the_counter_is_led_there() -> None:
    who = identity(citizen_number="6" + invalid_number(1)[1:])
    walk = staffed().say(Intent.START, Intent.STAFF).tell(on.CardChanged(Presence.PRESENT), on.IdentityRead(who))
    assert walk.state == at.Problem(Failure.NOT_AT_KIOSK)


HANDS_OVER = replace(LISTED, hand_over=True)
LINK = on.HandOverBegun("https://provider.id.th/K/AB", "มะม่วง-27", "MANGO-27", sandbox=False)
SCAN = staff.ScanWithPhone("https://provider.id.th/K/AB", "มะม่วง-27", "MANGO-27", sandbox=False)


def ended(said: PhoneSaid) -> on.HandOverEnded:
    return on.HandOverEnded(said, sandbox=False)


def scanning() -> Walk:
    return asking().tell(HANDS_OVER).say(Intent.YES).tell(LINK)


def test_a_person_goes_on_with_a_phone_and_the_kiosk_says_when_it_is_done() -> None:
    walk = asking().tell(HANDS_OVER).say(Intent.YES)
    assert (walk.state, asked(walk)[-1]) == (CHECKING, StaffTask.HAND_OVER)
    assert walk.tell(LINK).state == SCAN
    assert walk.wait(200).state == SCAN
    walk.tell(ended(PhoneSaid.DONE))
    assert (walk.state, walk.session.identity) == (staff.HasProviderId(sandbox=False), None)
    assert walk.say(Intent.NEXT).state == staff.StaffNextStep()
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.STAFF)


def test_who_has_a_provider_id_is_told_so_at_once() -> None:
    walk = asking().tell(replace(HANDS_OVER, has_provider_id=True))
    assert (walk.state, walk.session.identity) == (staff.HasProviderId(sandbox=True), None)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.STAFF)


@pytest.mark.parametrize(
    ("said", "failure"),
    [(PhoneSaid.ANOTHER_PERSON, Failure.PHONE_OF_ANOTHER), (PhoneSaid.EXPIRED, Failure.PHONE_NOT_DONE)],
)
def test_a_phone_that_is_not_the_holder_s_or_never_came_may_be_tried_again(said: PhoneSaid, failure: Failure) -> None:
    walk = scanning().tell(ended(said))
    assert walk.state == at.Problem(failure, retry=True)
    assert walk.say(Intent.RETRY).state == CHECKING
    assert asked(walk)[-2:] == [StaffTask.HAND_OVER, StaffTask.HAND_OVER]
    assert walk.tell(LINK).state == SCAN


def test_a_phone_is_waited_for_as_long_as_its_link_is_good() -> None:
    walk = scanning().wait(239)
    assert walk.state == SCAN
    assert walk.wait(1).state == at.Problem(Failure.PHONE_NOT_DONE, retry=True)
    assert walk.tell(ended(PhoneSaid.EXPIRED)).state == at.Problem(Failure.PHONE_NOT_DONE, retry=True)
    assert walk.tell(ended(PhoneSaid.DONE)).state == staff.HasProviderId(sandbox=False)


def test_a_hand_over_whose_beginning_was_not_heard_of_may_be_done_all_the_same() -> None:
    walk = asking().tell(HANDS_OVER).say(Intent.YES).tell(ended(PhoneSaid.DONE))
    assert walk.state == staff.HasProviderId(sandbox=False)


def test_the_link_goes_with_the_card_and_with_a_cancel() -> None:
    assert scanning().tell(on.CardChanged(Presence.ABSENT)).state == at.Goodbye(Farewell.CARD_REMOVED)
    assert scanning().say(Intent.CANCEL).state == at.TakeCard(Farewell.CANCELLED)


def test_a_phone_that_nobody_waits_for_changes_nothing() -> None:
    assert asking().tell(LISTED, ended(PhoneSaid.DONE)).state == ON_ROSTER
    assert asking().tell(LISTED, LINK).state == ON_ROSTER
    assert Walk().to_confirm().say(Intent.YES).tell(ended(PhoneSaid.DONE)).state == at.Checking()
    assert asking().tell(MISSING).say(Intent.REPORT).tell(LINK).state == CHECKING


def test_what_a_session_is_told_of_a_person_s_place_prints_nothing_of_it() -> None:
    assert "พยาบาล" not in repr(LISTED)
    assert "งานบุคคล" not in repr(on.TicketKept(1, "งานบุคคล"))
    assert "provider.id.th" not in repr(LINK)
