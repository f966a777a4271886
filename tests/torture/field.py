# SPDX-License-Identifier: Apache-2.0
"""Everything of a run that can fail, put together: broker, proxy, controller, database and kiosks, all of them real."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from typer.testing import CliRunner

from fleet.config import read as read_settings
from fleet.entrypoints.operator import migrate, register
from provisioning.cli import app
from tests.simulators.broker import Mosquitto, free_port
from tests.torture import databases
from tests.torture.controller import Controller
from tests.torture.judging import Evidence, Incident
from tests.torture.machine import TWIN, Machine
from tests.torture.processes import Proxy
from tests.torture.provider import Provider
from tests.torture.schedule import COURIERS, PROVIDER, Deed, Misfortune
from tests.torture.second import processes_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from types import TracebackType

    from tests.torture.schedule import Act, Life

_PORT = re.compile(r"^port = \d+$", re.MULTILINE)
_FIRST_FACILITY = 10_000
_PROVINCE = "41"


class Field:
    """As a context manager everything is there from entry to exit, and what it did is gone but for `folder`."""

    def __init__(self, folder: Path, lives: Sequence[Life], *, database: str, without: str | None) -> None:
        self._folder = folder
        self._lives = {life.kiosk: life for life in lives}
        self._database = database
        self._without = without
        self._stack = ExitStack()
        self._desk = folder / "desk"
        self._desk.mkdir(parents=True)
        self.machines: dict[str, Machine] = {}
        self.retired: set[str] = set()
        self._killed: set[str] = set()
        self.incidents: list[Incident] = []
        self.facilities = {life.kiosk: str(_FIRST_FACILITY + n) for n, life in enumerate(lives)}
        self._images: dict[str, Path] = {}
        self._promised_before: dict[str, int] = {}  # the image of its card was taken

    def __enter__(self) -> Self:
        """Make the folders, and start all but the kiosks."""
        fleet, broker_port = self._folder / "fleet", free_port()
        fleet.mkdir()
        try:
            database = self._stack.enter_context(databases.running(self._database, self._folder))
            self.provider = Provider(self._folder, self._desk)
            _provision(
                *("fleet", fleet, "--broker-host", "127.0.0.1", "--broker-port", broker_port),
                *("--database-url", database.url, "--idp-url", self.provider.url),
            )
            self.broker = Mosquitto(fleet / "broker")
            self._queue = fleet / "broker" / "data" / "mosquitto.db"
            self.proxy = Proxy(broker_port)
            settings = processes_of(fleet)
            for courier in COURIERS:
                _lead_through(settings[courier], self.proxy.ports["controller"])
            self.controller = Controller(database, self._desk, settings, without=self._without)
            self.services = {**self.controller.processes, PROVIDER: self.provider.process}
            migrate(read_settings(settings[COURIERS[0]]))
            for kiosk in self._lives:
                self._commissioned(kiosk, fleet, settings[COURIERS[0]])
            self._stack.callback(self._end)
            self.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End everything."""
        self._stack.close()

    def _commissioned(self, kiosk: str, fleet: Path, controller: Path) -> None:
        folder = self._folder / kiosk
        _provision(
            *("kiosk", fleet, "--id", kiosk, "--facility", self.facilities[kiosk]),
            *("--province", _PROVINCE, "--out", folder),
        )
        _lead_through(folder / "kiosk.toml", self.proxy.ports["kiosks"])
        register(read_settings(controller), folder / "registration.json")
        life = self._lives[kiosk]
        self.machines[kiosk] = Machine(
            folder, self._desk, counts=life.counts, erases=life.erases, without=self._without
        )

    def start(self) -> None:
        """Start what is shared."""
        if self.broker.pid is None:
            self.broker.start()
        self.proxy.start()
        for service in self.services.values():
            if not service.alive:
                service.start()
        self._killed.clear()

    def kill(self, *services: str) -> None:
        """Let processes of the controller or of the provider die, until `start`."""
        self._killed.update(services)
        for name in services:
            self.services[name].kill()

    def back_up(self) -> None:
        """Back the database up; whoever is stopped and may hold its locks goes on first."""
        for name in self.controller.processes:
            self.signal(name, signal.SIGCONT)
        self.controller.back_up()

    def restore_database(self, age: int) -> None:
        """Let the controller die, and put its database back."""
        self.kill(*self.controller.processes)
        self.controller.restore(age)

    def revived(self) -> list[str]:
        """Start what has ended by itself, as systemd would; what that was."""
        ended = []
        for machine in self.machines.values():
            for name in sorted(machine.in_service):
                if not machine.processes[name].alive:
                    machine.start(name)
                    ended.append(f"{machine.name}/{name}")
        for name, service in self.services.items():
            if name not in self._killed and not service.alive:
                service.start()
                ended.append(name)
        return ended

    def lose_queue(self) -> None:
        """Let the broker die, and lose all that it had kept."""
        self.broker.kill()
        self._queue.unlink(missing_ok=True)

    def signal(self, target: str, number: signal.Signals) -> bool:
        """Send a signal to a process; whether it runs."""
        pid = self._pid(target)
        if pid is None:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        return True

    def _pid(self, target: str) -> int | None:
        if target == "broker":
            return self.broker.pid
        if target == "proxy":
            return self.proxy.pid
        kiosk, _, process = target.partition("/")
        service = self.machines[kiosk].processes[process] if process else self.services[target]
        return service.pid if service.alive else None

    def take_image(self, kiosk: str, *, at_work: bool) -> None:
        """Copy a kiosk's card aside: while it is at work, or switched off for it."""
        machine, self._images[kiosk] = self.machines[kiosk], self._desk / f"{kiosk}-image"
        if at_work:
            for process in machine.processes:  # one that is stopped may hold the card's lock
                self.signal(f"{kiosk}/{process}", signal.SIGCONT)
            machine.copy_card_at_work(self._images[kiosk])
        else:
            machine.power_off()
            machine.copy_card(self._images[kiosk])
            machine.start()
        self._promised_before[kiosk] = len(machine.tickets().promised)

    def is_ready(self, act: Act) -> bool:
        """Whether a card holds something to copy, or has more than its image; a kiosk retires when that is over."""
        if act.deed in {Deed.TAKE_IMAGE, Deed.CLONE_CARD}:
            return bool(self.machines[act.on].tickets().promised)
        if act.deed is Deed.RESTORE_CARD:
            promised = len(self.machines[act.on].tickets().promised)
            return act.on in self._images and promised > self._promised_before[act.on]
        return act.deed is not Deed.RETIRE or any(act.on == incident.kiosk for incident in self.incidents)

    def restore_card(self, kiosk: str) -> bool:
        """Switch a kiosk off, put its card back to the image, and switch it on; whether there is an image."""
        machine = self.machines[kiosk]
        if kiosk not in self._images:
            return False
        machine.power_off()
        at_ms = time.time_ns() // 1_000_000
        forgot = machine.put_back(self._images[kiosk])
        delivered = self.controller.books().ledger
        forgot = [replace(event, acked=event.acked or event.id in delivered) for event in forgot]
        counts = self._lives[kiosk].counts
        self.incidents.append(Incident(kiosk, Misfortune.RESTORED, at_ms, counts, tuple(forgot)))
        machine.start()
        return True

    def clone_card(self, kiosk: str) -> None:
        """Switch a kiosk off, copy its card and keys into another machine, and switch both on."""
        machine = self.machines[kiosk]
        machine.power_off()
        at_ms = time.time_ns() // 1_000_000
        twin = self._folder / (kiosk + TWIN)
        shutil.copytree(machine.folder, twin)
        erases = self._lives[kiosk].erases
        self.machines[twin.name] = Machine(twin, self._desk, counts=False, erases=erases, without=self._without)
        self.incidents.append(Incident(kiosk, Misfortune.CLONED, at_ms, counts=False))
        machine.start()
        self.machines[twin.name].start()

    def retire(self, kiosk: str) -> None:
        """Switch a kiosk off, and its clone; what they have not delivered waits on their cards."""
        for name in (kiosk, kiosk + TWIN):
            if name in self.machines:
                self.retired.add(name)
                self.machines[name].power_off()

    def evidence(self, still_waiting: Sequence[str]) -> Evidence:
        """All that is known."""
        books = self.controller.books()
        return Evidence(
            books=books,
            tickets={name: machine.tickets() for name, machine in self.machines.items()},
            accepted=self.provider.accepted(),
            cards={name: machine.on_card() for name, machine in self.machines.items()},
            incidents=self.incidents,
            alarms=books.alarms | self.controller.alarms,
            rolled_back=self.controller.rolled_back,
            betrayed_ms=self.controller.betrayed_ms,
            erases={life.kiosk for life in self._lives.values() if life.erases},
            unfit=self.controller.unfit,
            facilities=self.facilities,
            still_waiting=still_waiting,
        )

    def _end(self) -> None:
        for machine in self.machines.values():
            machine.power_off()
        for service in self.services.values():
            service.kill()
        self.proxy.kill()
        self.broker.kill()


def _provision(*arguments: object) -> None:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    if result.exit_code != 0:
        raise RuntimeError(result.output)


def _lead_through(settings: Path, port: int) -> None:
    """Let a process reach the broker through the proxy."""
    text, changed = _PORT.subn(f"port = {port}", settings.read_text(encoding="utf-8"), count=1)
    if not changed:
        message = f"{settings}: no port of the broker"
        raise RuntimeError(message)
    settings.write_text(text, encoding="utf-8")
