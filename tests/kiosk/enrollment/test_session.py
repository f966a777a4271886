# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.evidence import CardStatus, Consent, Enrollment, Zone
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.identity import PartialDate
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.states import Farewell, Intent, Prompt
from tests.kiosk.enrollment.walk import STAFF_TOLD, Walk, findings
from tests.simulators.holders import identity, invalid_number

if TYPE_CHECKING:
    from collections.abc import Callable


def test_the_happy_way_ends_with_a_card_in_the_person_s_hand() -> None:
    walk = Walk().to_accepted()
    assert walk.state == at.Accepted("482913", 1_800_000_000_000, sandbox=True)
    walk.tell(on.BecameActive(sandbox=True))
    assert walk.state == at.Activated(sandbox=True)
    walk.say(Intent.DONE)
    assert walk.state == at.Rate(Farewell.FILED)
    walk.wait(8)
    assert walk.state == at.TakeCard(Farewell.FILED)
    walk.tell(on.CardChanged(Presence.ABSENT))
    assert walk.session.ended is Farewell.FILED
    assert isinstance(walk.steps[-1], on.End)


def test_the_consent_box_starts_unticked_and_agreeing_without_it_does_nothing() -> None:
    walk = Walk().say(Intent.START, Intent.ENROLL)
    assert walk.state == at.Notice(consented=False)
    walk.say(Intent.AGREE)
    assert walk.state == at.Notice(consented=False)
    assert walk.session.consent is None


def test_consent_can_be_taken_back_before_starting() -> None:
    walk = Walk().say(Intent.START, Intent.ENROLL, Intent.TICK, Intent.UNTICK, Intent.AGREE)
    assert walk.state == at.Notice(consented=False)


def test_refusing_leads_to_staff_and_reads_nothing() -> None:
    walk = Walk().say(Intent.START, Intent.ENROLL, Intent.DECLINE)
    assert walk.state == at.Goodbye(Farewell.DECLINED)
    assert not any(isinstance(step, on.ReadCard) for step in walk.steps)


def test_a_card_put_in_starts_a_session_with_the_notice_and_is_not_read_before_consent() -> None:
    walk = Walk().tell(on.CardChanged(Presence.PRESENT))
    assert walk.state == at.Notice()
    assert walk.steps == []
    walk.say(Intent.TICK, Intent.AGREE)
    assert walk.steps == [on.ReadCard()]


def test_a_card_left_in_the_reader_starts_nobody_s_session_and_is_not_read_for_the_next_person() -> None:
    walk = Walk(at_first=Presence.PRESENT)
    assert walk.state == at.Attract()
    walk.say(Intent.START, Intent.ENROLL, Intent.TICK, Intent.AGREE)
    assert walk.state == at.InsertCard()
    assert walk.steps == []
    walk.tell(on.CardChanged(Presence.ABSENT), on.CardChanged(Presence.PRESENT))
    assert walk.steps == [on.ReadCard()]


def test_the_confirm_screen_shows_masked_words_only() -> None:
    who = identity()
    walk = Walk().to_confirm(who)
    assert isinstance(walk.state, at.ConfirmIdentity)
    shown = walk.state.name_th + walk.state.name_en + walk.state.number
    assert who.citizen_number not in shown.replace(" ", "")
    assert who.name_th.last not in shown
    assert who.name_en.last not in shown
    assert walk.state.number == f"•• {who.citizen_number[-3:-1]} {who.citizen_number[-1]}"


def test_saying_no_to_the_name_ends_and_wipes() -> None:
    walk = Walk().to_confirm().say(Intent.NO)
    assert walk.state == at.TakeCard(Farewell.CANCELLED)
    assert walk.session.identity is None


@pytest.mark.parametrize("enrolled", [Enrolled.ACCEPTED, Enrolled.ACTIVATED])
def test_a_person_who_is_enrolled_is_told_so_and_not_photographed(enrolled: Enrolled) -> None:
    walk = Walk().to_confirm().say(Intent.YES).tell(on.StatusKnown(enrolled))
    assert isinstance(walk.state, at.AlreadyEnrolled)
    assert walk.state.activated is (enrolled is Enrolled.ACTIVATED)
    assert not any(isinstance(step, on.Look) for step in walk.steps)
    assert walk.say(Intent.DONE, Intent.DONE).state == at.TakeCard(Farewell.ALREADY_ENROLLED)


@pytest.mark.parametrize(
    ("changes", "failure"),
    [
        ({"expires": PartialDate(2026, 11, 23)}, Failure.CARD_EXPIRED),
        ({"expires": PartialDate(2025)}, Failure.CARD_EXPIRED),
        ({"born": PartialDate(2006, 11, 25)}, Failure.UNDER_AGE),
        ({"born": PartialDate(2006)}, Failure.UNDER_AGE),
        ({"citizen_number": invalid_number(1, first_digit=6)}, Failure.NOT_AT_KIOSK),
        ({"portrait_jpeg": b""}, Failure.CARD_PORTRAIT_UNUSABLE),
    ],
)
def test_a_card_that_cannot_go_on_here_is_led_on_kindly(changes: dict[str, Any], failure: Failure) -> None:
    walk = Walk().to_confirm(identity(**changes))
    assert walk.state == at.Problem(failure, retry=False)
    assert walk.session.identity is None


@pytest.mark.parametrize(
    "changes",
    [
        {"expires": PartialDate(2026, 11, 24)},
        {"expires": PartialDate(2026)},
        {"expires": None},
        {"born": PartialDate(2006, 11, 24)},
        {"born": PartialDate(1940)},
        {"born": None},
    ],
)
def test_a_card_that_is_only_unusual_goes_on(changes: dict[str, Any]) -> None:
    assert isinstance(Walk().to_confirm(identity(**changes)).state, at.ConfirmIdentity)


def test_a_card_is_tried_three_times_and_then_staff_help() -> None:
    walk = Walk().to_reading()
    for _ in range(2):
        walk.tell(on.CardFailed(Failure.CARD_UNREADABLE))
        assert walk.state == at.Problem(Failure.CARD_UNREADABLE, retry=True)
        walk.tell(on.CardChanged(Presence.ABSENT), on.CardChanged(Presence.PRESENT))
        assert walk.state == at.Reading()
    walk.tell(on.CardFailed(Failure.CARD_UNREADABLE))
    assert walk.state == at.Problem(Failure.CARD_UNREADABLE_STAFF, retry=False)


def test_a_card_that_was_read_and_names_nobody_is_for_the_staff_at_once() -> None:
    walk = Walk().to_reading().tell(on.CardFailed(Failure.NOT_AT_KIOSK))
    assert walk.state == at.Problem(Failure.NOT_AT_KIOSK, retry=False)


def test_a_face_is_tried_three_times_and_then_staff_help_without_an_accusation() -> None:
    walk = Walk().to_looking()
    for attempt in (1, 2):
        walk.tell(on.FaceJudged(findings(Zone.NO_MATCH)))
        assert walk.state == at.Problem(Failure.FACE_MISMATCH, retry=True, attempt=attempt)
        walk.say(Intent.RETRY)
        assert walk.state == at.Looking(attempt=attempt + 1)
    walk.tell(on.FaceJudged(findings(Zone.STAFF_LOOKS)))
    assert walk.state == at.Problem(Failure.FACE_STAFF, retry=False)
    assert not any(isinstance(step, on.FileRecord) for step in walk.steps)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.REFUSED)


def test_giving_up_between_face_tries_is_the_person_s_choice_and_no_refusal() -> None:
    walk = Walk().to_looking().tell(on.FaceJudged(findings(Zone.NO_MATCH))).say(Intent.DONE)
    assert walk.state == at.TakeCard(Farewell.CANCELLED)


def test_a_match_without_liveness_files_nothing() -> None:
    walk = Walk().to_looking().tell(on.FaceJudged(findings(alive=False)))
    assert walk.state == at.Problem(Failure.FACE_MISMATCH, retry=True)


@pytest.mark.parametrize("zone", [Zone.NO_MATCH, Zone.STAFF_LOOKS])
def test_an_enrollment_without_a_match_cannot_be_built(zone: Zone) -> None:
    consent = Consent("notice-1", datetime(2026, 11, 24, tzinfo=UTC))
    with pytest.raises(ValueError, match="match"):
        Enrollment(identity(), consent, CardStatus.PENDING, findings(zone), 1, 1)
    with pytest.raises(ValueError, match="liveness"):
        Enrollment(identity(), consent, CardStatus.PENDING, findings(alive=False), 1, 1)


_HOLDING: dict[str, Callable[[Walk], Walk]] = {
    "confirm": Walk.to_confirm,
    "looking": Walk.to_looking,
    "checking": lambda walk: walk.to_confirm().say(Intent.YES),
}


@pytest.mark.parametrize("where", _HOLDING)
def test_a_card_pulled_early_ends_the_session_and_wipes(where: str) -> None:
    walk = _HOLDING[where](Walk()).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)
    assert walk.session.identity is None
    assert walk.wait(8).session.ended is Farewell.CARD_REMOVED


def test_a_card_pulled_after_filing_loses_nothing() -> None:
    walk = Walk().to_filed().tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Checking()
    assert isinstance(walk.tell(on.PinIssued("1234", 1, sandbox=True)).state, at.Accepted)
    assert walk.say(Intent.DONE, Intent.DONE).state == at.Goodbye(Farewell.FILED)


@pytest.mark.parametrize("where", _HOLDING)
def test_a_reader_that_is_unplugged_in_a_session_is_not_called_a_pulled_card(where: str) -> None:
    walk = _HOLDING[where](Walk()).tell(on.CardChanged(Presence.NO_READER))
    assert walk.state == at.OutOfService(Fault.READER_ABSENT)
    assert walk.session.identity is None


@pytest.mark.parametrize("where", ["reading", *_HOLDING])
def test_cancel_is_possible_everywhere_before_filing(where: str) -> None:
    walk = {"reading": Walk.to_reading, **_HOLDING}[where](Walk()).say(Intent.CANCEL)
    assert walk.state == at.TakeCard(Farewell.CANCELLED)
    assert walk.session.identity is None
    assert on.StopWork() in walk.steps


def test_silence_of_45_s_warns_for_20_s_and_then_ends() -> None:
    walk = Walk().to_confirm().wait(44.75)
    assert isinstance(walk.state, at.ConfirmIdentity)
    assert walk.wait(0.25).state == at.StillThere(20)
    assert walk.wait(19.5).state == at.StillThere(1)
    assert walk.wait(0.75).state == at.TakeCard(Farewell.TIMED_OUT)


def test_more_time_can_be_had_at_least_ten_times() -> None:
    walk = Walk().to_confirm()
    before = walk.state
    for _ in range(12):
        assert isinstance(walk.wait(46).state, at.StillThere)
        assert walk.say(Intent.MORE_TIME).state == before


def test_a_card_pulled_during_the_warning_ends_the_session_too() -> None:
    walk = Walk().to_confirm().wait(46).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)


def test_a_card_pulled_during_the_warning_over_a_failed_try_ends_the_session_too() -> None:
    walk = Walk().to_looking().tell(on.FaceFailed(Failure.NO_FACE)).wait(46).tell(on.CardChanged(Presence.ABSENT))
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)
    assert walk.session.identity is None


def test_a_card_put_in_during_the_warning_over_an_unread_card_is_read() -> None:
    walk = Walk().to_reading().tell(on.CardFailed(Failure.CARD_UNREADABLE), on.CardChanged(Presence.ABSENT)).wait(46)
    assert isinstance(walk.state, at.StillThere)
    assert walk.tell(on.CardChanged(Presence.PRESENT)).state == at.Reading()


def test_a_card_that_is_never_read_through_leads_to_staff() -> None:
    walk = Walk().to_reading().wait(29)
    assert walk.tell(on.ReadProgressed(0.5)).state == at.Reading(0.5)
    assert walk.wait(1).state == at.Problem(Failure.CARD_UNREADABLE_STAFF, retry=False)


def test_a_camera_that_never_answers_stops_the_kiosk() -> None:
    assert Walk().to_looking().wait(79).state == at.Looking()
    walk = Walk().to_looking().wait(80)
    assert walk.state == at.OutOfService(Fault.CAMERA_FROZEN)
    assert walk.session.identity is None


def test_the_card_s_progress_is_told_in_hundredths_so_that_it_cannot_flood_the_screen() -> None:
    assert Walk().to_reading().tell(on.ReadProgressed(0.123456)).state == at.Reading(0.12)


def test_the_welcome_never_times_out() -> None:
    assert Walk().wait(600).state == at.Attract()


def test_a_slow_centre_is_said_to_be_slow_and_then_can_be_asked_again() -> None:
    walk = Walk().to_confirm().say(Intent.YES)
    assert walk.wait(10).state == at.Checking(slow=True)
    assert walk.wait(10).state == at.Problem(Failure.CENTRAL_SILENT, retry=True)
    walk.say(Intent.RETRY)
    assert walk.state == at.Checking()
    assert sum(isinstance(step, on.AskStatus) for step in walk.steps) == 2


def test_without_a_network_nothing_is_promised_and_nothing_filed() -> None:
    walk = Walk().to_confirm().say(Intent.YES).tell(on.Unreachable())
    assert walk.state == at.Problem(Failure.NETWORK_DOWN, retry=True)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.NETWORK)
    assert not any(isinstance(step, on.FileRecord) for step in walk.steps)


def test_an_outcome_that_does_not_come_leaves_an_honest_word_and_a_code() -> None:
    walk = Walk().to_filed().wait(20)
    assert walk.state == at.SavedHere("ABCD-1234", confirmed=False)
    assert walk.tell(on.Confirmed()).state == at.SavedHere("ABCD-1234", confirmed=True)


def test_a_pin_that_comes_late_is_still_shown() -> None:
    walk = Walk().to_filed().wait(20).tell(on.PinIssued("1234", 5, sandbox=True))
    assert walk.state == at.Accepted("1234", 5, sandbox=True)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (on.PinIssued("1234", 5, sandbox=True), at.Accepted("1234", 5, sandbox=True)),
        (on.BecameActive(sandbox=True), at.Activated(sandbox=True)),
        (on.Rejected(), at.Problem(Failure.NOT_ACCEPTED)),
    ],
)
def test_an_outcome_that_comes_during_the_warning_is_still_shown(told: on.Happening, shown: at.State) -> None:
    walk = Walk().to_filed().wait(20 + 46)
    assert isinstance(walk.state, at.StillThere)
    assert walk.tell(told).state == shown


def test_a_receipt_that_comes_during_the_warning_is_not_forgotten() -> None:
    walk = Walk().to_filed().wait(20 + 46).tell(on.Confirmed()).say(Intent.MORE_TIME)
    assert walk.state == at.SavedHere("ABCD-1234", confirmed=True)


def test_a_record_whose_filing_took_long_is_not_called_lost_when_it_was_kept() -> None:
    walk = Walk().to_looking().tell(on.FaceJudged(findings())).wait(20)
    assert walk.state == at.Problem(Failure.NOT_SAVED, retry=False)
    assert walk.tell(on.Filed("ABCD-1234")).state == at.SavedHere("ABCD-1234", confirmed=False)
    assert walk.say(Intent.DONE, Intent.DONE).state == at.TakeCard(Farewell.FILED)


def test_after_90_s_without_activation_the_rest_is_for_home() -> None:
    assert Walk().to_accepted().wait(90).state == at.FinishLater("482913", 1_800_000_000_000)


def test_a_record_that_was_not_stored_is_not_called_stored() -> None:
    walk = Walk().to_looking().tell(on.FaceJudged(findings()), on.NotFiled())
    assert walk.state == at.Problem(Failure.NOT_SAVED, retry=False)
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.NOT_SAVED)


def test_a_reader_that_disappears_stops_the_kiosk_before_a_person_starts() -> None:
    walk = Walk().tell(on.CardChanged(Presence.NO_READER))
    assert walk.state == at.OutOfService(Fault.READER_ABSENT)


def test_a_person_who_leaves_the_card_is_waited_for_15_s() -> None:
    walk = Walk().to_accepted().say(Intent.DONE, Intent.DONE)
    assert walk.wait(14.5).session.ended is None
    assert walk.wait(1).session.ended is Farewell.FILED


_happenings = st.one_of(
    st.sampled_from(list(Intent)).map(on.PersonSaid),
    st.sampled_from(list(Presence)).map(on.CardChanged),
    st.sampled_from(list(Failure)).map(on.CardFailed),
    st.sampled_from(list(Failure)).map(on.FaceFailed),
    st.sampled_from(list(Prompt)).map(on.Prompted),
    st.sampled_from(list(Zone)).map(lambda zone: on.FaceJudged(findings(zone))),
    st.sampled_from(list(Enrolled)).map(on.StatusKnown),
    st.sampled_from(STAFF_TOLD),
    st.just(on.ReadProgressed(0.5)),
    st.just(on.NameRead(identity().masked_name_th(), identity().masked_name_en())),
    st.just(on.IdentityRead(identity())),
    st.just(on.Unreachable()),
    st.just(on.Filed("ABCD-1234")),
    st.just(on.NotFiled()),
    st.just(on.Confirmed()),
    st.just(on.PinIssued("1234", 1, sandbox=True)),
    st.just(on.BecameActive(sandbox=True)),
    st.just(on.Rejected()),
    st.sampled_from([Failure.CODE_TOO_OFTEN, Failure.CODE_NOT_HERE]).map(on.NoNewCode),
    st.just(on.HelpTold()),
    st.builds(on.HelperComes, st.integers(0, 3), st.just("สมชาย"), st.integers(0, 1800)),
)


@settings(max_examples=100)
@given(st.lists(st.tuples(_happenings, st.sampled_from([0.0, 1.0, 12.0])), max_size=40))
def test_whatever_happens_nobody_is_stuck_and_no_state_names_a_person(
    story: list[tuple[on.Happening, float]],
) -> None:
    walk, who = Walk(), identity()
    walk.session = replace(walk.session, policy=replace(walk.session.policy, enrolls_staff=True, deferred_hours=24))
    for happening, wait_s in story:
        walk.tell(happening).wait(wait_s)
        shown = repr(walk.state)
        assert who.citizen_number not in shown
        assert who.name_th.last not in shown
    filed = [step for step in walk.steps if isinstance(step, on.FileRecord)]
    assert len(filed) <= 1
    walk.wait(2800, every_s=2.0)  # a helper is waited for as long as promised, then camera or person has its own time
    assert walk.session.ended is not None or walk.state == at.Attract()
    assert walk.session.identity is None


def test_a_name_that_is_read_first_prints_nobody() -> None:
    who = identity()
    assert who.name_th.first not in repr(on.NameRead(who.masked_name_th(), who.masked_name_en()))


def test_a_session_never_prints_the_person() -> None:
    walk = Walk().to_looking()
    assert walk.session.identity is not None
    assert repr(walk.session) == "Session(Looking)"
