# SPDX-License-Identifier: Apache-2.0
"""One simulated kiosk without its connection: it enrols nobody real, and delivers by the rules that all kiosks have.

Its outbox is in memory; what is left in it at the end waits in a file for the next simulation. Source: docs/wire.md.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from fleet.simulation.card import Card, Waiting, load, save
from fleet.simulation.orders import SimulatedOrders
from fleet.simulation.people import somebody
from wire import topics
from wire.asks import identity_info
from wire.chain import Greeting, Head, Marks, Sending, bytes_to_send, next_link, settle
from wire.complaints import Complaint, new_number
from wire.envelope import Sealed, digest, encode, open_message, seal_message, split
from wire.events import ClockSync, EnrollmentCaptured, Evidence, Moment, Parent, Profile
from wire.hello import Heartbeat, Hello
from wire.help_numbers import open_help_number
from wire.ids import KioskId, Shard, StreamId, new_event_id, new_stream_id
from wire.opinions import Category, Opinion, Place
from wire.orders import Op
from wire.phones import CENTRAL
from wire.receipts import Receipt
from wire.signing import Kind
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from fleet.simulation.papers import Papers

HEARTBEAT_EVERY_S = 30.0  # as a kiosk's courier
_KEPT = 1000  # settled events that a restored controller can still get again; a card keeps them for 30 days
_WAITS = 100_000
_FACES = (*[Opinion.RATED_5] * 6, *[Opinion.RATED_4] * 3, Opinion.RATED_3, Opinion.RATED_2, Opinion.RATED_1)
_COMPLAINS = 0.02  # of those who enrol
_EVIDENCE = Evidence(
    consent="simulated",
    card_status="not_checked",
    engine="simulated",
    grade="demo",
    models=("0" * 64,),
    policy="simulated",
    distance=0.0,
    match_at_most=0.0,
    frames=0,
    challenges=(),
    parallax=0.0,
    attempts=1,
    duration_ms=0,
)


@dataclass(frozen=True, slots=True, repr=False)
class Filed:
    """An event in the outbox: its place, its bytes, and when it was captured on the monotonic clock."""

    stream: StreamId
    seq: int
    message: bytes
    at_s: float


@dataclass(slots=True)
class Tally:
    """What has happened to events so far: `carried` were captured in an earlier simulation, and had no receipt.

    `waits_s` are the last times from capture to receipt.
    """

    captured: int = 0
    carried: int = 0
    sent: int = 0
    receipted: int = 0
    waits_s: deque[float] = field(default_factory=lambda: deque(maxlen=_WAITS))


class SimulatedKiosk:
    """Every method is told the monotonic time in seconds."""

    def __init__(self, papers: Papers, random: Random, tally: Tally, *, failing: float = 0.0) -> None:
        """Begin with what its card kept, disconnected. `failing` is the share of kiosks at which a release fails."""
        self.papers = papers
        self.id = KioskId(papers.registration.kiosk)
        self.shard = Shard(papers.registration.shard)
        self._random = random
        self._tally = tally
        self._boot = f"{random.getrandbits(128):032x}"
        self._stream = new_stream_id()
        kept = load(papers.folder)
        self._head = None if kept.head is None else Head(StreamId(kept.head[0]), *kept.head[1:])
        now_s = time.monotonic()
        self._outbox = [Filed(StreamId(each.stream), each.seq, each.message, now_s) for each in kept.outbox]
        self._filed = deque(self._outbox)  # a receipt may take back what another has settled
        self._marks: dict[StreamId, Marks] = {}
        for filed in self._outbox:
            self._marks.setdefault(filed.stream, Marks(acked=filed.seq - 1))
        tally.captured += len(self._outbox)
        tally.carried += len(self._outbox)
        self._sending = Sending()
        self._greeting = Greeting()
        self._heartbeat_at_s = 0.0
        self._orders = SimulatedOrders(papers, self._moment, failing)
        self._opinions: Counter[Opinion] = Counter()
        self._complaints: dict[str, bytes] = {}
        self._complain_at_s = 0.0
        self.help_number = CENTRAL

    def keep(self) -> None:
        """Let the next simulation go on from here."""
        head = None if self._head is None else (str(self._head.stream), self._head.seq, self._head.digest)
        waiting = tuple(Waiting(str(filed.stream), filed.seq, filed.message) for filed in self._outbox)
        if head is not None:
            save(self.papers.folder, Card(head, waiting))

    @property
    def release(self) -> str:
        """What it runs."""
        return self._orders.release

    @property
    def oldest_s(self) -> float | None:
        """When the oldest event without a receipt was captured."""
        return self._outbox[0].at_s if self._outbox else None

    def restart(self) -> None:
        """Its process starts anew: a fresh stream, and what was filed is still there."""
        self._stream = new_stream_id()
        self._boot = f"{self._random.getrandbits(128):032x}"

    def enrol(self, now_s: float) -> None:
        """Somebody who does not exist enrols, unless the kiosk was closed."""
        if self._orders.is_resting:
            return
        event_id = new_event_id(_wall_ms())
        registration, seals_to = self.papers.registration, self.papers.seals_to
        person = somebody(self._random, registration.province)
        attachment = seals_to.seal(encode(person), identity_info(self.id, event_id))
        link = next_link(self._stream, self._head)
        body = EnrollmentCaptured(
            v=1,
            id=event_id,
            kiosk=self.id,
            stream=link.stream,
            seq=link.seq,
            prev=None if link.prev is None else link.prev.hex(),
            parent=None if link.parent is None else Parent.of(link.parent),
            at=self._moment(now_s),
            profile=Profile.TEST,
            facility=registration.facility,
            release=self.release,
            evidence=_EVIDENCE,
            sealed=Sealed.of(seals_to.kid, attachment),
        )
        message = seal_message(self.papers.event_key, Kind.EVENT, body, attachment)
        self._head = Head(link.stream, link.seq, digest(split(message)[0]))
        self._marks.setdefault(link.stream, Marks())
        filed = Filed(link.stream, link.seq, message, now_s)
        self._filed.append(filed)
        self._outbox.append(filed)
        self._tally.captured += 1
        self._opinions[self._random.choice(_FACES)] += 1  # told at once: there is nobody to be known by it
        if self._random.random() < _COMPLAINS:
            self._complain()

    def _complain(self) -> None:
        said = Complaint(
            v=1,
            id=secrets.token_hex(16),
            kiosk=self.id,
            number=new_number(),
            category=self._random.choice(tuple(Category)),
            place=self._random.choice(tuple(Place)),
            day=date.today(),  # noqa: DTZ011 - nobody asks which
            profile=Profile.TEST,
            release=self.release,
            screen="ok",
            reader="ok",
            camera="ok",
            link="up",
        )
        self._complaints[said.id] = seal_message(self.papers.event_key, Kind.COMPLAINT, said)

    def connected(self) -> None:
        """A new connection: everything under way is sent again, after HELLO."""
        self._sending = self._sending.reconnected()
        self._greeting = self._greeting.reconnected()
        self._heartbeat_at_s = 0.0

    def due(self, now_s: float) -> Iterator[tuple[Up, bytes]]:
        """All that is to be published now, in order."""
        if self._orders.go_on(now_s):
            self.restart()
            self._heartbeat_at_s = 0.0
        if now_s >= self._heartbeat_at_s:
            self._heartbeat_at_s = now_s + HEARTBEAT_EVERY_S
            yield Up.HEARTBEAT, seal_message(self.papers.courier_key, Kind.HEARTBEAT, self._heartbeat(now_s))
        self._greeting, nonce = self._greeting.due(now_s, lambda: secrets.token_hex(16))
        if nonce is not None:
            named = dict.fromkeys(map(str, self._greeting.named(list(reversed(self._marks)))), 0)
            hello = Hello(v=1, kiosk=self.id, nonce=nonce, at=self._moment(now_s), pruned=named)
            yield Up.HELLO, seal_message(self.papers.courier_key, Kind.HELLO, hello)
        for result in self._orders.due(now_s):
            yield Up.RESULT, result
        if self._complaints and now_s >= self._complain_at_s:
            self._complain_at_s = now_s + HEARTBEAT_EVERY_S
            yield from ((Up.COMPLAINT, message) for message in self._complaints.values())
        self._sending, positions = self._sending.due(len(self._outbox), now_s)
        for filed in [self._outbox[position] for position in positions]:
            yield Up.EVENT, bytes_to_send(filed.message)

    def left(self, kind: Up, times: int) -> None:
        """A message left so many times."""
        if kind is Up.EVENT:
            self._tally.sent += times

    def due_again_s(self) -> float:
        """When to ask again at the latest what is due."""
        later = (
            self._heartbeat_at_s,
            self._greeting.at_s,
            self._sending.restart_at_s,
            self._orders.due_again_s(),
        )
        return min(at_s for at_s in later if at_s is not None)

    def arrived(self, topic: str, message: bytes, now_s: float) -> None:
        """Take what came down; answers are for people, and nobody is here.

        Raises:
            WireError: it is no true receipt, order, or number to call.
        """
        kind = topics.kind_of_down(topic)
        if kind is topics.Down.ORDER:
            order = self._orders.arrived(message, now_s, len(self._outbox))
            if order.op == Op.RESTART:
                self.restart()
            self._heartbeat_at_s = now_s
            return
        if kind is topics.Down.HELP_NUMBER:
            told = open_help_number(message, self.papers.believes, self.id)
            self.help_number = told.of_its_own or CENTRAL
        if kind is not topics.Down.RECEIPT:
            return
        receipt, _ = open_message(message, Kind.RECEIPT, self.papers.believes, Receipt)
        if receipt.kiosk != self.id:
            return
        self._orders.settle(receipt.results)
        answers_us = self._greeting.is_answered_by(receipt.nonce)
        for ident in receipt.complaints:
            self._complaints.pop(ident, None)
        marks = {StreamId(stream): Marks(mark.acked, mark.archived) for stream, mark in receipt.marks.items()}
        self._settle(marks, now_s, may_go_back=answers_us)
        if answers_us:
            self._greeting = self._greeting.answered(now_s)

    def _settle(self, told: dict[StreamId, Marks], now_s: float, *, may_go_back: bool) -> None:
        moved = settle(self._marks, told, may_go_back=may_go_back)
        if moved == self._marks:
            return
        before, self._marks = self._outbox, moved
        self._outbox = [filed for filed in self._filed if self._is_waiting(filed)]
        while len(self._filed) > _KEPT and not self._is_waiting(self._filed[0]):
            self._filed.popleft()
        settled = len(before) - len(self._outbox)
        if settled < 0:
            self._sending = self._sending.reconnected()
        self._sending = self._sending.settled(settled)
        self._tally.receipted += settled
        self._tally.waits_s.extend(now_s - filed.at_s for filed in before[: max(0, settled)])

    def _is_waiting(self, filed: Filed) -> bool:
        return filed.seq > self._marks[filed.stream].acked

    def _heartbeat(self, now_s: float) -> Heartbeat:
        oldest_s = self.oldest_s
        return Heartbeat(
            v=1,
            kiosk=self.id,
            at=self._moment(now_s),
            release=self.release,
            outbox=len(self._outbox),
            oldest_unacked_s=None if oldest_s is None else int(now_s - oldest_s),
            screen="resting" if self._orders.is_resting else "ok",
            reader="ok",
            camera="ok",
            disk_free_mib=8192,
            sessions={each.counted_as: n for each, n in self._opinions.items()},
            order_nonce=self._orders.nonce(now_s),
            profile=Profile.TEST,
        )

    def _moment(self, now_s: float) -> Moment:
        return Moment(self._boot, int(now_s * 1000), _wall_ms(), ClockSync.SYNCED)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000
