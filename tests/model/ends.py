# SPDX-License-Identifier: Apache-2.0
"""Kiosk and controller as the checker runs them: each decision is one of the protocol's functions, asked once and kept.

Source: the calls follow kiosk/store/outbox.py, kiosk/records/filing.py, kiosk/courier/delivery.py and fleet/courier.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from tests.model.parts import FRESH, Books, Card, Cursor, Event, Kept, Kiosk, StreamMarks, View
from wire import chain
from wire.chain import RETENTION_MS, Greeting, Head, Marks, Write
from wire.ids import StreamId

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.model.rules import Rules
    from wire.chain import Link

_LATER_MS = RETENTION_MS + 1  # the clock may say anything: here it always says that an event is old
_NONCE = "0" * 32
_OPEN = Greeting(nonce=_NONCE)


class Taken(NamedTuple):
    """What the controller made of an event: its books then, which books a receipt tells of (-1: none), and an alarm.

    `cut` says that power was cut before all was done.
    """

    books: int
    told: int
    alarm: bool
    cut: bool


class Filed(NamedTuple):
    """What a kiosk made of a person: the kiosk then, the messages it can send (one bit each), and whether it promised.

    `cut` says that power was cut before all was done.
    """

    kiosk: int
    sent: int
    promised: bool
    cut: bool


class Ends:
    """Both ends under one set of rules."""

    def __init__(self, rules: Rules, *, counter: bool) -> None:
        self._rules = rules
        self._counter = counter
        self._filing = rules.filing_order()
        self._settling = rules.settling_order()
        self.events: Kept[Event] = Kept()
        self._digests: Kept[tuple[int, Link, bytes]] = Kept()
        self.cards: Kept[Card] = Kept()
        self.kiosks: Kept[Kiosk] = Kept()
        self.books: Kept[Books] = Kept()
        self.receipts: Kept[StreamMarks] = Kept()
        self.hellos: Kept[tuple[tuple[StreamId, int], ...]] = Kept()
        self._filed: dict[tuple[int, int], tuple[Filed, ...]] = {}
        self._restarted: dict[int, int] = {}
        self._greeted: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._heard: dict[tuple[int, int, bool], int] = {}
        self._pruned: dict[int, int] = {}
        self._taken: dict[tuple[int, int], tuple[Taken, ...]] = {}
        self._answered: dict[tuple[int, int, int], int] = {}
        self._told: dict[tuple[int, int, int], int] = {}

    # The kiosk

    def file(self, kiosk: int, n: int) -> tuple[Filed, ...]:
        """Let a kiosk file the history's `n`-th event: cut off on the way, and at last all done."""
        found = self._filed.get((kiosk, n))
        if found is None:
            found = self._filed[kiosk, n] = self._file(self.kiosks[kiosk], n)
        return found

    def _file(self, before: Kiosk, n: int) -> tuple[Filed, ...]:
        card = self.cards[before.card]
        stream = before.stream if before.stream != FRESH else StreamId(f"{n:024x}")
        counter = self._rules.next_count(card.counted, before.device if self._counter else None)
        link = self._rules.next_link(stream, card.head, counter)
        event = self._event(n, link, b"")
        after = Card(
            events=(*card.events, event),
            head=Head(link.stream, link.seq, self.events[event].digest),
            counted=counter.value if counter is not None else 0,
            marks=card.marks,
            filed=card.filed | 1 << n,
        )
        kiosk, sent, promised = before, 0, False
        steps: list[Filed] = []
        for step in self._filing:
            if step == "commit":
                kiosk = kiosk._replace(card=self.cards.number(after), stream=link.stream)
                sent = sum(1 << message for message in self.sent(event))
            elif step == "count":
                kiosk = kiosk._replace(device=max(kiosk.device, after.counted))
            else:
                promised = True
            cut = len(steps) + 1 < len(self._filing)
            left = kiosk._replace(stream=FRESH) if cut else kiosk
            steps.append(Filed(self.kiosks.number(left), sent, promised, cut))
        return tuple(steps)

    def _event(self, n: int, link: Link, salt: bytes) -> int:
        digest = b"%d" % self._digests.number((n, link, salt))
        return self.events.number(Event(n, link, digest))

    def sent(self, event: int) -> tuple[int, ...]:
        """The messages that go out for an event when it is sent twice: one, if its bytes are frozen."""
        filed = self.events[event]
        out = [self._rules.bytes_to_send(filed.digest) for _ in range(2)]
        return tuple(
            dict.fromkeys(event if sent == filed.digest else self._event(filed.n, filed.link, sent) for sent in out)
        )

    def restarted(self, kiosk: int) -> int:
        """Let a kiosk's process die and start anew: its next event opens another stream."""
        found = self._restarted.get(kiosk)
        if found is None:
            found = self._restarted[kiosk] = self.kiosks.number(self.kiosks[kiosk]._replace(stream=FRESH))
        return found

    def greet(self, kiosk: int, books: int, backup: int) -> tuple[int, int]:
        """Let a kiosk say HELLO, and be answered; with it the HELLO if it tells of something erased, else -1."""
        found = self._greeted.get((kiosk, books, backup))
        if found is None:
            before = self.kiosks[kiosk]
            hello = self.hello(before.card)
            answers = 1 << self.told(books, backup, hello)
            tells = any(pruned for _, pruned in self.hellos[hello])
            after = self.kiosks.number(before._replace(hello=hello, answers=answers))
            found = self._greeted[kiosk, books, backup] = (after, hello if tells else -1)
        return found

    def answered(self, kiosk: int, books: int, backup: int) -> int:
        """Let the controller answer the HELLO that is open, if one is."""
        found = self._answered.get((kiosk, books, backup))
        if found is None:
            before = self.kiosks[kiosk]
            answer = 1 << self.told(books, backup, before.hello) if before.hello >= 0 else 0
            found = self.kiosks.number(before._replace(answers=before.answers | answer))
            self._answered[kiosk, books, backup] = found
        return found

    def hear(self, kiosk: int, receipt: int, *, answer: bool) -> int:
        """Let a kiosk take a receipt; an answer carries the nonce of the HELLO that is open."""
        found = self._heard.get((kiosk, receipt, answer))
        if found is None:
            before = self.kiosks[kiosk]
            greeting = _OPEN if before.hello >= 0 else Greeting()
            answers_us = self._rules.is_answered_by(greeting, _NONCE if answer else None)
            after = before._replace(card=self._settled(before.card, receipt, may_go_back=answers_us))
            if answers_us:
                after = after._replace(hello=-1, answers=0)
            found = self._heard[kiosk, receipt, answer] = self.kiosks.number(after)
        return found

    def _settled(self, card: int, receipt: int, *, may_go_back: bool) -> int:
        before = self.cards[card]
        ours = dict.fromkeys(self._streams(before), Marks()) | dict(before.marks)
        moved = self._rules.settle(ours, dict(self.receipts[receipt]), may_go_back=may_go_back)
        return self.cards.number(before._replace(marks=_packed(moved)))

    def _streams(self, card: Card) -> Iterable[StreamId]:
        return dict.fromkeys(self.events[event].link.stream for event in card.events)

    def prune(self, kiosk: int) -> int:
        """Let a kiosk erase what it may."""
        found = self._pruned.get(kiosk)
        if found is None:
            before = self.kiosks[kiosk]
            found = self._pruned[kiosk] = self.kiosks.number(before._replace(card=self._erased(before.card)))
        return found

    def _erased(self, card: int) -> int:
        before = self.cards[card]
        marks = dict(before.marks)
        places = {event: self.events[event].link for event in before.events}
        kept = [chain.Kept(link.stream, link.seq, 0) for link in places.values()]
        upto = self._rules.erasable(kept, marks, _LATER_MS)
        for stream, pruned in upto.items():
            marks[stream] = replace(marks.get(stream, Marks()), pruned=pruned)
        left = tuple(event for event, link in places.items() if link.seq > upto.get(link.stream, 0))
        return self.cards.number(before._replace(events=left, marks=_packed(marks)))

    def on_card(self, card: int) -> int:
        """The events on a card, one bit each."""
        return sum(1 << self.events[event].n for event in self.cards[card].events)

    def pending(self, card: int) -> tuple[int, ...]:
        """The events that a card has to send, in order."""
        held = self.cards[card]
        marks = dict(held.marks)
        return tuple(
            event
            for event in held.events
            if (link := self.events[event].link).seq > marks.get(link.stream, Marks()).acked
        )

    def hello(self, card: int) -> int:
        """What a card's HELLO names."""
        held = self.cards[card]
        pruned = dict.fromkeys(self._streams(held), 0) | {stream: marks.pruned for stream, marks in held.marks}
        return self.hellos.number(tuple(sorted(pruned.items())))

    # The controller

    def take(self, books: int, event: int) -> tuple[Taken, ...]:
        """Let the controller take an event: all done, or cut off on the way."""
        found = self._taken.get((books, event))
        if found is None:
            found = self._taken[books, event] = self._take(books, event)
        return found

    def _take(self, number: int, event: int) -> tuple[Taken, ...]:
        books, arrived = self.books[number], self.events[event]
        known = self._rules.look_up(arrived.link, View(books, self.events.things))
        verdict = self._rules.judge(arrived.link, arrived.digest, known)
        alarm = bool(self._rules.alarms(verdict, arrived.link))
        after = [number]
        for together in self._rules.writes(verdict):
            books = _written(books, together, event, arrived)
            after.append(self.books.number(books))
        here, told, raised = number, -1, False
        steps: list[tuple[int, int, bool]] = []
        for step in self._settling:
            if step == "tell":
                told = after[-1]
                steps.append((here, told, raised))
                continue
            for here in after[1:] or after:
                raised = raised or (alarm and here == after[-1])
                steps.append((here, told, raised))
        return tuple(Taken(*step, cut=n + 1 < len(steps)) for n, step in enumerate(steps))

    def told(self, books: int, backup: int, hello: int) -> int:
        """The receipt that tells of these books; of the streams that a HELLO named, too, unless it is -1."""
        found = self._told.get((books, backup, hello))
        if found is None:
            archived = {cursor.stream: cursor.head.seq for cursor in self.books[backup].cursors}
            held = {
                cursor.stream: Marks(cursor.head.seq, archived.get(cursor.stream, 0))
                for cursor in self.books[books].cursors
            }
            heard = [stream for stream, _ in self.hellos[hello]] if hello >= 0 else []
            found = self.receipts.number(_packed(self._rules.marks_to_tell(heard, held)))
            self._told[books, backup, hello] = found
        return found

    def is_unrecoverable(self, books: int, hello: int) -> bool:
        """Whether a HELLO says that more was erased than these books hold."""
        held = {cursor.stream: cursor.head.seq for cursor in self.books[books].cursors}
        return bool(self._rules.unrecoverable(dict(self.hellos[hello]), held))


def _packed(marks: dict[StreamId, Marks]) -> StreamMarks:
    return tuple(sorted(marks.items(), key=lambda item: item[0]))


def _written(books: Books, together: tuple[Write, ...], event: int, arrived: Event) -> Books:
    link = arrived.link
    if Write.LEDGER in together:
        books = books._replace(events=tuple(sorted((*books.events, event))))
    if Write.CURSOR in together:
        before = {cursor.stream: cursor for cursor in books.cursors}
        parent = (link.parent.stream, link.parent.seq) if link.parent is not None else None
        if link.stream in before:
            parent = before[link.stream].parent
        before[link.stream] = Cursor(link.stream, Head(link.stream, link.seq, arrived.digest), parent)
        books = books._replace(cursors=tuple(before[stream] for stream in sorted(before)))
    if Write.COUNTS in together:
        books = books._replace(counted=tuple(sorted((*books.counted, arrived.n))))
    return books
