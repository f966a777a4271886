# SPDX-License-Identifier: Apache-2.0
"""SC-09 and SC-10b: the code on paper for who asks, while the session goes on whatever becomes of it."""

from __future__ import annotations

import pytest

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.shown import Slip
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk

UNTIL = 1_800_000_000_000
STEP = on.PrintSlip("482913", UNTIL, sandbox=True)


def _with_printer() -> Walk:
    walk = Walk()
    walk.session = Session(
        policy=SessionPolicy(offers_slip=True, mor_prom_link="https://example.moph.go.th"), presence=Presence.ABSENT
    )
    return walk


def _slip(walk: Walk) -> Slip:
    assert isinstance(walk.state, (at.Accepted, at.FinishLater))
    return walk.state.slip


def _asked(walk: Walk) -> list[on.Step]:
    return [step for step in walk.steps if isinstance(step, on.PrintSlip)]


def test_without_a_printer_nothing_is_offered_and_nothing_printed() -> None:
    walk = Walk().to_accepted().say(Intent.PRINT)
    assert _slip(walk) is Slip.NONE
    assert _asked(walk) == []


@pytest.mark.parametrize(("printed", "slip"), [(True, Slip.PRINTED), (False, Slip.FAILED)])
def test_who_asks_gets_one_slip_and_is_told_what_became_of_it(printed: bool, slip: Slip) -> None:  # noqa: FBT001 - a case
    walk = _with_printer().to_accepted()
    assert _slip(walk) is Slip.OFFERED
    assert _slip(walk.say(Intent.PRINT)) is Slip.PRINTING
    assert _slip(walk.say(Intent.PRINT).tell(on.SlipEnded(printed))) is slip
    assert _asked(walk) == [STEP]


def test_a_slip_that_came_out_is_not_printed_again_and_one_that_did_not_may_be() -> None:
    walk = _with_printer().to_accepted().say(Intent.PRINT).tell(on.SlipEnded(printed=False))
    assert _slip(walk.say(Intent.PRINT)) is Slip.PRINTING
    walk.tell(on.SlipEnded(printed=True)).say(Intent.PRINT)
    assert _slip(walk) is Slip.PRINTED
    assert _asked(walk) == [STEP, STEP]


def test_printing_neither_holds_up_nor_moves_anybody() -> None:
    walk = _with_printer().to_accepted().say(Intent.PRINT, Intent.SHOW_QR)
    assert walk.tell(on.SlipEnded(printed=True)).state == at.HandOver("https://example.moph.go.th", "482913")
    assert _slip(walk.say(Intent.BACK)) is Slip.PRINTED
    assert isinstance(walk.say(Intent.DONE).state, at.Rate)
    assert isinstance(walk.tell(on.SlipEnded(printed=False)).state, at.Rate)


def test_whoever_leaves_while_it_prints_leaves() -> None:
    walk = _with_printer().to_accepted().say(Intent.PRINT, Intent.DONE, Intent.DONE)
    assert walk.state == at.TakeCard(Farewell.FILED)
    assert walk.tell(on.SlipEnded(printed=True)).state == at.TakeCard(Farewell.FILED)


def test_the_wait_for_the_phone_is_as_long_as_without_a_printer() -> None:
    walk = _with_printer().to_accepted().wait(60).say(Intent.PRINT).wait(29)
    assert isinstance(walk.state, at.Accepted)
    assert walk.wait(2).state == at.FinishLater("482913", UNTIL, slip=Slip.PRINTING)
    assert _slip(walk.tell(on.SlipEnded(printed=True))) is Slip.PRINTED


@pytest.mark.parametrize(("printed", "later"), [(True, Slip.NONE), (False, Slip.OFFERED)])
def test_finishing_at_home_does_not_say_again_what_became_of_it(printed: bool, later: Slip) -> None:  # noqa: FBT001 - a case
    walk = _with_printer().to_accepted().say(Intent.PRINT).tell(on.SlipEnded(printed)).wait(90)
    assert walk.state == at.FinishLater("482913", UNTIL, slip=later)


def test_finishing_at_home_offers_a_slip_too() -> None:
    walk = _with_printer().to_accepted().wait(90).say(Intent.PRINT)
    assert _slip(walk) is Slip.PRINTING
    assert _asked(walk) == [STEP]


def test_a_slip_that_ends_under_the_idle_warning_or_a_call_for_help_is_not_forgotten() -> None:
    walk = _with_printer().to_accepted().wait(90).say(Intent.PRINT).wait(46)
    assert isinstance(walk.state, at.StillThere)
    assert isinstance(walk.tell(on.SlipEnded(printed=True)).state, at.StillThere)
    assert _slip(walk.say(Intent.MORE_TIME)) is Slip.PRINTED
    walk = _with_printer().to_accepted().say(Intent.PRINT, Intent.HELP).tell(on.SlipEnded(printed=False))
    assert walk.state == at.HelpCalled()
    assert _slip(walk.say(Intent.BACK)) is Slip.FAILED


def test_an_activation_that_comes_while_it_prints_is_said() -> None:
    walk = _with_printer().to_accepted().say(Intent.PRINT).tell(on.BecameActive(sandbox=True))
    assert walk.tell(on.SlipEnded(printed=True)).state == at.Activated(sandbox=True)


def test_the_code_is_in_no_print_of_the_step() -> None:
    assert "482913" not in repr(STEP)
