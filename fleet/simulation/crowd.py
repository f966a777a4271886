# SPDX-License-Identifier: Apache-2.0
"""Many simulated kiosks in one process: who enrols when, what goes wrong with whom, and how it all adds up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING

from fleet.simulation.kiosk import SimulatedKiosk, Tally
from fleet.simulation.line import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fleet.simulation.papers import Papers

_DOORS = 50  # handshakes at once
_TICK_S = 0.02
_TWICE = 0.1  # of all messages, while duplicates are wanted
_AWAY_S = (10.0, 30.0)


class Fault(StrEnum):
    """What goes wrong with a kiosk now and then."""

    DROP = "drop"  # its connection is cut
    DUPLICATE = "duplicate"  # a message leaves twice
    RESTART = "restart"  # its process starts anew: connection gone, a fresh stream
    OFFLINE = "offline"  # it has no network for 10 to 30 seconds


@dataclass(frozen=True, slots=True)
class Plan:
    """What is played. `events_per_s` is of all kiosks together; each has a fault every `fault_every_s` on average.

    A release fails at a share of the kiosks, `updates_failing`.
    """

    seconds: float
    settle_s: float
    events_per_s: float
    faults: frozenset[Fault]
    fault_every_s: float
    seed: int
    updates_failing: float = 0.0


@dataclass(frozen=True, slots=True)
class State:
    """How it stands: `pending` events have no receipt yet; `oldest_s` is how long the oldest of them has waited.

    `carried` of the captured ones come from an earlier simulation.
    """

    elapsed_s: float
    kiosks: int
    connected: int
    captured: int
    carried: int
    sent: int
    receipted: int
    pending: int
    oldest_s: float
    waits_s: Sequence[float]


class Crowd:
    """Plays a plan with these kiosks."""

    def __init__(self, papers: Sequence[Papers], plan: Plan) -> None:
        """Nothing is connected yet; within an event loop."""
        self._random = Random(plan.seed)  # noqa: S311 - the same seed plays the same faults
        self._plan = plan
        self._tally = Tally()
        doors = asyncio.Semaphore(_DOORS)
        twice = _TWICE if Fault.DUPLICATE in plan.faults else 0.0
        kiosks = [SimulatedKiosk(each, self._random, self._tally, failing=plan.updates_failing) for each in papers]
        self._lines = [Line(kiosk, twice=twice, doors=doors) for kiosk in kiosks]
        self._started_s = time.monotonic()

    async def play(self, tell: Callable[[State], None], tell_every_s: float, stop: asyncio.Event) -> State:
        """Enrol and fail for the planned time, then without a fault until all has a receipt or time is up."""
        keeping = [asyncio.create_task(line.keep()) for line in self._lines]
        telling = asyncio.create_task(self._tell(tell, tell_every_s))
        try:
            await self._work(stop)
            await self._settle()
        finally:
            for task in (*keeping, telling):
                task.cancel()
            await asyncio.gather(*keeping, telling, return_exceptions=True)
            for line in self._lines:
                line.kiosk.keep()
        return self.state()

    def state(self) -> State:
        """How it stands now."""
        now_s = time.monotonic()
        oldest_s = min((at_s for line in self._lines if (at_s := line.kiosk.oldest_s) is not None), default=now_s)
        return State(
            elapsed_s=now_s - self._started_s,
            kiosks=len(self._lines),
            connected=sum(line.up for line in self._lines),
            captured=self._tally.captured,
            carried=self._tally.carried,
            sent=self._tally.sent,
            receipted=self._tally.receipted,
            pending=self._tally.captured - self._tally.receipted,
            oldest_s=now_s - oldest_s,
            waits_s=sorted(self._tally.waits_s),
        )

    async def _work(self, stop: asyncio.Event) -> None:
        until_s = time.monotonic() + self._plan.seconds
        event_at_s = fault_at_s = time.monotonic()
        failing = sorted(self._plan.faults - {Fault.DUPLICATE})
        while (now_s := time.monotonic()) < until_s and not stop.is_set():
            while self._plan.events_per_s and event_at_s <= now_s:
                event_at_s += self._random.expovariate(self._plan.events_per_s)
                line = self._random.choice(self._lines)
                line.kiosk.enrol(time.monotonic())
                line.poke()
                await asyncio.sleep(0)
            while failing and fault_at_s <= now_s:
                fault_at_s += self._random.expovariate(len(self._lines) / self._plan.fault_every_s)
                self._fail(self._random.choice(self._lines), self._random.choice(failing))
            await asyncio.sleep(_TICK_S)

    def _fail(self, line: Line, fault: Fault) -> None:
        if fault is Fault.RESTART:
            line.kiosk.restart()
        line.cut(self._random.uniform(*_AWAY_S) if fault is Fault.OFFLINE else 0.0)

    async def _settle(self) -> None:
        until_s = time.monotonic() + self._plan.settle_s
        while self._tally.receipted < self._tally.captured and time.monotonic() < until_s:  # noqa: ASYNC110 - of many
            await asyncio.sleep(_TICK_S)

    async def _tell(self, tell: Callable[[State], None], every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            tell(self.state())
