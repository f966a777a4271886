# SPDX-License-Identifier: Apache-2.0
"""The same controller written the way it is commonly written: `python -m benchmarks.ingest_peers obvious|batched FILE`.

paho's callback, joserfc, `json`, SQLAlchemy: one ORM session and commit a message, or batches through
`insertmanyvalues`. Same broker, same tables, same durability; it judges the same chain (but raises no alarms and knows
no quarantine), counts the same workload and signs a receipt after each commit.
"""

from __future__ import annotations

import base64
import json
import queue
import sys
import time
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joserfc import jws
from joserfc.jwk import OKPKey
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from sqlalchemy import select, tuple_
from sqlalchemy.orm import DeclarativeBase, Session

from fleet import config
from fleet.entrypoints.keys import signing_key
from fleet.entrypoints.stopping import on_signals
from fleet.store import tables
from fleet.store.days import bangkok_day
from fleet.store.session import insert, open_engine, unit_of_work
from wire.envelope import digest
from wire.topics import Down, down, parse_up, up_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Engine

    from fleet.config import Broker
    from wire.ids import KioskId, Shard

_BATCH, _LINGER_S = 512, 0.015  # as ours
_RECEIVE_MAXIMUM = 2000


class Base(DeclarativeBase):
    """Maps the tables there are."""


class Kiosk(Base):
    """One row."""

    __table__ = tables.kiosk


class Event(Base):
    """One row."""

    __table__ = tables.event


class Content(Base):
    """One row."""

    __table__ = tables.event_content


class Enrollment(Base):
    """One row."""

    __table__ = tables.enrollment


class Stream(Base):
    """One row."""

    __table__ = tables.stream


class Workload(Base):
    """One row."""

    __table__ = tables.workload_day


class DeviceState(Base):
    """One row."""

    __table__ = tables.device_state


@lru_cache(maxsize=1024)
def _key(jwk: str) -> OKPKey:
    return OKPKey.import_key(json.loads(jwk))


def verified(kiosk_key: str, message: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """The body, the signed bytes and the attachment, as a JOSE library and `json` read them."""
    signed, _, tail = message.partition(b"~")
    token = jws.deserialize_compact(signed, _key(kiosk_key), algorithms=["Ed25519"])
    return json.loads(token.payload), signed, base64.urlsafe_b64decode(tail + b"=" * (-len(tail) % 4))


class Receipts:
    """Signs and publishes what a kiosk may forget."""

    def __init__(self, settings: config.Settings, client: Client) -> None:
        assert settings.courier_keys is not None  # noqa: S101
        self._key = signing_key(settings.courier_keys.receipt)
        self._private = OKPKey.import_key(self._key.jwk())
        self._client = client

    def send(self, shard: Shard, kiosk: KioskId, marks: dict[str, int]) -> None:
        """Tell one kiosk."""
        body = {
            "v": 1,
            "kiosk": kiosk,
            "nonce": None,
            "marks": {stream: [acked, 0] for stream, acked in marks.items()},
            "at_ms": time.time_ns() // 1_000_000,
        }
        header = {"alg": "Ed25519", "kid": self._key.kid, "typ": "dipchip-receipt"}
        signed = jws.serialize_compact(header, json.dumps(body).encode(), self._private, algorithms=["Ed25519"])
        self._client.publish(down(shard, kiosk, Down.RECEIPT), signed, qos=1)


class Obvious:
    """One message, one ORM session, one commit, one receipt."""

    def __init__(self, engine: Engine, receipts: Receipts) -> None:
        self._engine = engine
        self._receipts = receipts

    def take(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Take them one by one."""
        for topic, payload in messages:
            shard, who, _ = parse_up(topic)
            with Session(self._engine) as session:
                acked = self._accept(session, who, payload)
                session.commit()
            self._receipts.send(shard, who, dict([acked]))

    def _accept(self, session: Session, who: KioskId, payload: bytes) -> tuple[str, int]:
        now_ms = time.time_ns() // 1_000_000
        kiosk: Any = session.get(Kiosk, who)
        body, signed, attachment = verified(kiosk.event_key, payload)
        stream: Any = session.get(Stream, (who, body["stream"]))
        if session.get(Event, body["id"]) is not None:
            return body["stream"], stream.acked
        if body["seq"] != (stream.acked + 1 if stream else 1):
            return body["stream"], stream.acked if stream else 0
        mark = digest(signed)
        if stream is None:
            session.add(Stream(kiosk=who, stream=body["stream"], acked=1, head=mark, moved_ms=now_ms))
        else:
            stream.acked, stream.head, stream.moved_ms = body["seq"], mark, now_ms
        session.add(Event(**_event(who, body, mark, now_ms)))
        session.add(Content(**_content(body, signed, attachment, now_ms)))
        session.flush()
        session.add(Enrollment(**_enrollment(body, now_ms)))
        self._count(session, kiosk, body, now_ms)
        state: Any = session.get(DeviceState, who)
        if state is None:
            session.add(DeviceState(kiosk=who, seen_ms=now_ms))
        else:
            state.seen_ms = now_ms
        return body["stream"], body["seq"]

    def _count(self, session: Session, kiosk: Any, body: dict[str, Any], now_ms: int) -> None:  # noqa: ANN401
        where = (body["profile"], kiosk.province, kiosk.facility, bangkok_day(now_ms))
        workload: Any = session.get(Workload, where)
        if workload is None:
            names = ("profile", "province", "facility", "day")
            session.add(Workload(**dict(zip(names, where, strict=True)), captured=1, duplicates=0))
        else:
            workload.captured += 1


class Batched:
    """The same, but a batch shares one transaction and its rows are inserted by SQLAlchemy's `insertmanyvalues`."""

    def __init__(self, engine: Engine, receipts: Receipts) -> None:
        self._engine = engine
        self._receipts = receipts

    def take(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Take them together."""
        with unit_of_work(self._engine) as connection:
            marks = self._accept(connection, messages)
        for (shard, who), streams in marks.items():
            self._receipts.send(shard, who, streams)

    def _accept(
        self, connection: Connection, messages: Sequence[tuple[str, bytes]]
    ) -> dict[tuple[Shard, KioskId], dict[str, int]]:
        now_ms = time.time_ns() // 1_000_000
        places = [parse_up(topic) for topic, _ in messages]
        asked = select(tables.kiosk).where(tables.kiosk.c.id.in_({who for _, who, _ in places}))
        kiosks = {row.id: row for row in connection.execute(asked)}
        read = [
            (who, *verified(kiosks[who].event_key, payload))
            for (_, who, _), (_, payload) in zip(places, messages, strict=True)
        ]
        of_them = tuple_(tables.stream.c.kiosk, tables.stream.c.stream).in_(
            {(who, body["stream"]) for who, body, _, _ in read}
        )
        acked = {(row.kiosk, row.stream): row.acked for row in connection.execute(select(tables.stream).where(of_them))}
        events, contents, enrollments, heads, counts = [], [], [], {}, Counter[tuple[str, ...]]()
        for who, body, signed, attachment in read:
            at = (who, body["stream"])
            if body["seq"] != acked.get(at, 0) + 1:
                continue
            acked[at], mark = body["seq"], digest(signed)
            heads[at] = mark
            events.append(_event(who, body, mark, now_ms))
            contents.append(_content(body, signed, attachment, now_ms))
            enrollments.append(_enrollment(body, now_ms))
            counts[body["profile"], kiosks[who].province, kiosks[who].facility, bangkok_day(now_ms)] += 1
        self._write(connection, events, contents, enrollments)
        self._seen(connection, {each["kiosk"] for each in events}, now_ms)
        self._move(connection, {at: (acked[at], head) for at, head in heads.items()}, now_ms)
        self._count(connection, counts)
        marks: dict[tuple[Shard, KioskId], dict[str, int]] = {}
        for (shard, who, _), (_, body, _, _) in zip(places, read, strict=True):
            marks.setdefault((shard, who), {})[body["stream"]] = acked.get((who, body["stream"]), 0)
        return marks

    def _write(self, connection: Connection, events: list[Any], contents: list[Any], enrollments: list[Any]) -> None:
        if not events:
            return
        row = insert(connection, tables.event).on_conflict_do_nothing().returning(tables.event.c.id)
        fresh = set(connection.execute(row, events).scalars())
        connection.execute(tables.event_content.insert(), [each for each in contents if each["event"] in fresh])
        connection.execute(tables.enrollment.insert(), [each for each in enrollments if each["event"] in fresh])

    def _seen(self, connection: Connection, kiosks: set[str], now_ms: int) -> None:
        if not kiosks:
            return
        seen = insert(connection, tables.device_state)
        seen = seen.on_conflict_do_update(index_elements=["kiosk"], set_={"seen_ms": seen.excluded.seen_ms})
        connection.execute(seen, [{"kiosk": who, "seen_ms": now_ms} for who in kiosks])

    def _move(self, connection: Connection, heads: dict[Any, tuple[int, bytes]], now_ms: int) -> None:
        if not heads:
            return
        row = insert(connection, tables.stream)
        moved = {name: row.excluded[name] for name in ("acked", "head", "moved_ms")}
        values = [
            {"kiosk": who, "stream": stream, "acked": acked, "head": head, "moved_ms": now_ms}
            for (who, stream), (acked, head) in heads.items()
        ]
        connection.execute(row.on_conflict_do_update(index_elements=["kiosk", "stream"], set_=moved), values)

    def _count(self, connection: Connection, counts: Counter[tuple[str, ...]]) -> None:
        names = ("profile", "province", "facility", "day")
        for where, n in sorted(counts.items()):
            row = insert(connection, tables.workload_day).values(
                **dict(zip(names, where, strict=True)), captured=n, duplicates=0
            )
            more = {"captured": tables.workload_day.c.captured + n}
            connection.execute(row.on_conflict_do_update(index_elements=list(names), set_=more))


def _event(who: str, body: dict[str, Any], mark: bytes, now_ms: int) -> dict[str, Any]:
    place = {"kiosk": who, "stream": body["stream"], "seq": body["seq"]}
    return {"id": body["id"], **place, "digest": mark, "received_ms": now_ms}


def _content(body: dict[str, Any], signed: bytes, attachment: bytes, now_ms: int) -> dict[str, Any]:
    return {"event": body["id"], "signed": signed, "attachment": attachment, "received_ms": now_ms}


def _enrollment(body: dict[str, Any], now_ms: int) -> dict[str, Any]:
    return {
        "event": body["id"],
        "profile": body["profile"],
        "state": "captured",
        "captured_ms": now_ms,
        "due_ms": now_ms,
    }


def _client(broker: Broker, inbox: queue.Queue[tuple[str, bytes]]) -> Client:
    def arrived(_: Client, __: object, message: MQTTMessage) -> None:
        inbox.put((message.topic, bytes(message.payload)))

    def connected(client: Client, *_: object) -> None:
        client.subscribe(up_filter(), qos=1)

    def listening(*_: object) -> None:
        sys.stderr.write("listening\n")

    client = Client(CallbackAPIVersion.VERSION2, broker.client_id, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(str(broker.ca), str(broker.certificate), str(broker.key))
    client.on_message = arrived
    client.on_connect = connected
    client.on_subscribe = listening
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = _RECEIVE_MAXIMUM
    client.connect(broker.host, broker.port, properties=properties)
    return client


def _gather(inbox: queue.Queue[tuple[str, bytes]], at_most: int) -> list[tuple[str, bytes]]:
    try:
        batch = [inbox.get(timeout=0.1)]
    except queue.Empty:
        return []
    until_s = time.monotonic() + _LINGER_S
    while len(batch) < at_most and (left_s := until_s - time.monotonic()) > 0:
        try:
            batch.append(inbox.get(timeout=left_s))
        except queue.Empty:
            break
    return batch


def main() -> None:
    """Run until told to stop."""
    which, file = sys.argv[1:]
    settings = config.read(Path(file))
    assert settings.broker is not None  # noqa: S101
    stop = on_signals()
    engine = open_engine(settings.database_url)
    inbox: queue.Queue[tuple[str, bytes]] = queue.Queue()
    client = _client(settings.broker, inbox)
    kind, at_most = (Obvious, 1) if which == "obvious" else (Batched, _BATCH)
    peer = kind(engine, Receipts(settings, client))
    client.loop_start()
    while not stop.is_set():
        if batch := _gather(inbox, at_most):
            peer.take(batch)
    client.disconnect()
    client.loop_stop()


if __name__ == "__main__":
    main()
