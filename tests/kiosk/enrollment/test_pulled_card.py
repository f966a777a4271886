# SPDX-License-Identifier: Apache-2.0
"""A card pulled in the middle of a read, with the kiosk's own reader and watcher over a slot in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.card.national_id import NationalIdReader
from kiosk.card.watcher import ReaderWatcher
from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.card.cards import card
from tests.kiosk.enrollment.running import Running, World, wait_for
from tests.simulators.card import CardSlot
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_NUMBER = "1100000000003"  # its check digit is wrong


class Hand:
    """A hand with cards before a kiosk that waits for one."""

    def __init__(self) -> None:
        self.slot = CardSlot()
        self.running = Running(
            World(identity), reader=NationalIdReader(self.slot.connect), watcher=ReaderWatcher(self.slot)
        )
        self.running.to_insert_card()

    @property
    def seen(self) -> list[at.State]:
        return self.running.world.states

    def sees(self, kind: type[at.State]) -> None:
        wait_for(lambda: any(isinstance(state, kind) for state in self.seen))

    def is_asked_for_the_card(self, times: int = 1) -> None:
        wait_for(lambda: self.seen.count(at.PutCardBack()) == times)


@pytest.fixture
def hand() -> Iterator[Hand]:
    hand = Hand()
    yield hand
    hand.running.conductor.tell(on.PersonSaid(Intent.CANCEL))
    hand.running.conductor.tell(on.PersonSaid(Intent.DONE))
    hand.slot.pull()
    hand.running.thread.join(10)
    assert not hand.running.thread.is_alive()


@pytest.mark.parametrize("commands", [1, 2, 20, 44])
def test_a_card_that_is_put_back_goes_on_to_the_question_whose_it_is(hand: Hand, commands: int) -> None:
    same = card()
    hand.slot.insert(same, pull_after=commands)
    hand.is_asked_for_the_card()
    hand.slot.insert(same)
    hand.sees(at.ConfirmIdentity)
    assert len(same.commands) < 45 + 15


def test_the_name_is_on_the_screen_before_the_address_and_the_portrait_are_read(hand: Hand) -> None:
    hand.slot.insert(card(), pull_after=5)
    hand.is_asked_for_the_card()
    names = {state.name_th for state in hand.seen if isinstance(state, at.Reading)}
    assert names == {"", "นายทดสอบ ร•••"}


def test_another_card_is_refused_and_can_be_taken(hand: Hand) -> None:
    hand.slot.insert(card(), pull_after=20)
    hand.is_asked_for_the_card()
    hand.slot.insert(card(citizen_number=OTHER_NUMBER))
    hand.sees(at.Problem)
    assert at.Problem(Failure.CARD_CHANGED) in hand.seen
    hand.slot.pull()
    hand.running.thread.join(10)
    assert hand.running.ended == [Farewell.CARD_CHANGED]


def test_a_card_that_slips_out_four_times_is_given_up(hand: Hand) -> None:
    same = card()
    for times in (1, 2, 3):
        hand.slot.insert(same, pull_after=8)
        hand.is_asked_for_the_card(times)
    hand.slot.insert(same, pull_after=8)
    hand.running.thread.join(10)
    assert hand.running.ended == [Farewell.CARD_REMOVED]
    assert not any(isinstance(state, at.ConfirmIdentity) for state in hand.seen)


def test_a_card_that_is_out_and_in_again_at_once_is_read(hand: Hand) -> None:
    same = card()
    hand.slot.insert(same, pull_after=30)
    wait_for(lambda: len(same.commands) == 30)
    hand.slot.insert(same)
    hand.sees(at.ConfirmIdentity)
