# SPDX-License-Identifier: Apache-2.0
"""What one MQTT connection after another has yet to say, shared between the courier's thread and the socket's.

It reads no socket and knows no clock. Nothing survives a connection but what is listened to: what was not said is asked
for again by its kiosk.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from fleet import mqtt5
from wire.topics import up_filter

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from fleet.courier.committing import Outbound
    from fleet.courier.reception import Incoming
    from wire.ids import Shard

_UNSENT_BYTES = 8 * 1024 * 1024  # of receipts and answers that may wait for the broker
_QOS = 1
_PACKETS = 0xFFFF  # 2.2.1: packet ids are 1 to 65 535


class Session:
    """Collects bytes to send; any thread may call it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._filters: frozenset[str] = frozenset()
        self._up = False
        self._out = bytearray()
        self._packet = 0
        self.connection = 0  # counts connections; what came over an old one is acknowledged to nobody

    def connected(self) -> None:
        """A new connection."""
        with self._lock:
            self.connection += 1
            self._up = True
            self._subscribe(self._filters)

    def disconnected(self) -> None:
        """It is over, and what it had yet to say with it."""
        with self._lock:
            self._up = False
            self._out.clear()

    def listen(self, shards: Collection[Shard] | None) -> None:
        """Hear the kiosks of these shards from now on, and no others; None for all."""
        filters = frozenset([up_filter()] if shards is None else map(up_filter, shards))
        with self._lock:
            if self._up:
                self._subscribe(filters - self._filters)
                self._unsubscribe(self._filters - filters)
            self._filters = filters

    def publish(self, messages: Sequence[Outbound]) -> int:
        """Take messages to send; how many, 0 while there is no connection."""
        taken = 0
        with self._lock:
            for message in messages if self._up else ():
                if len(self._out) >= _UNSENT_BYTES:
                    break
                self._out += mqtt5.publish(message.topic, message.payload)
                taken += 1
        return taken

    def settled(self, messages: Sequence[Incoming]) -> None:
        """Acknowledge what came over this connection."""
        with self._lock:
            packets = [each.packet for each in messages if each.packet and each.connection == self.connection]
            self._out += mqtt5.acknowledge(packets)

    def say(self, packet: bytes) -> None:
        """Send this too."""
        with self._lock:
            self._out += packet

    def next_out(self, at_most: int) -> bytes:
        """What is to be sent next."""
        with self._lock:
            return bytes(self._out[:at_most])

    def sent(self, count: int) -> None:
        """So many bytes have left."""
        with self._lock:
            del self._out[:count]

    def _next_packet(self) -> int:
        self._packet = self._packet % _PACKETS + 1
        return self._packet

    def _subscribe(self, filters: Collection[str]) -> None:
        if filters:
            self._out += mqtt5.subscribe(self._next_packet(), sorted(filters), qos=_QOS)

    def _unsubscribe(self, filters: Collection[str]) -> None:
        if filters:
            self._out += mqtt5.unsubscribe(self._next_packet(), sorted(filters))
