# SPDX-License-Identifier: Apache-2.0
"""Does all that was drawn, lets everything come to rest, and has the books judged."""

from __future__ import annotations

import heapq
import itertools
import signal
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.torture import schedule
from tests.torture.altered import KEPT_S
from tests.torture.field import Field
from tests.torture.judging import UNRECOVERABLE, judge
from tests.torture.schedule import Act, Deed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.torture.books import Books
    from tests.torture.judging import Verdict
    from tests.torture.machine import Machine, OnCard
    from tests.torture.schedule import Plan

_LOOK_S = 1.0
_GRACE_S = 30.0  # after the end, for cards that are not ready to fail
_AT_ONCE = 4  # processes that are started side by side


@dataclass(slots=True)
class Done:
    """What was done: each deed by whom it was done to, and how often a process ended that nobody had ended."""

    deeds: Counter[tuple[Deed, str]] = field(default_factory=Counter)
    ended_by_itself: Counter[str] = field(default_factory=Counter)
    drained_in_s: float = 0.0


@dataclass(frozen=True, slots=True)
class _Outbox:
    """A card, how much of it is not yet where it belongs, and whether that waits for a person.

    It does behind a quarantined event, and behind one that is gone for good.
    """

    machine: Machine
    card: list[OnCard]
    under_way: int
    is_stopped: bool


class Run:
    """One run over a field."""

    def __init__(self, field: Field, plan: Plan) -> None:
        self._field = field
        self._plan = plan
        self.done = Done()
        self._order = itertools.count()
        self._agenda: list[tuple[float, int, Callable[[], object]]] = []
        self._began_s = time.monotonic()

    def torture(self) -> None:
        """Do everything when its time has come."""
        self._began_s = time.monotonic()
        for act in self._plan.acts:
            self._later(act.at_s, partial(self._do, act))
        self._later(self._plan.seconds, lambda: None)
        while self._agenda:
            at_s, _, what = heapq.heappop(self._agenda)
            while (wait_s := self._began_s + at_s - time.monotonic()) > 0:
                self._revive()
                time.sleep(min(wait_s, _LOOK_S))
            what()

    def _later(self, at_s: float, what: Callable[[], object]) -> None:
        heapq.heappush(self._agenda, (at_s, next(self._order), what))

    def _do(self, act: Act) -> None:
        """Do it, or look again soon when a card would not notice yet; in the end it is done all the same."""
        if not self._field.is_ready(act) and self._now_s() < self._plan.seconds + _GRACE_S:
            self._later(self._now_s() + _LOOK_S, partial(self._do, act))
        elif self._is_done(act):
            self.done.deeds[act.deed, act.on] += 1

    def _is_done(self, act: Act) -> bool:
        """Do it, if there is something to do it to."""
        field = self._field
        kiosk = field.machines.get(act.on)
        match act.deed:
            case Deed.KILL | Deed.LOSE_QUEUE | Deed.STOP:
                return self._hit(act)
            case Deed.CUT | Deed.STALL | Deed.HALVE | Deed.CRUMBLE:
                return field.proxy.tell(act)
            case Deed.BACK_UP:
                field.back_up()
            case Deed.RESTORE_DATABASE:
                field.restore_database(int(act.share))
                self._later(self._now_s() + act.lasts_s, field.start)
            case Deed.COMMISSION if kiosk is not None:
                kiosk.start()
            case Deed.TAKE_IMAGE:
                field.take_image(act.on, at_work=act.share < 0.5)
            case Deed.RESTORE_CARD:
                return field.restore_card(act.on)
            case Deed.CLONE_CARD:
                field.clone_card(act.on)
            case Deed.RETIRE:
                field.retire(act.on)
            case _:
                raise NotImplementedError(act)
        return True

    def _hit(self, act: Act) -> bool:
        """Kill or stop a process, and let it go on later; whether it ran."""
        field, until_s = self._field, self._now_s() + act.lasts_s
        if act.deed is Deed.STOP:
            self._later(until_s, lambda: field.signal(act.on, signal.SIGCONT))
            return field.signal(act.on, signal.SIGSTOP)
        kiosk, _, process = act.on.partition("/")
        if process:
            machine = field.machines[kiosk]
            if kiosk in field.retired or not machine.processes[process].alive:
                return False
            machine.power_off(process)
            self._later(until_s, lambda: self._start(machine, process))
            return True
        self._later(until_s, field.start)
        match act.on:
            case schedule.DATABASE:
                return field.controller.database.crash()
            case "broker":
                field.lose_queue() if act.deed is Deed.LOSE_QUEUE else field.broker.kill()
            case "proxy":
                field.proxy.kill()
            case service:
                field.kill(service)
        return True

    def _start(self, machine: Machine, process: str) -> None:
        if machine.name not in self._field.retired:
            machine.start(process)

    def _now_s(self) -> float:
        return time.monotonic() - self._began_s

    def _revive(self) -> None:
        self.done.ended_by_itself.update(self._field.revived())

    def come_to_rest(self, patience_s: float) -> list[str]:
        """End every fault and wait until nothing moves any more; then once more, in order, what must not hurt.

        1. The database is backed up, and kiosks that may erase what the backup holds do so.
        2. One more person comes to each kiosk.
        3. The database is put back to that backup, so that these have to be delivered again, however old they are.

        Returns:
            Who could go on and has not, though nothing has moved for `patience_s`: kiosks, or the relay.
        """
        field = self._field
        for target in self._targets():
            field.signal(target, signal.SIGCONT)
        field.start()
        for machine in field.machines.values():
            machine.power_off("screen")
            machine.start("courier")
        if waiting := self._settle(patience_s):
            return waiting  # it is lost as it is
        field.back_up()
        self._reconnect()
        self._until_nothing_moves(self._still_to_erase, patience_s)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(lambda machine: machine.file_one_more(), field.machines.values()))
        self._settle(patience_s)
        time.sleep(KEPT_S)  # what no backup holds must be kept for longer than what one holds
        field.restore_database(0)
        field.start()
        return self._settle(patience_s)

    def _settle(self, patience_s: float) -> list[str]:
        """Let everybody connect anew and deliver; who has not."""
        self._reconnect()
        return self._until_nothing_moves(self._waiting, patience_s)

    def _reconnect(self) -> None:
        """Cut everybody off once: whoever connects says HELLO."""
        for side in ("kiosks", "controller"):
            self._field.proxy.tell(Act(0, Deed.CUT, side))

    def _until_nothing_moves(self, look: Callable[[], tuple[list[str], int]], patience_s: float) -> list[str]:
        """Wait until nobody is left, or nothing has moved for so long; who is left."""
        (left, done), since_s = look(), time.monotonic()
        while left and time.monotonic() - since_s < patience_s:
            self._revive()
            time.sleep(_LOOK_S)
            before = done
            left, done = look()
            if done != before:
                since_s = time.monotonic()
        return left

    def _still_to_erase(self) -> tuple[list[str], int]:
        """Which kiosks that erase have delivered events on their cards still, and a figure that grows as they go."""
        delivered = {
            outbox.machine.name: sum(event.acked for event in outbox.card)
            for outbox in self._outboxes(self._field.controller.books())
            if outbox.machine.erases and not outbox.is_stopped
        }
        return [name for name, count in delivered.items() if count], -sum(delivered.values())

    def _targets(self) -> list[str]:
        kiosks = [f"{name}/{process}" for name, each in self._field.machines.items() for process in each.processes]
        return ["broker", "proxy", *self._field.services, *kiosks]

    def _waiting(self) -> tuple[list[str], int]:
        """Who may still go on, and a figure that grows as they do."""
        books = self._field.controller.books()
        outboxes = list(self._outboxes(books))
        waiting = [outbox.machine.name for outbox in outboxes if outbox.under_way and not outbox.is_stopped]
        if books.under_way:
            waiting.append(schedule.RELAY)
        return waiting, len(books.quarantined) - books.under_way - sum(outbox.under_way for outbox in outboxes)

    def _outboxes(self, books: Books) -> Iterator[_Outbox]:
        alarms = books.alarms | self._field.controller.alarms
        gone = {alarm.kiosk for alarm in alarms if alarm.kind == UNRECOVERABLE}
        for machine in self._field.machines.values():
            card = machine.on_card()
            under_way = [event.id for event in card if not event.acked or event.id not in books.ledger]
            stopped = machine.kiosk in gone or (bool(under_way) and under_way[0] in books.quarantined)
            yield _Outbox(machine, card, len(under_way), stopped)


def run(plan: Plan, *, database: str, without: str | None, patience_s: float) -> tuple[Verdict, Done]:
    """Do a run in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="torture-") as folder,
        Field(Path(folder) / "field", plan.lives, database=database, without=without) as field,
    ):
        run = Run(field, plan)
        run.torture()
        began_s = time.monotonic()
        waiting = run.come_to_rest(patience_s)
        run.done.drained_in_s = time.monotonic() - began_s
        return judge(field.evidence(waiting)), run.done
