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
from tests.torture.field import Field
from tests.torture.judging import UNRECOVERABLE, judge
from tests.torture.schedule import Act, Deed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.torture.judging import Verdict
    from tests.torture.machine import Machine
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
        """End every fault, let one more person come to each kiosk, and wait until nothing moves any more.

        Returns:
            The kiosks whose outbox could go on, and the relay if it could, though nothing has moved for `patience_s`.
        """
        field = self._field
        began_s = time.monotonic()
        for target in self._targets():
            field.signal(target, signal.SIGCONT)
        field.start()
        machines = list(field.machines.values())
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(_last_person, machines))
        for side in ("kiosks", "controller"):  # whoever was connected says HELLO anew
            field.proxy.tell(Act(0, Deed.CUT, side))
        waiting, done, before, since_s = list(field.machines), 0, -1, time.monotonic()
        while waiting and time.monotonic() - since_s < patience_s:
            self._revive()
            time.sleep(_LOOK_S)
            waiting, done = self._waiting()
            if done != before:
                before, since_s = done, time.monotonic()
        self.done.drained_in_s = time.monotonic() - began_s
        return waiting

    def _targets(self) -> list[str]:
        kiosks = [f"{name}/{process}" for name, each in self._field.machines.items() for process in each.processes]
        return ["broker", "proxy", *self._field.services, *kiosks]

    def _waiting(self) -> tuple[list[str], int]:
        """Who may still go on, and a figure that grows as they do.

        What waits behind a quarantined event, or behind one that is gone for good, waits for a person.
        """
        books = self._field.controller.books()
        alarms = books.alarms | self._field.controller.alarms
        gone = {alarm.kiosk for alarm in alarms if alarm.kind == UNRECOVERABLE}
        waiting, done = [], len(books.quarantined) - books.under_way
        for name, machine in self._field.machines.items():
            under_way = [event for event in machine.on_card() if not event.acked or event.id not in books.ledger]
            done -= len(under_way)
            stopped = machine.kiosk in gone or (under_way and under_way[0].id in books.quarantined)
            if under_way and not stopped:
                waiting.append(name)
        if books.under_way:
            waiting.append(schedule.RELAY)
        return waiting, done


def _last_person(machine: Machine) -> None:
    machine.power_off("screen")
    machine.file_one_more()
    machine.start("courier")


def run(plan: Plan, *, database: str, without: str | None, patience_s: float) -> tuple[Verdict, Done]:
    """Do a run in a folder of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="torture-") as folder,
        Field(Path(folder) / "field", plan.lives, database=database, without=without) as field,
    ):
        run = Run(field, plan)
        run.torture()
        waiting = run.come_to_rest(patience_s)
        return judge(field.evidence(waiting)), run.done
