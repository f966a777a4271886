# SPDX-License-Identifier: Apache-2.0
"""What becomes of a state when from now on nothing fails: every message arrives, and everybody files one more.

With it a loss is found that only shows in what never happens: an event that nobody sends again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tests.model.parts import bits
from tests.model.world import BOOKS, K1, K2, MADE

if TYPE_CHECKING:
    from tests.model.ends import Ends
    from tests.model.world import State

_ROUNDS = 12  # more than any state that was met needs


class End(NamedTuple):
    """How it ends: events (one bit each) in the ledger and on a card, those counted twice, who waits, an alarm."""

    held: int
    on_cards: int
    doubled: bool
    unsettled: bool
    alarm: bool


class Fair:
    """Runs states to their fair end, each distinct one once."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._known: dict[State, End] = {}
        self._bare: dict[int, int] = {-1: -1}

    def end(self, state: State) -> End:
        """The fair end of a state."""
        key = (self._without_hello(state[K1]), self._without_hello(state[K2]), state[BOOKS], state[MADE])
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._run([kiosk for kiosk in key[:2] if kiosk >= 0], state[BOOKS], state[MADE])
        return found

    def _without_hello(self, kiosk: int) -> int:
        found = self._bare.get(kiosk)
        if found is None:
            bare = self._ends.kiosks[kiosk]._replace(hello=-1, answers=0)
            found = self._bare[kiosk] = self._ends.kiosks.number(bare)
        return found

    def _run(self, kiosks: list[int], books: int, made: int) -> End:
        ends, alarm = self._ends, False
        kiosks = [ends.file(kiosk, made + n)[-1].kiosk for n, kiosk in enumerate(kiosks)]
        for _ in range(_ROUNDS):
            before = (*kiosks, books)
            for n in range(len(kiosks)):
                kiosks[n], books, raised = self._deliver(kiosks[n], books)
                alarm = alarm or raised
            if (*kiosks, books) == before:
                break
        cards = [ends.kiosks[kiosk].card for kiosk in kiosks]
        held, counted = ends.books[books].events, ends.books[books].counted
        on_cards = 0
        for card in cards:
            on_cards |= ends.on_card(card)
        return End(
            held=sum(1 << n for n in {ends.events[event].n for event in held}),
            on_cards=on_cards,
            doubled=len(set(counted)) < len(counted) or len(counted) != len(held),
            unsettled=any(ends.pending(card) for card in cards),
            alarm=alarm,
        )

    def _deliver(self, kiosk: int, books: int) -> tuple[int, int, bool]:
        """One connection of one kiosk: HELLO and its answer, then what it has to send, in order, and the receipts."""
        ends = self._ends
        kiosk, hello = ends.greet(kiosk, books, books)
        alarm = hello >= 0 and ends.is_unrecoverable(books, hello)
        for answer in bits(ends.kiosks[kiosk].answers):
            kiosk = ends.hear(kiosk, answer, answer=True)
        for event in ends.pending(ends.kiosks[kiosk].card):
            taken = ends.take(books, ends.sent(event)[-1])[-1]
            books, alarm = taken.books, alarm or taken.alarm
            if taken.told >= 0:
                kiosk = ends.hear(kiosk, ends.told(taken.told, books, -1), answer=False)
        return self._without_hello(kiosk), books, alarm
