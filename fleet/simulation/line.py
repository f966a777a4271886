# SPDX-License-Identifier: Apache-2.0
"""One simulated kiosk's way to the broker: connect, speak, listen, and again when it is cut.

Kiosks that come back do not come all at once: each waits a random part of a growing delay.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from fleet import mqtt5
from wire.errors import WireError
from wire.topics import down_filter, up

if TYPE_CHECKING:
    from fleet.simulation.kiosk import SimulatedKiosk

_KEEPALIVE_S = 60
_HANDSHAKE_S = 60.0  # thousands of them take the broker a while
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 30.0
_MAXIMUM_PACKET = 70_000
_RECEIVE_MAXIMUM = 100
_CHUNK = 65_536
_PACKETS = 0xFFFF


class Line:
    """Keeps one kiosk connected. `twice` is how likely a message leaves twice, as when an acknowledgement is lost."""

    def __init__(self, kiosk: SimulatedKiosk, *, twice: float, doors: asyncio.Semaphore) -> None:
        """`doors` bounds how many handshakes run at once."""
        self.kiosk = kiosk
        self.up = False
        self._twice = twice
        self._doors = doors
        self._away_until_s = 0.0
        self._wake = asyncio.Event()
        self._writer: asyncio.StreamWriter | None = None
        self._packet = 0

    def poke(self) -> None:
        """There may be something to say."""
        self._wake.set()

    def cut(self, away_s: float = 0.0) -> None:
        """Cut the connection in the middle of whatever it carries, and stay away so long."""
        self._away_until_s = time.monotonic() + away_s
        if self._writer is not None:
            self._writer.transport.abort()

    async def keep(self) -> None:
        """Be connected as well as can be, until cancelled."""
        delay_s = _FIRST_DELAY_S
        while True:
            with suppress(OSError, TimeoutError, mqtt5.ProtocolError):
                await self._converse()
                delay_s = _FIRST_DELAY_S
            away_s = max(0.0, self._away_until_s - time.monotonic())
            await asyncio.sleep(away_s + random.uniform(0, delay_s))  # noqa: S311 - spreads kiosks out
            delay_s = min(2 * delay_s, _LAST_DELAY_S)

    async def _converse(self) -> None:
        reader, writer, packets = await self._connect()
        try:
            self.up = True
            self.kiosk.connected()
            speaking = asyncio.create_task(self._speak(writer))
            try:
                await self._listen(reader, packets)
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
        finally:
            self.up = False
            self._close(writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, mqtt5.Reader]:
        papers = self.kiosk.papers
        async with self._doors, asyncio.timeout(_HANDSHAKE_S):
            reader, writer = await asyncio.open_connection(
                papers.host, papers.port, ssl=papers.tls(), server_hostname=papers.host, limit=_CHUNK
            )
            self._writer = writer
            try:
                writer.write(
                    mqtt5.connect(
                        self.kiosk.id,
                        keepalive_s=_KEEPALIVE_S,
                        receive_maximum=_RECEIVE_MAXIMUM,
                        maximum_packet=_MAXIMUM_PACKET,
                    )
                )
                wanted = [down_filter(self.kiosk.shard, self.kiosk.id)]
                writer.write(mqtt5.subscribe(self._next_packet(), wanted, qos=1))
                packets = mqtt5.Reader(_MAXIMUM_PACKET)
                subscribed = False
                while not subscribed:
                    heard = list(packets.feed(await _some(reader)))
                    subscribed = any(isinstance(packet, mqtt5.Acknowledged) for packet in heard)
                    _require_let_in(heard)
            except BaseException:
                self._close(writer)
                raise
        return reader, writer, packets

    async def _listen(self, reader: asyncio.StreamReader, packets: mqtt5.Reader) -> None:
        while True:
            async with asyncio.timeout(1.5 * _KEEPALIVE_S):
                data = await _some(reader)
            for packet in packets.feed(data):
                if isinstance(packet, mqtt5.Published):
                    with suppress(WireError):  # what is not true changes nothing
                        self.kiosk.arrived(packet.topic, packet.payload, time.monotonic())
                    if packet.packet and self._writer is not None:
                        self._writer.write(mqtt5.acknowledge([packet.packet]))
            self.poke()

    async def _speak(self, writer: asyncio.StreamWriter) -> None:
        while True:
            self._wake.clear()
            for kind, message in self.kiosk.due(time.monotonic()):
                topic = up(self.kiosk.shard, self.kiosk.id, kind)
                times = 2 if random.random() < self._twice else 1  # noqa: S311 - a simulated fault
                for _ in range(times):
                    writer.write(mqtt5.publish(topic, message, self._next_packet()))
                self.kiosk.left(kind, times)
                await writer.drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, self.kiosk.due_again_s() - time.monotonic())):
                    await self._wake.wait()

    def _next_packet(self) -> int:
        self._packet = self._packet % _PACKETS + 1
        return self._packet

    def _close(self, writer: asyncio.StreamWriter) -> None:
        self._writer = None
        writer.transport.abort()


def _require_let_in(packets: list[mqtt5.Packet]) -> None:
    if any(isinstance(packet, mqtt5.Connected) and packet.reason for packet in packets):
        message = "the broker does not let it in"
        raise ConnectionError(message)


async def _some(reader: asyncio.StreamReader) -> bytes:
    data = await reader.read(_CHUNK)
    if not data:
        message = "the broker hung up"
        raise ConnectionError(message)
    return data
