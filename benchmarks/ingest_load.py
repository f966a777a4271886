# SPDX-License-Identifier: Apache-2.0
"""Sends prepared events to a broker and waits for the receipts that cover them: `python -m benchmarks.ingest_load`.

One process, one connection for all kiosks: that spares the broker work which a fleet would make, for every contestant
alike. Everything at once, or an event at a time at an even pace (then a latency counts from when its event was due), or
the same events over and over. It believes receipts unseen: it measures, it does not check.
"""

from __future__ import annotations

import argparse
import base64
import json
import pickle
import select
import socket
import ssl
import time
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fleet import mqtt5
from wire.topics import down_filter

if TYPE_CHECKING:
    from wire.ids import KioskId, Shard

NAME = "k-load"
_CHUNK = 65_536
_SILENCE_S = 60.0
_AT_ONCE = 200
_AGAIN_S = 0.5


@dataclass(frozen=True, slots=True)
class Sent:
    """One event of the load: where it goes, and the place whose receipt settles it."""

    topic: str
    payload: bytes
    kiosk: str
    stream: str
    seq: int


@dataclass(frozen=True, slots=True)
class Load:
    """All events in the order they are sent, and the shard of each kiosk."""

    events: list[Sent]
    shards: dict[KioskId, Shard]


class Connection:
    """A raw connection to the broker with papers that let it write and read for every kiosk."""

    def __init__(self, host: str, port: int, folder: Path) -> None:
        context = ssl.create_default_context(cafile=str(folder / "tls/ca.pem"))
        context.load_cert_chain(str(folder / "tls/kiosk.crt"), str(folder / "tls/kiosk.key"))
        self._socket = context.wrap_socket(socket.create_connection((host, port)), server_hostname=host)
        self._reader = mqtt5.Reader(200_000)
        self._socket.sendall(mqtt5.connect(NAME, keepalive_s=0, receive_maximum=65_535, maximum_packet=200_000))
        self._await(mqtt5.Connected)

    def subscribe(self, filters: list[str]) -> None:
        """Ask for what comes down."""
        self._socket.sendall(mqtt5.subscribe(1, filters, qos=0))
        self._await(mqtt5.Acknowledged)

    def never_wait(self) -> None:
        """From now on nothing waits but `wait`."""
        self._socket.settimeout(0)

    def send(self, data: memoryview) -> int:
        """Send what goes; how many bytes did."""
        try:
            return self._socket.send(data[:_CHUNK])
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def read(self) -> list[mqtt5.Packet]:
        """What has come."""
        packets: list[mqtt5.Packet] = []
        try:
            while data := self._socket.recv(_CHUNK):
                packets.extend(self._reader.feed(data))
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return packets
        message = "the broker hung up"
        raise ConnectionError(message)

    def wait(self, *, to_write: bool, timeout_s: float) -> None:
        """Wait until something comes, or goes."""
        select.select([self._socket], [self._socket] if to_write else [], [], max(0.0, timeout_s))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _await(self, kind: type[mqtt5.Packet]) -> None:
        while True:
            packets = list(self._reader.feed(self._socket.recv(_CHUNK)))
            if any(isinstance(packet, kind) for packet in packets):
                return


def publish(sent: Sent, packet: int) -> bytes:
    """As kiosks send it."""
    return mqtt5.publish(sent.topic, sent.payload, packet)


class Receipts:
    """Which events are covered by what has come back, and how long each took."""

    def __init__(self, events: list[Sent]) -> None:
        self._open: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for n, event in enumerate(events):
            self._open.setdefault((event.kiosk, event.stream), []).append((event.seq, n))
        self.left = len(events)
        self.settled_s = [0.0] * len(events)

    def take(self, packet: mqtt5.Packet, now_s: float) -> None:
        """Look at what came."""
        if not isinstance(packet, mqtt5.Published) or not packet.topic.endswith("/down/receipt"):
            return
        part = packet.payload.split(b".")[1]
        receipt = json.loads(base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
        for stream, (acked, _) in receipt["marks"].items():
            waiting = self._open.get((receipt["kiosk"], stream), [])
            while waiting and waiting[0][0] <= acked:
                self.settled_s[waiting.pop(0)[1]] = now_s
                self.left -= 1


def wake(connection: Connection, event: Sent) -> int:
    """Send an event until it is covered by a receipt; 1 when it is not in good time, else 0."""
    receipts, frame = Receipts([event]), publish(event, 1)
    until_s = time.monotonic() + _SILENCE_S
    while receipts.left and time.monotonic() < until_s:
        buffer, again_s = memoryview(frame), time.monotonic() + _AGAIN_S
        while receipts.left and (left_s := again_s - time.monotonic()) > 0:
            buffer = buffer[connection.send(buffer) :] if buffer else buffer
            for packet in connection.read():
                receipts.take(packet, time.monotonic())
            connection.wait(to_write=bool(buffer), timeout_s=min(0.05, left_s))
    return receipts.left


def overload(connection: Connection, load: Load, seconds: float) -> dict[str, object]:
    """Send the same events again and again, faster than they are taken; then one that was never sent."""
    *events, last = load.events
    frames = b"".join(publish(event, n % 0xFFFF + 1) for n, event in enumerate(events))
    until_s, sent, buffer = time.monotonic() + seconds, 0, memoryview(b"")
    while time.monotonic() < until_s:
        buffer = buffer or memoryview(frames)
        went = connection.send(buffer)
        sent, buffer = sent + went, buffer[went:]
        connection.read()
        connection.wait(to_write=True, timeout_s=0.05)
    while buffer:  # so that the next packet begins where a packet begins
        buffer = buffer[connection.send(buffer) :]
        connection.read()
        connection.wait(to_write=True, timeout_s=0.05)
    return {"sent": sent * len(events) / len(frames), "left": wake(connection, last)}


def run(connection: Connection, load: Load, per_s: float | None) -> dict[str, object]:
    """Send all, at once or at a pace, until the last is covered by a receipt."""
    frames = [publish(event, n % 0xFFFF + 1) for n, event in enumerate(load.events)]
    receipts = Receipts(load.events)
    started_s = heard_s = time.monotonic()
    due_s = [started_s + (n / per_s if per_s else 0.0) for n in range(len(frames))]
    buffer, sent, late_s = memoryview(b""), 0, 0.0
    while receipts.left:
        now_s = time.monotonic()
        if not buffer and sent < len(frames) and due_s[sent] <= now_s:
            upto = min(bisect_right(due_s, now_s), sent + _AT_ONCE)
            late_s = max(late_s, now_s - due_s[sent])
            buffer, sent = memoryview(b"".join(frames[sent:upto])), upto
        buffer = buffer[connection.send(buffer) :] if buffer else buffer
        before = receipts.left
        for packet in connection.read():
            receipts.take(packet, time.monotonic())
        heard_s = time.monotonic() if receipts.left < before else heard_s
        if time.monotonic() - heard_s > _SILENCE_S:
            break
        until_s = due_s[sent] if sent < len(frames) else now_s + 0.05
        connection.wait(to_write=bool(buffer), timeout_s=min(0.05, until_s - time.monotonic()))
    latencies = sorted(end - due for end, due in zip(receipts.settled_s, due_s, strict=True) if end)
    return {
        "seconds": max(receipts.settled_s) - started_s,
        "left": receipts.left,
        "late_s": late_s,
        "latencies_s": latencies if per_s else [],
    }


def main() -> None:
    """Prints one line of JSON."""
    parser = argparse.ArgumentParser(prog="ingest_load")
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("papers", type=Path)
    parser.add_argument("load", type=Path)
    parser.add_argument("--events", type=int)
    parser.add_argument("--per-s", type=float)
    parser.add_argument("--overload-s", type=float)
    asked = parser.parse_args()
    load: Load = pickle.loads(asked.load.read_bytes())  # noqa: S301 - our own file of a moment ago
    connection = Connection(asked.host, asked.port, asked.papers)
    connection.subscribe([down_filter(shard, kiosk) for kiosk, shard in load.shards.items()])
    connection.never_wait()
    if asked.overload_s:
        seen = overload(connection, load, asked.overload_s)
    elif asked.events == 1:
        seen = {"left": wake(connection, load.events[0])}
    else:
        seen = run(connection, Load(load.events[: asked.events], load.shards), asked.per_s)
    print(json.dumps(seen))
    connection.close()


if __name__ == "__main__":
    main()
