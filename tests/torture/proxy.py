# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy on the way to the broker, one port for kiosks and one for the controller, that does what it is told.

`python -m tests.torture.proxy BROKER_PORT KIOSKS_PORT CONTROLLER_PORT`, and one JSON object a line on standard input.
It cuts connections, stalls them, delivers a part of what comes and resets, or delivers in crumbs.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHUNK = 16_384
_CRUMB = 40  # bytes: less than a TLS record, more than its head
_BETWEEN_CRUMBS_S = 0.001


@dataclass(slots=True)
class Weather:
    """How one side of the proxy fares. Times are the event loop's."""

    broker_port: int
    stalled_until_s: float = 0.0
    crumbling_until_s: float = 0.0
    halvings: int = 0  # how often it was told to halve
    share: float = 0.0
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    def turn(self, told: Mapping[str, object], now_s: float) -> None:
        """Do what it is told."""
        lasts_s, share = float(str(told["lasts_s"])), float(str(told["share"]))
        match told["deed"]:
            case "cut":
                for writer in self.open:
                    writer.transport.abort()
            case "stall":
                self.stalled_until_s = now_s + lasts_s
            case "crumble":
                self.crumbling_until_s = now_s + lasts_s
            case "halve":
                self.halvings, self.share = self.halvings + 1, share
            case unknown:
                raise NotImplementedError(unknown)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until either end is gone."""
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.broker_port)
        except OSError:
            writer.transport.abort()
            return
        both = {writer, up_writer}
        self.open |= both
        carrying = {asyncio.create_task(self._carry(*ends)) for ends in ((reader, up_writer), (up_reader, writer))}
        try:
            await asyncio.wait(carrying, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in carrying:
                task.cancel()
            await asyncio.gather(*carrying, return_exceptions=True)
            self.open -= both
            for end in both:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        seen = self.halvings
        with suppress(ConnectionError):
            while chunk := await reader.read(_CHUNK):
                await asyncio.sleep(max(0.0, self.stalled_until_s - loop.time()))
                if self.halvings != seen:
                    writer.write(chunk[: int(len(chunk) * self.share)])
                    await writer.drain()
                    return
                while loop.time() < self.crumbling_until_s and chunk:
                    writer.write(chunk[:_CRUMB])
                    await writer.drain()
                    chunk = chunk[_CRUMB:]
                    await asyncio.sleep(_BETWEEN_CRUMBS_S)
                writer.write(chunk)
                await writer.drain()


async def main(broker_port: int, kiosks_port: int, controller_port: int) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    sides = {"kiosks": Weather(broker_port), "controller": Weather(broker_port)}
    for side, port in zip(sides.values(), (kiosks_port, controller_port), strict=True):
        await asyncio.start_server(side.serve, "127.0.0.1", port)
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    sys.stdout.write("{}\n")
    sys.stdout.flush()
    while line := await orders.readline():
        told = json.loads(line)
        sides[told["side"]].turn(told, loop.time())
    os._exit(0)  # who told it what to do is gone: connections end as in a power cut


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:4])))
