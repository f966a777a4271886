# SPDX-License-Identifier: Apache-2.0
"""What the hospital announces takes turns with the offer, and stands in nobody's way."""

from __future__ import annotations

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Intent
from tests.kiosk.enrollment.walk import Walk


def _announcing() -> Walk:
    walk = Walk()
    policy = SessionPolicy(announcements=(("หนึ่ง", "one"), ("สอง", "two")))
    walk.session = Session(policy=policy, presence=Presence.ABSENT)
    return walk


def test_the_offer_and_each_announcement_take_turns() -> None:
    walk = _announcing()
    seen = [walk.wait(8).state for _ in range(6)]
    turns: list[at.State] = [at.Attract(), at.Attract("หนึ่ง", "one"), at.Attract("สอง", "two")]
    first = turns.index(seen[0])
    assert seen == (turns * 3)[first : first + 6]


def test_an_announcement_stands_in_nobody_s_way() -> None:
    for seconds in (0, 8, 16):
        assert isinstance(_announcing().wait(seconds).say(Intent.START).state, at.Menu)
        assert _announcing().wait(seconds).tell(on.CardChanged(Presence.PRESENT)).state == at.Notice()


def test_a_kiosk_without_announcements_shows_its_offer() -> None:
    assert Walk().wait(100).state == at.Attract()


def test_what_is_announced_changes_while_the_welcome_waits_and_goes_again() -> None:
    walk = _announcing().tell(on.Announced((("สาม", "three"),)))
    assert {walk.wait(8).state for _ in range(4)} == {at.Attract(), at.Attract("สาม", "three")}
    walk.tell(on.Announced(()))
    assert {walk.wait(8).state for _ in range(4)} == {at.Attract()}


def test_who_is_at_the_menu_notices_nothing_of_a_new_announcement() -> None:
    walk = Walk().say(Intent.START).tell(on.Announced((("สาม", "three"),)))
    assert isinstance(walk.state, at.Menu)
    assert {walk.say(Intent.BACK).wait(8).state for _ in range(3)} >= {at.Attract("สาม", "three")}
