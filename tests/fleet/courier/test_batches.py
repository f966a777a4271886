# SPDX-License-Identifier: Apache-2.0
"""A batch is settled as its messages would be one by one, and both as a plain reading of the protocol says."""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from fleet.courier.batch import Batch
from fleet.courier.examining import event_digests, examine, senders
from fleet.courier.reception import Incoming
from fleet.devices.registry import look_up, register, revoke
from fleet.enrollments.ledger import already_held
from fleet.store.session import unit_of_work
from fleet.store.sum_tables import workload_province_day, workload_week
from fleet.store.tables import (
    alarm,
    device_state,
    enrollment,
    event,
    event_content,
    quarantine,
    refusal,
    stream,
    workload_day,
)
from tests.simulators.kiosk_wire import WireKiosk
from wire.chain import COMMITTED, Head, Verdict, judge
from wire.chain import look_up as ask_ledger
from wire.envelope import decode, digest, split
from wire.events import EnrollmentCaptured, Parent
from wire.ids import KeyId, StreamId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import Kind, SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from tests.fleet.road import Fleet
    from wire.receipts import Receipt

SEALED = b"sealed"
RELAY = OpeningKey.generate(KeyId("relay#1")).public()
TABLES = {
    event: ("id", "kiosk", "stream", "seq", "digest", "received_ms"),
    event_content: ("event", "received_ms", "signed", "attachment"),
    enrollment: ("event", "profile", "state", "captured_ms", "due_ms"),
    stream: ("kiosk", "stream", "parent_stream", "parent_seq", "acked", "head", "moved_ms"),
    workload_day: ("profile", "province", "facility", "day", "captured", "duplicates"),
    workload_week: ("profile", "province", "facility", "week", "captured", "weekdays", "last_day"),
    workload_province_day: ("profile", "province", "day", "captured", "duplicates", "lapsed"),
    device_state: ("kiosk", "seen_ms", "outbox", "sessions"),
    alarm: ("kiosk", "kind", "stream", "seq", "raised_ms"),
    quarantine: ("kiosk", "kind", "reason", "digest", "message", "received_ms"),
    refusal: ("kiosk", "kind", "reason", "n", "last_ms"),
}
IN_ORDER = (alarm, quarantine)  # their rows are numbered as they came


@dataclass
class Lobby:
    """Two kiosks whose cards are restored, copied and erased, and all that they ever sent."""

    kiosks: tuple[WireKiosk, ...] = field(
        default_factory=lambda: tuple(WireKiosk(kiosk_id(f"udon-0{n}"), RELAY) for n in range(2))
    )
    sent: list[tuple[WireKiosk, Up, bytes]] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def act(self, what: str, who: int, n: int) -> None:
        kiosk = self.kiosks[who]
        getattr(self, f"_{what}")(kiosk, n)

    def _enrol(self, kiosk: WireKiosk, _: int, **changes: object) -> None:
        body = msgspec.structs.replace(kiosk.body(SEALED), **changes)
        self._send(kiosk, Up.EVENT, kiosk.sign(body, SEALED))
        assert kiosk.head is not None
        self.heads.append(kiosk.head)
        self.ids.append(body.id)

    def _restart(self, kiosk: WireKiosk, _: int) -> None:
        kiosk.restart()

    def _restore(self, kiosk: WireKiosk, n: int) -> None:
        kiosk.head = self.heads[n % len(self.heads)] if self.heads else None
        kiosk.restart()

    def _erase(self, kiosk: WireKiosk, _: int) -> None:
        kiosk.head = None
        kiosk.restart()

    def _contradict(self, kiosk: WireKiosk, n: int) -> None:
        before = kiosk.head
        self._enrol(kiosk, n)
        kiosk.head = before
        self._enrol(kiosk, n)

    def _steal(self, kiosk: WireKiosk, n: int) -> None:
        self._enrol(kiosk, n, **({"id": self.ids[n % len(self.ids)]} if self.ids else {}))

    def _jump(self, kiosk: WireKiosk, n: int) -> None:
        self._enrol(kiosk, n, seq=n + 1)

    def _misname(self, kiosk: WireKiosk, n: int) -> None:
        parent = self.heads[n % len(self.heads)] if self.heads else Head(StreamId("f" * 24), n + 1, bytes(32))
        self._enrol(kiosk, n, parent=Parent(parent.stream, parent.seq, parent.digest.hex()))

    def _greet(self, kiosk: WireKiosk, n: int) -> None:
        pruned = {head.stream: n + 1 for head in self.heads[-3:]} | {"e" * 24: 1}
        self._send(kiosk, Up.HELLO, kiosk.hello(pruned=dict(pruned)))

    def _beat(self, kiosk: WireKiosk, n: int) -> None:
        self._send(kiosk, Up.HEARTBEAT, kiosk.heartbeat(outbox=n))

    def _babble(self, kiosk: WireKiosk, n: int) -> None:
        self._send(kiosk, Up.EVENT, b"junk %d" % n)

    def _send(self, kiosk: WireKiosk, kind: Up, message: bytes) -> None:
        self.sent.append((kiosk, kind, message))


WHAT = [
    *["enrol"] * 8,
    *("restart", "restore", "erase", "contradict", "steal", "jump", "misname", "greet", "beat", "babble"),
]
ACTS = st.lists(st.tuples(st.sampled_from(WHAT), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=25)
# Where a message is taken from and where it arrives instead; the same one may come again, and some never come.
DETOURS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.booleans()), max_size=10)
CUTS = st.lists(st.integers(1, 12), min_size=1, max_size=30)


def arrive(lobby: Lobby, detours: Sequence[tuple[int, int, bool]]) -> list[Incoming]:
    """What reaches the controller, in the order it does."""
    road = list(range(len(lobby.sent)))
    for start, end, again in detours:
        if not road:
            break
        moved = road[start % len(road)] if again else road.pop(start % len(road))
        if again or start != end:
            road.insert(end % (len(road) + 1), moved)
    return [
        Incoming(kiosk.topic(kind), message, 1_800_000_000_000 + n)
        for n, (kiosk, kind, message) in enumerate(lobby.sent[at] for at in road)
    ]


def cut(messages: Sequence[Incoming], sizes: Sequence[int]) -> list[Sequence[Incoming]]:
    batches: list[Sequence[Incoming]] = []
    first = 0
    while first < len(messages):
        size = sizes[len(batches) % len(sizes)]
        batches.append(messages[first : first + size])
        first += size
    return batches


class UndoError(Exception):
    """Ends a transaction without leaving anything."""


def undo() -> None:
    raise UndoError


def settled(engine: Engine, lobby: Lobby, batches: Sequence[Sequence[Incoming]]) -> dict[str, list[Any]]:
    """Every table after these batches; nothing stays in the database."""
    tables: dict[str, list[Any]] = {}
    with contextlib.suppress(UndoError), unit_of_work(engine) as connection:
        for kiosk in lobby.kiosks:
            register(connection, kiosk.registration(), 0)
        for messages in batches:
            held = already_held(connection, event_digests(messages))
            batch = Batch(connection, examine(messages, look_up(connection, senders(messages)), held))
            batch.settle()
            promised(connection, [receipt for _, receipt in batch.receipts(1)])
        tables |= {table.name: rows(connection, table, columns) for table, columns in TABLES.items()}
        undo()
    return tables


def rows(connection: Connection, table: Any, columns: Sequence[str]) -> list[Any]:  # noqa: ANN401
    query = select(*(table.c[name] for name in columns))
    if table in IN_ORDER:
        return [tuple(row) for row in connection.execute(query.order_by(table.c.row))]
    return sorted(map(tuple, connection.execute(query)), key=repr)


def promised(connection: Connection, receipts: Sequence[Receipt]) -> None:
    """A receipt says what is held at that moment, and no more."""
    held = {(row.kiosk, row.stream): row.acked for row in connection.execute(select(stream))}
    for receipt in receipts:
        for name, mark in receipt.marks.items():
            assert mark.acked == held.get((receipt.kiosk, name), 0)


@dataclass
class PlainLedger:
    """One kiosk's events as a list that is read from end to end for every question."""

    held: list[EnrollmentCaptured] = field(default_factory=list)
    digests: list[bytes] = field(default_factory=list)

    def cursor(self, name: StreamId) -> Head | None:
        of_it = [
            Head(name, body.seq, mark)
            for body, mark in zip(self.held, self.digests, strict=True)
            if body.stream == name
        ]
        return max(of_it, key=lambda head: head.seq, default=None)

    def digest_at(self, name: StreamId, seq: int) -> bytes | None:
        places = [(body.stream, body.seq) for body in self.held]
        return self.digests[places.index((name, seq))] if (name, seq) in places else None

    def has_history(self) -> bool:
        return bool(self.held)

    def child_of(self, parent: Head) -> StreamId | None:
        for body in self.held:
            named = body.parent if body.seq == 1 else None
            if named and named.stream == parent.stream and named.seq <= parent.seq:
                return StreamId(body.stream)
        return None


def plainly(lobby: Lobby, messages: Sequence[Incoming]) -> tuple[set[str], Counter[tuple[str, str]]]:
    """Which ids are held at the end, and how often each kiosk was refused for what, by the protocol's own words."""
    ledgers = {kiosk.id: PlainLedger() for kiosk in lobby.kiosks}
    keys = {kiosk.topic(Up.EVENT): kiosk for kiosk in lobby.kiosks}
    refused: Counter[tuple[str, str]] = Counter()
    for message in messages:
        kiosk = keys.get(message.topic)
        if kiosk is None:
            continue
        if message.payload.startswith(b"junk"):
            refused[kiosk.id, "malformed"] += 1
            continue
        signed = split(message.payload)[0]
        body = decode(kiosk.key.public().verify(Kind.EVENT, signed), EnrollmentCaptured)
        ledger, link = ledgers[kiosk.id], body.link()
        verdict = judge(link, digest(signed), ask_ledger(link, ledger))
        if verdict in COMMITTED and body.id in {held.id for each in ledgers.values() for held in each.held}:
            refused[kiosk.id, "id_taken"] += 1
        elif verdict in COMMITTED:
            ledger.held.append(body)
            ledger.digests.append(digest(signed))
        elif verdict in {Verdict.EQUIVOCATION, Verdict.FORK}:
            refused[kiosk.id, str(verdict)] += 1
    return {body.id for ledger in ledgers.values() for body in ledger.held}, refused


ERASED = [("enrol", 0, 0), ("erase", 0, 0), ("enrol", 0, 0)]
COPIED = [("enrol", 0, 0), ("restart", 0, 0), ("enrol", 0, 0), ("restore", 0, 0), ("enrol", 0, 0)]
STOLEN = [("enrol", 0, 0), ("steal", 1, 0), ("enrol", 1, 0)]
MISNAMED = [("enrol", 0, 0), ("misname", 0, 0), ("restore", 0, 0), ("enrol", 0, 0)]


@example(acts=ERASED, detours=[], sizes=[12])
@example(acts=COPIED, detours=[], sizes=[12])
@example(acts=STOLEN, detours=[], sizes=[12])
@example(acts=MISNAMED, detours=[], sizes=[12])
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(acts=ACTS, detours=DETOURS, sizes=CUTS)
def test_a_batch_is_settled_like_its_messages_one_by_one(
    engine: Engine, acts: list[tuple[str, int, int]], detours: list[tuple[int, int, bool]], sizes: list[int]
) -> None:
    lobby = Lobby()
    for act in acts:
        lobby.act(*act)
    messages = arrive(lobby, detours)
    in_batches = settled(engine, lobby, cut(messages, sizes))
    assert in_batches == settled(engine, lobby, cut(messages, [1]))
    ids, refused = plainly(lobby, messages)
    assert {row[0] for row in in_batches["event"]} == ids
    assert {(who, reason): n for who, _, reason, n, _ in in_batches["refusal"]} == refused
    assert sum(row[4] for row in in_batches["workload_day"]) == len(ids)


def incoming(kiosk: WireKiosk, *messages: bytes) -> list[Incoming]:
    return [Incoming(kiosk.topic(Up.EVENT), message, 1) for message in messages]


def test_a_kiosk_that_is_revoked_while_its_batch_waits_is_not_believed(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    waiting = fleet.committer.examine(incoming(kiosk, kiosk.enrol()[1]))
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, kiosk.id)
    assert fleet.committer.commit(waiting) == []
    assert (fleet.count(event), [row.reason for row in fleet.rows(refusal)]) == (0, ["revoked"])


def test_a_kiosk_that_gets_another_key_while_its_batch_waits_is_held_to_that_key(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    waiting = fleet.committer.examine(incoming(kiosk, kiosk.enrol()[1]))
    kiosk.key = SigningKey.generate(KeyId(f"{kiosk.id}#3"))
    with unit_of_work(fleet.engine) as connection:
        register(connection, kiosk.registration(), 1)
    fleet.committer.commit(waiting)
    assert (fleet.count(event), [row.reason for row in fleet.rows(refusal)]) == (0, ["bad_signature"])


def test_what_comes_again_before_its_first_coming_is_committed_counts_once(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    messages = incoming(kiosk, kiosk.enrol()[1], kiosk.enrol()[1])
    first, again = fleet.committer.examine(messages), fleet.committer.examine(messages)
    assert (len(fleet.committer.commit(first)), len(fleet.committer.commit(again))) == (1, 1)
    assert (fleet.count(event), sum(row.captured for row in fleet.rows(workload_day))) == (2, 2)
    assert fleet.rows(quarantine) == []
