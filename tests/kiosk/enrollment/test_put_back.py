# SPDX-License-Identifier: Apache-2.0
"""A card that is pulled in the middle of a read, whatever order the news of it comes in."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.enrollment import happenings as on
from kiosk.enrollment import states as at
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Farewell, Intent
from tests.kiosk.enrollment.walk import Walk
from tests.simulators.holders import identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kiosk.enrollment.identity import Identity

POLICY = SessionPolicy()
NAMED = on.NameRead("นายทดสอบ ส•••", "Mr. Test M•••")
GONE, CAME = on.CardChanged(Presence.ABSENT), on.CardChanged(Presence.PRESENT)
REMOVED = on.CardFailed(Failure.CARD_REMOVED)


def test_the_name_is_shown_as_soon_as_it_is_read_and_stays_while_the_rest_is() -> None:
    walk = Walk().to_reading().tell(on.ReadProgressed(0.1), NAMED, on.ReadProgressed(0.4))
    assert walk.state == at.Reading(0.4, NAMED.name_th, NAMED.name_en)


@pytest.mark.parametrize("news", [GONE, REMOVED])
def test_a_card_pulled_in_the_middle_of_a_read_is_asked_for_again_without_a_name(news: on.Happening) -> None:
    walk = Walk().to_reading().tell(NAMED, news)
    assert walk.state == at.PutCardBack()
    assert NAMED.name_th not in repr(walk.state)


def test_the_card_that_comes_back_is_read_again() -> None:
    walk = Walk().to_reading().tell(GONE, REMOVED, CAME)
    assert walk.state == at.Reading()
    assert walk.steps == [on.ReadCard(), on.ReadCard()]
    walk.tell(NAMED, on.IdentityRead(identity()))
    assert isinstance(walk.state, at.ConfirmIdentity)


def _orders(one: Sequence[on.Happening], other: Sequence[on.Happening]) -> Iterator[list[on.Happening]]:
    """All ways in which the news of two threads can come, each in its own order."""
    if not one or not other:
        yield [*one, *other]
        return
    yield from ([one[0], *rest] for rest in _orders(one[1:], other))
    yield from ([other[0], *rest] for rest in _orders(one, other[1:]))


@pytest.mark.parametrize("pulls", [1, 2, 3])
def test_a_card_that_is_put_back_is_read_in_every_order_of_the_news(pulls: int) -> None:
    """Each pull makes the reader tell a last progress and a failure, and the watcher a leaving and a coming."""
    who = identity()
    for order in _orders([on.ReadProgressed(0.5), REMOVED], [GONE, CAME]):
        walk = Walk().to_reading()
        for _ in range(pulls):
            walk.tell(*order)
            assert walk.state == at.Reading(), order
            assert walk.session.reads == 1, order
        walk.tell(on.IdentityRead(who))
        assert isinstance(walk.state, at.ConfirmIdentity), order
        assert sum(isinstance(step, on.ReadCard) for step in walk.steps) == 1 + pulls, order


def test_a_card_is_asked_for_three_times_and_then_everything_is_wiped() -> None:
    for news in (GONE, REMOVED):
        walk = Walk().to_reading()
        for _ in range(POLICY.put_backs):
            assert walk.tell(GONE, REMOVED).state == at.PutCardBack()
            assert walk.tell(CAME).state == at.Reading()
        walk.tell(news)
        assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)
        assert on.StopWork() in walk.steps


def test_a_card_that_is_not_put_back_within_20_s_ends_the_session_and_wipes() -> None:
    walk = Walk().to_reading().tell(GONE, REMOVED).wait(19.75)
    assert walk.state == at.PutCardBack()
    walk.wait(0.25)
    assert walk.state == at.Goodbye(Farewell.CARD_REMOVED)
    assert on.StopWork() in walk.steps
    assert walk.session.consent is None


def test_a_person_who_is_asked_for_the_card_can_cancel() -> None:
    walk = Walk().to_reading().tell(GONE, REMOVED).say(Intent.CANCEL)
    assert walk.state == at.Goodbye(Farewell.CANCELLED)
    assert on.StopWork() in walk.steps


@pytest.mark.parametrize("late", [on.ReadProgressed(0.7), NAMED, on.IdentityRead(identity())])
def test_what_was_read_of_a_card_is_not_shown_once_it_is_out(late: on.Happening) -> None:
    walk = Walk().to_reading().tell(GONE, late)
    assert walk.state == at.PutCardBack()
    assert walk.session.identity is None
    assert walk.tell(CAME).state == at.Reading()


@pytest.mark.parametrize("late", [on.ReadProgressed(0.7), NAMED, on.IdentityRead(identity())])
def test_what_an_older_read_still_tells_is_not_shown_for_the_card_that_is_in_now(late: on.Happening) -> None:
    walk = Walk().to_reading().tell(GONE, CAME, late)
    assert walk.state == at.Reading()
    assert walk.session.identity is None


def test_a_card_that_its_reader_calls_gone_and_its_watcher_does_not_is_read_again_after_a_second() -> None:
    walk = Walk().to_reading().tell(REMOVED).wait(0.75)
    assert walk.state == at.PutCardBack()
    assert walk.wait(0.25).state == at.Reading()
    assert walk.tell(on.IdentityRead(identity())).session.identity is not None


def test_a_card_that_its_reader_always_calls_gone_is_given_up_soon() -> None:
    walk = Walk().to_reading()
    for _ in range(POLICY.put_backs):
        walk.tell(REMOVED).wait(1)
    assert walk.tell(REMOVED).state == at.Goodbye(Farewell.CARD_REMOVED)


def test_a_pull_that_looks_like_a_bad_chip_is_not_held_against_the_card() -> None:
    walk = Walk().to_reading().tell(GONE, on.CardFailed(Failure.CARD_UNREADABLE))
    assert walk.state == at.PutCardBack()
    assert walk.session.card_failures == 0


def test_another_card_is_refused_and_must_be_taken() -> None:
    walk = Walk().to_reading().tell(NAMED, GONE, REMOVED, CAME, on.CardFailed(Failure.CARD_CHANGED))
    assert walk.state == at.Problem(Failure.CARD_CHANGED, retry=False)
    assert walk.steps[-1] == on.StopWork()
    assert walk.say(Intent.DONE).state == at.TakeCard(Farewell.CARD_CHANGED)


def test_taking_the_other_card_is_answer_enough() -> None:
    walk = Walk().to_reading().tell(GONE, REMOVED, CAME, on.CardFailed(Failure.CARD_CHANGED), GONE)
    assert walk.state == at.Goodbye(Farewell.CARD_CHANGED)


@pytest.mark.parametrize("later", [(GONE,), (GONE, CAME)])
def test_that_another_card_was_in_counts_also_when_it_is_told_late(later: tuple[on.Happening, ...]) -> None:
    walk = Walk().to_reading().tell(GONE, REMOVED, CAME, *later, on.CardFailed(Failure.CARD_CHANGED))
    assert walk.state in (at.Goodbye(Farewell.CARD_CHANGED), at.Problem(Failure.CARD_CHANGED))
    assert on.StopWork() in walk.steps


@pytest.mark.parametrize("before", [(), (GONE,), (REMOVED,), (GONE, REMOVED)])
def test_a_reader_that_is_unplugged_in_the_middle_of_a_read_is_not_called_a_pulled_card(
    before: tuple[on.Happening, ...],
) -> None:
    walk = Walk().to_reading().tell(*before, on.CardChanged(Presence.NO_READER))
    assert walk.state == at.OutOfService(Fault.READER_ABSENT)
    assert on.StopWork() in walk.steps


# -- every order --------------------------------------------------------------------------------------------------


@dataclass
class _Read:
    """A read under way: which card it found, and when."""

    card: Identity | None
    insertion: int
    steps_left: int = 3


class Desktop:
    """A reader, its one thread, its watcher and a hand with two cards; news wait in a queue for each thread.

    It does what the real ones do: a read is bound to one insertion, a cut-short read is kept for the next one, another
    card is refused and wiped. `lies` makes the reader say "removed" of a card that nobody touched.
    """

    def __init__(self) -> None:
        self.walk = Walk().say(Intent.START, Intent.ENROLL, Intent.TICK, Intent.AGREE)
        self.card: Identity | None = None
        self.insertion = 0
        self.kept: Identity | None = None
        self.reading: _Read | None = None
        self.asked = 0
        self.from_watcher: deque[on.Happening] = deque()
        self.from_worker: deque[on.Happening] = deque()
        self.swapped = False
        self.lies = False

    def put_in(self, card: Identity) -> None:
        if self.card is None:
            self.swapped |= self.insertion > 0 and card != FIRST
            self.card, self.insertion = card, self.insertion + 1
            self.from_watcher.append(CAME)

    def pull(self) -> None:
        if self.card is not None:
            self.card = None
            self.from_watcher.append(GONE)

    def work(self) -> None:
        """Let the device thread do one piece of its work."""
        if self.reading is None and self.asked < sum(isinstance(step, on.ReadCard) for step in self.walk.steps):
            self.asked += 1
            self.reading = _Read(self.card, self.insertion)
            if self.card is not None and self.kept not in (None, self.card):
                self.kept = None
                self._answer(on.CardFailed(Failure.CARD_CHANGED))
        elif self.reading is not None:
            self._read_on(self.reading)

    def _read_on(self, read: _Read) -> None:
        if self.lies or read.card is None or self.card is None or self.insertion != read.insertion:
            self.lies = False
            self.kept = read.card or self.kept
            self._answer(REMOVED)
            return
        read.steps_left -= 1
        if read.steps_left == 2:
            self.from_worker.append(on.NameRead(read.card.masked_name_th(), read.card.masked_name_en()))
        elif read.steps_left == 1:
            self.from_worker.append(on.ReadProgressed(0.5))
        else:
            self.kept = None
            self._answer(on.IdentityRead(read.card))

    def _answer(self, answer: on.Happening) -> None:
        self.reading = None
        self.from_worker.append(answer)

    def hear(self, queue: deque[on.Happening]) -> None:
        if queue:
            self.walk.tell(queue.popleft())

    def settle(self) -> None:
        """Let both threads and the clock come to rest, with the hand still."""
        for _ in range(80):
            self.work()
            self.hear(self.from_watcher)
            self.hear(self.from_worker)
            self.walk.wait(0.25)

    def do(self, act: str) -> None:
        match act:
            case "first card":
                self.put_in(FIRST)
            case "other card":
                self.put_in(OTHER)
            case "pull":
                self.pull()
            case "lie":
                self.lies = True
            case "work":
                self.work()
            case "hear watcher":
                self.hear(self.from_watcher)
            case "hear worker":
                self.hear(self.from_worker)
            case "wait":
                self.walk.wait(0.5)


FIRST, OTHER = identity(1), identity(2)
ACTS = (
    *("first card", "other card", "pull", "lie", "wait"),
    *("work", "hear watcher", "hear worker") * 2,  # so often that news of different ages meet
)
_STARTS = ["first card", "hear watcher", "work", "work", "hear worker"]


def _names_on(state: at.State) -> str:
    return state.name_th if isinstance(state, (at.Reading, at.ConfirmIdentity)) else ""


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_whatever_the_order_a_card_in_the_reader_is_read_or_refused_and_never_asked_for(acts: list[str]) -> None:
    desk = Desktop()
    for act in [*_STARTS, *acts]:
        desk.do(act)
        if not desk.from_watcher:
            assert _names_on(desk.walk.state) in ("", desk.card.masked_name_th() if desk.card else "")
    desk.lies = False
    desk.put_in(FIRST)
    desk.settle()
    state, ended = desk.walk.state, desk.walk.session.ended
    assert not isinstance(state, (at.PutCardBack, at.InsertCard, at.Reading))
    if isinstance(state, at.ConfirmIdentity):
        assert desk.walk.session.identity == desk.card is not None
        assert state.name_th == desk.card.masked_name_th()
    elif ended is None:
        other_card = state in (at.Problem(Failure.CARD_CHANGED), at.TakeCard(Farewell.CARD_CHANGED))
        assert (other_card and desk.swapped) or state == at.TakeCard(Farewell.CARD_REMOVED), state
    else:
        assert ended in (Farewell.CARD_REMOVED, Farewell.CARD_CHANGED)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_whatever_the_order_a_card_that_stays_out_ends_the_session(acts: list[str]) -> None:
    desk = Desktop()
    for act in [*_STARTS, *acts]:
        desk.do(act)
    desk.pull()
    desk.settle()
    desk.walk.wait(30)
    assert desk.walk.session.ended is not None
    assert desk.walk.session.identity is None
    assert _names_on(desk.walk.state) == ""
