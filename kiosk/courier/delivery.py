# SPDX-License-Identifier: Apache-2.0
"""The courier's work without its transport: what to send now, and what a message that came down changes.

It carries sealed bytes and knows nobody. Source: security design, section 5.1.
"""

from __future__ import annotations

import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from kiosk import device
from kiosk.courier.heartbeat import heartbeat
from kiosk.store import complaints, help_calls, inbox, newest, noticeboard, orders, outbox
from kiosk.store.database import StoreError
from kiosk.store.newest import Word
from kiosk.store.noticeboard import RESTING, Topic
from wire import topics
from wire.announcements import open_announcements
from wire.asks import Answer
from wire.chain import Greeting, Marks, Sending, bytes_to_send
from wire.envelope import join, open_message, seal_message
from wire.errors import NotForYou, WireError
from wire.hello import Hello
from wire.help_calls import open_help_acknowledged
from wire.help_numbers import open_help_number
from wire.ids import AskId, KioskId, Shard, StreamId
from wire.orders import open_order
from wire.receipts import Receipt
from wire.signing import Kind, SigningKey, VerifyKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.store.database import Store
    from wire.events import Profile
    from wire.topics import Up

log = structlog.get_logger()

HEARTBEAT_EVERY_S = 30.0
CALLING_EVERY_S = 10.0  # while somebody waits for a helper: each is answered with who comes
_ASK_AGAIN_S = 3.0  # a person waits
_ANSWERED_ASK_AGAIN_S = 15.0  # a later answer may have been lost
_RESULT_AGAIN_S = 30.0
_COMPLAIN_AGAIN_S = 60.0
_LINK_NOTICE_S = 30.0


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish."""

    kind: Up
    message: bytes


@dataclass(frozen=True, slots=True)
class Keys:
    """The courier's own key, which signs HELLO and heartbeat only, and those whose words it believes."""

    own: SigningKey
    receipts: VerifyKey  # the controller's courier: announcements, who comes to help and orders too
    answers: VerifyKey


@dataclass(slots=True)
class Counts:
    """What a courier has done since it started: for whoever watches this kiosk from beside it."""

    connections: int = 0
    settled: int = 0  # events
    sent: Counter[str] = field(default_factory=Counter)  # by kind, again ones too
    refused: Counter[str] = field(default_factory=Counter)  # by reason


class Delivery:
    """One kiosk's deliveries. Every method is told the monotonic time in seconds."""

    def __init__(
        self, *, store: Store, keys: Keys, kiosk: KioskId, where: Shard, release: str, profile: Profile | None = None
    ) -> None:
        """Begin disconnected."""
        self._store = store
        self._keys = keys
        self._kiosk = kiosk
        self._where = where
        self._release = release
        self._profile = profile
        self._sending = Sending()
        self._greeting = Greeting()
        self._heartbeat_at_s = 0.0
        self._told: tuple[str | None, bool] = (None, False)  # as in the last heartbeat
        self._asked_at_s: dict[AskId, float] = {}
        self._told_at_s: dict[bytes, float] = {}  # results of orders
        self._complained_at_s: dict[str, float] = {}
        self._link: tuple[str, float] | None = None
        self._connected = False
        self.counts = Counts()

    def connected(self) -> None:
        """A new connection: everything under way is sent again, after HELLO."""
        self._connected = True
        self.counts.connections += 1
        self._sending = self._sending.reconnected()
        self._greeting = self._greeting.reconnected()
        self._asked_at_s.clear()
        self._told_at_s.clear()
        self._complained_at_s.clear()
        self._heartbeat_at_s = 0.0

    def disconnected(self, now_s: float) -> None:
        """The connection is gone."""
        self._connected = False
        self._greeting = self._greeting.reconnected()
        self._tell_link("down", now_s)

    def due(self, now_s: float) -> Iterator[Outgoing]:
        """All that is to be published now, in order."""
        for outgoing in self._due(now_s) if self._connected else ():
            self.counts.sent[outgoing.kind] += 1
            yield outgoing

    def _due(self, now_s: float) -> Iterator[Outgoing]:
        # First, because it is heard even when the store cannot be read.
        if now_s >= self._heartbeat_at_s or self._is_news():
            body = heartbeat(self._store, self._kiosk, self._release, self._profile)
            self._told = (body.call, body.screen == RESTING)
            self._heartbeat_at_s = now_s + (HEARTBEAT_EVERY_S if body.call is None else CALLING_EVERY_S)
            yield Outgoing(topics.Up.HEARTBEAT, seal_message(self._keys.own, Kind.HEARTBEAT, body))
        yield from self._due_hello(now_s)
        yield from self._due_asks(now_s)
        yield from self._due_results(now_s)
        yield from self._due_complaints(now_s)
        yield from self._due_events(now_s)

    def _is_news(self) -> bool:
        """Whether a helper was just called, or the kiosk closed, or either is over: nobody waits half a minute."""
        try:
            screen = noticeboard.read(self._store).get(Topic.SCREEN)
            return (help_calls.called(self._store), screen is not None and screen.value == RESTING) != self._told
        except StoreError:
            return False

    def _due_hello(self, now_s: float) -> Iterator[Outgoing]:
        self._greeting, nonce = self._greeting.due(now_s, lambda: secrets.token_hex(16))
        if nonce is None:
            return
        streams = outbox.pruned(self._store)
        named = {stream: streams[stream] for stream in self._greeting.named(list(streams))}
        body = Hello(v=1, kiosk=self._kiosk, nonce=nonce, at=device.moment(), pruned=named)
        yield Outgoing(topics.Up.HELLO, seal_message(self._keys.own, Kind.HELLO, body))

    def _due_asks(self, now_s: float) -> Iterator[Outgoing]:
        asks = inbox.open_asks(self._store, device.wall_ms())
        for ask in asks:
            again_s = _ANSWERED_ASK_AGAIN_S if ask.answers else _ASK_AGAIN_S
            if now_s >= self._asked_at_s.get(ask.id, 0.0) + again_s or ask.id not in self._asked_at_s:
                self._asked_at_s[ask.id] = now_s
                yield Outgoing(topics.Up.ASK, ask.message)
        self._asked_at_s = {ask.id: self._asked_at_s[ask.id] for ask in asks}

    def _due_results(self, now_s: float) -> Iterator[Outgoing]:
        results = orders.results(self._store)
        for result in results:
            if result not in self._told_at_s or now_s >= self._told_at_s[result] + _RESULT_AGAIN_S:
                self._told_at_s[result] = now_s
                yield Outgoing(topics.Up.RESULT, result)
        self._told_at_s = {result: self._told_at_s[result] for result in results}

    def _due_complaints(self, now_s: float) -> Iterator[Outgoing]:
        for ident, message in complaints.waiting(self._store).items():
            if now_s >= self._complained_at_s.get(ident, -_COMPLAIN_AGAIN_S) + _COMPLAIN_AGAIN_S:
                self._complained_at_s[ident] = now_s
                yield Outgoing(topics.Up.COMPLAINT, message)

    def _due_events(self, now_s: float) -> Iterator[Outgoing]:
        waiting = outbox.pending(self._store)
        self._sending, positions = self._sending.due(len(waiting), now_s)
        for position in positions:
            event = waiting[position]
            yield Outgoing(topics.Up.EVENT, join(bytes_to_send(event.signed), event.attachment))

    def arrived(self, topic: str, message: bytes, now_s: float) -> None:
        """Take a message in; one that is not true, or not for this kiosk, changes nothing."""
        try:
            match topics.kind_of_down(topic):
                case topics.Down.RECEIPT:
                    self._take_receipt(message, now_s)
                case topics.Down.ANSWER:
                    self._take_answer(message)
                case topics.Down.ANNOUNCEMENTS:
                    announced = open_announcements(message, self._keys.receipts, self._kiosk)
                    newest.keep(self._store, Word.ANNOUNCEMENTS, announced.at_ms, message)
                case topics.Down.HELP_NUMBER:
                    told = open_help_number(message, self._keys.receipts, self._kiosk)
                    newest.keep(self._store, Word.HELP_NUMBER, told.at_ms, message)
                case topics.Down.HELP:
                    self._take_helper(message)
                case topics.Down.ORDER:
                    self._take_order(message)
                case None:
                    log.warning("unknown_kind_of_message")
        except WireError as error:
            self.counts.refused[error.reason] += 1
            log.warning("message_refused", reason=error.reason)

    def _take_receipt(self, message: bytes, now_s: float) -> None:
        receipt, _ = open_message(message, Kind.RECEIPT, self._keys.receipts, Receipt)
        self._require_ours(receipt.kiosk)
        answers_us = self._greeting.is_answered_by(receipt.nonce)
        marks = {StreamId(stream): Marks(mark.acked, mark.archived) for stream, mark in receipt.marks.items()}
        settled = outbox.settle(self._store, marks, may_go_back=answers_us)
        if receipt.complaints:
            complaints.settle(self._store, receipt.complaints)
        if settled < 0:
            self._sending = self._sending.reconnected()
        self._sending = self._sending.settled(settled)
        if settled:
            self.counts.settled += max(0, settled)
            log.info("settled", count=settled)
        orders.settle(self._store, receipt.results)
        if answers_us:
            self._greeting = self._greeting.answered(now_s)
        self._tell_link("up", now_s)

    def _take_answer(self, message: bytes) -> None:
        answer, _ = open_message(message, Kind.ANSWER, self._keys.answers, Answer)
        self._require_ours(answer.kiosk)
        inbox.answered(self._store, AskId(answer.ask), answer.n, message)

    def _take_helper(self, message: bytes) -> None:
        told = open_help_acknowledged(message, self._keys.receipts, self._kiosk, device.wall_ms())
        if not help_calls.keep(self._store, told.call, told.at_ms, message):
            text = "for a call that is not open"
            raise NotForYou(text)

    def _take_order(self, message: bytes) -> None:
        order = open_order(message, self._keys.receipts, self._kiosk)
        if not orders.bring(self._store, order.nonce, order.n, message):
            text = "it carries no nonce of this kiosk, or was taken before"
            raise NotForYou(text)

    def _require_ours(self, kiosk: str) -> None:
        if kiosk != self._kiosk:
            message = "addressed to another kiosk"
            raise NotForYou(message)

    def keep_link_told(self, now_s: float) -> None:
        """Tell the screen process again that the link is up, so that a dead courier is noticed."""
        if self._link is not None and self._link[0] == "up" and now_s >= self._link[1] + _LINK_NOTICE_S:
            self._tell_link("up", now_s, again=True)

    def _tell_link(self, value: str, now_s: float, *, again: bool = False) -> None:
        if again or self._link is None or self._link[0] != value:
            noticeboard.pin(self._store, Topic.LINK, value, device.wall_ms())
            self._link = (value, now_s)
