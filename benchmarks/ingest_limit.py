# SPDX-License-Identifier: Apache-2.0
"""What no controller with these libraries can pass: the slowest of delivery, signature checks and a bare insert.

Each is measured alone, on the same messages, and does nothing else at all.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import TYPE_CHECKING, Any

from joserfc.util import urlsafe_b64decode
from sqlalchemy import text

from fleet import mqtt5
from fleet.devices.sodium import check_of
from fleet.store.session import open_engine, unit_of_work
from wire.topics import up_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

    from benchmarks.ingest_load import Sent
    from fleet.config import Broker
    from tests.simulators.kiosk_wire import WireKiosk

_CHUNK = 65_536
_BATCH = 512
_ACKNOWLEDGE = 100
_BARE = "CREATE TABLE bare (id text, kiosk text, seq bigint, digest {bytes}, signed {bytes}, attachment {bytes})"


def verification_s(events: Sequence[Sent], kiosks: dict[str, WireKiosk]) -> tuple[float, float]:
    """A signature check of each event, all ready, with the library that ours uses: seconds, and processor seconds."""
    checks = []
    for event in events:
        signed, _, signature = event.payload.partition(b"~")[0].rpartition(b".")
        direct = kiosks[event.kiosk].key.public().direct
        assert direct is not None  # noqa: S101 - an Ed25519 key
        checks.append((check_of(direct.key.public_bytes_raw()), urlsafe_b64decode(signature), signed))
    started_s, before_s = time.perf_counter(), time.process_time()
    for verify, signature, signed in checks:
        verify(signature, signed)
    return time.perf_counter() - started_s, time.process_time() - before_s


def delivery_s(broker: Broker, count: int, send: Callable[[], object]) -> float:
    """Take so many messages from the broker over mutual TLS, acknowledge and forget them."""
    context = ssl.create_default_context(cafile=str(broker.ca))
    context.load_cert_chain(str(broker.certificate), str(broker.key))
    plain = socket.create_connection((broker.host, broker.port))
    with context.wrap_socket(plain, server_hostname=broker.host) as connection:
        connection.sendall(mqtt5.connect("x", keepalive_s=0, receive_maximum=1000, maximum_packet=70_000))
        connection.sendall(mqtt5.subscribe(1, [up_filter()], qos=1))
        reader, subscribed = mqtt5.Reader(70_000), False
        while not subscribed:
            packets = list(reader.feed(connection.recv(_CHUNK)))
            subscribed = any(isinstance(packet, mqtt5.Acknowledged) for packet in packets)
        send()
        taken, unsaid, started_s = 0, [], 0.0
        while taken < count:
            data = connection.recv(_CHUNK)
            started_s = started_s or time.perf_counter()
            unsaid += [packet.packet for packet in reader.feed(data) if isinstance(packet, mqtt5.Published)]
            if len(unsaid) >= _ACKNOWLEDGE or taken + len(unsaid) >= count:
                connection.sendall(mqtt5.acknowledge(unsaid))
                taken, unsaid = taken + len(unsaid), []
        return time.perf_counter() - started_s


def insertion_s(url: str, events: Sequence[Sent]) -> float:
    """Insert each event into a table without an index, a batch a transaction: COPY, or SQLite's `executemany`."""
    engine = open_engine(url)
    sqlite = engine.dialect.name == "sqlite"
    rows = []
    for n, event in enumerate(events):
        signed, _, attachment = event.payload.partition(b"~")
        rows.append((f"{n:036}", event.kiosk, n, bytes(32), signed, attachment))
    put = _executemany if sqlite else _copy
    with unit_of_work(engine) as connection:
        connection.execute(text(_BARE.format(bytes="blob" if sqlite else "bytea")))
    started_s = time.perf_counter()
    for first in range(0, len(rows), _BATCH):
        with unit_of_work(engine) as connection:
            put(connection, rows[first : first + _BATCH])
    seconds = time.perf_counter() - started_s
    engine.dispose()
    return seconds


def _executemany(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    connection.exec_driver_sql("INSERT INTO bare VALUES (?, ?, ?, ?, ?, ?)", rows)


def _copy(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    driver: Any = connection.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy("COPY bare FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["text", "text", "int8", "bytea", "bytea", "bytea"])
        for row in rows:
            copy.write_row(row)
