# SPDX-License-Identifier: Apache-2.0
"""The hostile world: who may fail how often, and every state that can come next.

The network is a set that only grows: each message in it may arrive at any time, again, out of order or never. A message
is in it as soon as it could have been sent, which allows more than any network does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.model.ends import Ends
from tests.model.parts import FRESH, Books, Card, Kiosk, bits

if TYPE_CHECKING:
    from tests.model.rules import Rules


@dataclass(frozen=True, slots=True)
class Scenario:
    """What may happen, and how often. `counter` says whether the kiosk counts outside its card."""

    events: int = 2
    crashes: int = 0  # of the kiosk
    cuts: int = 0  # of the controller, at work
    backups: int = 0
    restores: int = 0  # of the database, from the last backup
    old_restores: int = 0  # from the backup before: less than was promised
    images: int = 0  # of the card
    card_restores: int = 0  # from the image
    clones: int = 0
    counter: bool = True

    def allowances(self) -> int:
        """What is left of each in the beginning, four bits each."""
        each = (
            self.crashes,
            self.cuts,
            self.backups,
            self.restores,
            self.old_restores,
            self.images,
            self.card_restores,
            self.clones,
        )
        return sum(n << 4 * place for place, n in enumerate(each))


class Did(StrEnum):
    """What happens in a step."""

    FILE = "kiosk {0} files event {1}"
    FILE_CUT = "kiosk {0} is at event {1} and dies before it has promised"
    CRASH = "kiosk {0} dies and starts anew"
    HELLO = "kiosk {0} says HELLO, and the controller's answer is on its way"
    ANSWER = "kiosk {0} gets the answer {1}"
    RECEIPT = "kiosk {0} gets the receipt {1}"
    PRUNE = "kiosk {0} erases what it may"
    TAKE = "the controller takes event {1}"
    TAKE_CUT = "the controller takes event {1} and dies on the way"
    HEAR = "the controller hears that {1} is erased"
    BACKUP = "the database is backed up and the backup verified"
    RESTORE = "the database is restored from the backup"
    RESTORE_OLD = "the database is restored from an older backup than was promised"
    IMAGE = "the card is copied aside"
    RESTORE_CARD = "the card is restored from its copy"
    CLONE = "the card is cloned into another machine, kiosk 2"


# A state is a tuple of small numbers. Some name a part of `Ends`, -1 for none; others are masks, a bit each.
K1, K2 = 0, 1  # the kiosks
BOOKS, BACKUP, OLDER = 2, 3, 4  # the database, its last verified backup, and the one before
IMAGE = 5  # the copy of the card
SENT, HELLOS, RECEIPTS = 6, 7, 8  # on their way: events, HELLOs that tell of something erased, receipts
MADE = 9  # how many events were filed
PROMISED, FORGOTTEN = 10, 11  # events that a screen promised to keep, and those that a restored card no longer has
FLAGS, LEFT = 12, 13
State = tuple[int, ...]
Step = tuple[Did, int, int, State]

ALARMED = 1  # somebody was told
EXCUSED = 2  # something happened that is worth an alarm
OWED = 4  # something happened that must be told by the next event
BETRAYED = 8  # the backups held less than they promised

_ONE = tuple(1 << 4 * place for place in range(8))
_MASK = tuple(15 << 4 * place for place in range(8))
CRASHES, CUTS, BACKUPS, RESTORES, OLD_RESTORES, IMAGES, CARD_RESTORES, CLONES = range(8)


@dataclass(slots=True)
class World:
    """A scenario under a set of rules."""

    scenario: Scenario
    rules: Rules
    ends: Ends = field(init=False)

    def __post_init__(self) -> None:
        self.ends = Ends(self.rules, counter=self.scenario.counter)

    def start(self) -> State:
        """A kiosk that has filed nothing, and a controller that knows only its key."""
        kiosk = self.ends.kiosks.number(Kiosk(self.ends.cards.number(Card()), FRESH, 0))
        books = self.ends.books.number(Books())
        return (kiosk, -1, books, books, books, -1, 0, 0, 0, 0, 0, 0, 0, self.scenario.allowances())

    def steps(self, state: State) -> list[Step]:
        """Everything that can happen next, and some that changes nothing."""
        found: list[Step] = []
        self._at_kiosk(found, state, K1)
        if state[K2] >= 0:
            self._at_kiosk(found, state, K2)
        self._at_controller(found, state)
        left = state[LEFT]
        if left >= _ONE[BACKUPS]:
            self._at_database(found, state, left)
            self._at_card(found, state, left)
        return found

    def _at_kiosk(self, found: list[Step], state: State, k: int) -> None:
        ends, number = self.ends, state[k]
        before, behind = state[:k], state[k + 1 :]
        if state[MADE] < self.scenario.events:
            self._file(found, state, k)
        if state[LEFT] & _MASK[CRASHES] and (after := ends.restarted(number)) != number:
            left = state[LEFT] - _ONE[CRASHES]
            found.append((Did.CRASH, k, 0, (*before, after, *behind[:-1], left)))
        after, hello = ends.greet(number, state[BOOKS], state[BACKUP])
        greeted = (*before, after, *behind)
        if hello >= 0 and not state[HELLOS] >> hello & 1:
            greeted = (*greeted[:HELLOS], state[HELLOS] | 1 << hello, *greeted[RECEIPTS:])
        found.append((Did.HELLO, k, 0, greeted))
        found.extend(
            (Did.ANSWER, k, receipt, (*before, ends.hear(number, receipt, answer=True), *behind))
            for receipt in bits(ends.kiosks[number].answers)
        )
        for receipt in bits(state[RECEIPTS]):
            after = ends.hear(number, receipt, answer=False)
            if after != number:
                found.append((Did.RECEIPT, k, receipt, (*before, after, *behind)))
        after = ends.prune(number)
        if after != number:
            found.append((Did.PRUNE, k, 0, (*before, after, *behind)))

    def _file(self, found: list[Step], state: State, k: int) -> None:
        made = state[MADE]
        filed = self.ends.file(state[k], made)
        for step in filed:
            if step.cut and not state[LEFT] & _MASK[CRASHES]:
                continue
            after = list(state)
            after[k] = step.kiosk
            after[SENT] |= step.sent
            after[MADE] = made + 1
            after[PROMISED] |= step.promised << made
            after[LEFT] -= _ONE[CRASHES] if step.cut else 0
            found.append((Did.FILE_CUT if step.cut else Did.FILE, k, made, tuple(after)))

    def _at_controller(self, found: list[Step], state: State) -> None:
        ends, books, flags = self.ends, state[BOOKS], state[FLAGS]
        for event in bits(state[SENT]):
            for taken in ends.take(books, event):
                if taken.cut and not state[LEFT] & _MASK[CUTS]:
                    continue
                after = self._told(state, taken.told) if taken.told >= 0 else state
                flagged = flags | ALARMED if taken.alarm else flags
                left = after[LEFT] - _ONE[CUTS] if taken.cut else after[LEFT]
                if taken.books != books or flagged != flags or left != state[LEFT]:
                    after = (*after[:BOOKS], taken.books, *after[BACKUP:FLAGS], flagged, left)
                found.append((Did.TAKE_CUT if taken.cut else Did.TAKE, 0, ends.events[event].n, after))
        if not flags & ALARMED:
            found.extend(
                (Did.HEAR, 0, hello, (*state[:FLAGS], flags | ALARMED, state[LEFT]))
                for hello in bits(state[HELLOS])
                if ends.is_unrecoverable(books, hello)
            )

    def _told(self, state: State, books: int) -> State:
        """Receipts that tell of these books are on their way: to whom it concerns, and to whoever has said HELLO."""
        ends, backup = self.ends, state[BACKUP]
        receipts = state[RECEIPTS] | 1 << ends.told(books, backup, -1)
        k1 = ends.answered(state[K1], books, backup)
        k2 = ends.answered(state[K2], books, backup) if state[K2] >= 0 else -1
        if receipts == state[RECEIPTS] and k1 == state[K1] and k2 == state[K2]:
            return state
        return (k1, k2, *state[BOOKS:RECEIPTS], receipts, *state[MADE:])

    def _at_database(self, found: list[Step], state: State, left: int) -> None:
        books, backup, older = state[BOOKS], state[BACKUP], state[OLDER]
        if left & _MASK[BACKUPS] and books != backup:
            kept = backup if self.scenario.old_restores else older
            after = (*state[:BACKUP], books, kept, *state[IMAGE:LEFT], left - _ONE[BACKUPS])
            found.append((Did.BACKUP, 0, 0, self._told(after, books)))
        if left & _MASK[RESTORES] and books != backup:
            after = (*state[:BOOKS], backup, *state[BACKUP:LEFT], left - _ONE[RESTORES])
            found.append((Did.RESTORE, 0, 0, self._told(after, backup)))
        if left & _MASK[OLD_RESTORES] and backup != older:
            flags = state[FLAGS] | BETRAYED | EXCUSED
            after = (*state[:BOOKS], older, older, older, *state[IMAGE:FLAGS], flags, left - _ONE[OLD_RESTORES])
            found.append((Did.RESTORE_OLD, 0, 0, self._told(after, older)))

    def _at_card(self, found: list[Step], state: State, left: int) -> None:
        ends = self.ends
        kiosk = ends.kiosks[state[K1]]
        if left & _MASK[IMAGES]:
            after = (*state[:IMAGE], kiosk.card, *state[SENT:LEFT], left - _ONE[IMAGES])
            found.append((Did.IMAGE, 0, 0, after))
        if left & _MASK[CARD_RESTORES] and state[IMAGE] not in {-1, kiosk.card}:
            card, image = ends.cards[kiosk.card], ends.cards[state[IMAGE]]
            gone = card.filed & ~image.filed
            flags = state[FLAGS] | (EXCUSED if gone else 0) | (OWED if gone & state[PROMISED] else 0)
            forgotten = state[FORGOTTEN] | (gone & ends.on_card(kiosk.card))
            restored = ends.kiosks.number(Kiosk(state[IMAGE], FRESH, kiosk.device))
            after = (restored, *state[K2:FORGOTTEN], forgotten, flags, left - _ONE[CARD_RESTORES])
            found.append((Did.RESTORE_CARD, 0, 0, after))
        if left & _MASK[CLONES]:
            clone = ends.kiosks.number(Kiosk(kiosk.card, FRESH, kiosk.device))
            flags = state[FLAGS] | EXCUSED | OWED
            after = (state[K1], clone, *state[BOOKS:FLAGS], flags, left - _ONE[CLONES])
            found.append((Did.CLONE, 0, 0, after))
