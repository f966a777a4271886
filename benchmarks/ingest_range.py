# SPDX-License-Identifier: Apache-2.0
"""Where the ingest bench takes place: a provisioned broker, prepared events, fresh databases, a controller to feed."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.ingest_load import NAME, Load, Sent
from fleet import config
from fleet.devices.registry import register
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from tests.simulators import postgres
from tests.simulators.broker import Mosquitto, free_port
from tests.simulators.kiosk_wire import WireKiosk
from tests.simulators.services import Service, script, wait_until
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import ExitStack

EVENTS = 12_000
_KIOSKS = 64
_ACL = f"\nuser {NAME}\ntopic write dipchip/1/+/+/up/+\ntopic read dipchip/1/+/+/down/+\n"
_TICKS = os.sysconf("SC_CLK_TCK")
_LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Taken:
    """What a controller needed for an event: seconds in all, and processor seconds of its own process."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Overload:
    """Bytes of memory before, and every half second while more came than could be taken; messages sent a second."""

    before: int
    meanwhile: tuple[int, ...]
    sent_per_s: float


class Range:
    """A provisioned fleet with its broker, a load with its kiosks, and databases to fill."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self._place = place
        self._port = free_port()
        provision = script("dipchip-provision")
        where = ("--broker-host", "localhost", "--broker-port", str(self._port), "--idp-url", "http://127.0.0.1:9")
        self._run(provision, "fleet", str(place / "fleet"), *where, "--database-url", "sqlite:///fleet.db")
        self.papers = place / "load"
        who = ("--id", NAME, "--facility", "10670", "--province", "41")
        self._run(provision, "kiosk", str(place / "fleet"), *who, "--out", str(self.papers))
        with (place / "fleet/broker/acl").open("a", encoding="utf-8") as acl:
            acl.write(_ACL)
        self.kiosks = some_kiosks(_KIOSKS)
        self.load = prepared(list(self.kiosks.values()), EVENTS)
        (place / "load.pickle").write_bytes(pickle.dumps(self.load))
        stack.enter_context(Mosquitto(place / "fleet/broker"))
        self._cluster = stack.enter_context(postgres.running(durable=True))
        self._template = self._cluster.create()
        self._fill(f"sqlite:///{place / 'template.db'}")
        self._fill(self._cluster.url(self._template))
        self._databases = 0

    def database(self, kind: str) -> str:
        """A fresh database that knows the kiosks."""
        self._databases += 1
        if kind == "PostgreSQL":
            return self._cluster.url(self._cluster.create(self._template))
        file = self._place / f"{self._databases}.db"
        shutil.copy(self._place / "template.db", file)
        return f"sqlite:///{file}"

    def broker(self) -> config.Broker:
        """How a controller reaches the broker."""
        broker = config.read(self._place / "fleet/controller/courier.toml").broker
        assert broker is not None  # noqa: S101 - provisioned
        return broker

    def take(self, which: str, kind: str, events: int, per_s: float | None = None) -> tuple[Taken, dict[str, Any]]:
        """Let a controller take so many events; what it needed, and what the load saw."""
        with self._controller(which, self.database(kind)) as controller:
            self.send("--events", "1")  # until there is a receipt: now it listens
            before_s = _cpu_s(controller.pid)
            seen = self.send("--events", str(events), *(() if per_s is None else ("--per-s", str(per_s))))
            cpu_s = _cpu_s(controller.pid) - before_s
        if seen["left"]:
            sys.exit(f"ingest: {which} left {seen['left']} events without a receipt")
        return Taken(seen["seconds"] / events, cpu_s / events), seen

    def overload(self, kind: str, seconds: float) -> Overload:
        """Send ours more than it can take, and look at its memory meanwhile."""
        with self._controller("ours", self.database(kind)) as controller:
            self.send("--events", "1")
            memory, done = [_memory_bytes(controller.pid)], threading.Event()

            def watch() -> None:
                while not done.wait(_LOOK_S):
                    memory.append(_memory_bytes(controller.pid))

            watching = threading.Thread(target=watch)
            watching.start()
            seen = self.send("--overload-s", str(seconds))
            done.set()
            watching.join()
        if seen["left"]:
            sys.exit("ingest: after the overload ours gave no receipt for an event that had not been sent before")
        return Overload(memory[0], tuple(memory[1:]), seen["sent"] / seconds)

    def send(self, *how: str) -> dict[str, Any]:
        """Send so many events, and wait for their receipts."""
        done = subprocess.run(self._loading(*how), check=True, stdout=subprocess.PIPE, text=True)
        seen: dict[str, Any] = json.loads(done.stdout)
        return seen

    @contextmanager
    def sending(self, events: int) -> Iterator[Callable[[], object]]:
        """A function that starts to send, and waits for no receipt."""
        started: list[subprocess.Popen[bytes]] = []
        command = self._loading("--events", str(events))
        yield lambda: started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL))
        for process in started:
            process.kill()
            process.wait()

    def _loading(self, *how: str) -> list[str]:
        where = ("localhost", str(self._port), str(self.papers), str(self._place / "load.pickle"))
        return [sys.executable, "-m", "benchmarks.ingest_load", *where, *how]

    @contextmanager
    def _controller(self, which: str, url: str) -> Iterator[Service]:
        settings = self._place / "fleet/controller/courier.toml"
        text = re.sub(r"database_url = .*", lambda _: f'database_url = "{url}"', settings.read_text())
        file = settings.with_name("bench.toml")
        file.write_text(text)
        log = self._place / f"{which}.log"
        log.write_text("")
        ours = (script("dipchip-fleet"), "courier", "--config", str(file))
        theirs = (sys.executable, "-m", "benchmarks.ingest_peers", which, str(file))
        words = ("broker_connected", "shards_taken") if which == "ours" else ("listening",)
        controller = Service(ours if which == "ours" else theirs, log=log).start()
        try:
            wait_until(lambda: all(word in log.read_text() for word in words), f"{which} listens", 120)
            yield controller
        finally:
            controller.stop()

    def _fill(self, url: str) -> None:
        engine = open_engine(url)
        upgrade(engine)
        with unit_of_work(engine) as connection:
            for kiosk in self.kiosks.values():
                register(connection, kiosk.registration(), 0)
        engine.dispose()

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _memory_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def some_kiosks(count: int) -> dict[str, WireKiosk]:
    """Kiosks with keys of their own."""
    relay = OpeningKey.generate(KeyId("relay#1")).public()
    return {name: WireKiosk(kiosk_id(name), relay) for name in (f"k-bench-{n}" for n in range(count))}


def prepared(kiosks: Sequence[WireKiosk], count: int) -> Load:
    """Signed, sealed and chained events, of the kiosks in turn."""
    events = []
    for n in range(count):
        kiosk = kiosks[n % len(kiosks)]
        _, message = kiosk.enrol()
        assert kiosk.head is not None  # noqa: S101 - it has just enrolled somebody
        events.append(Sent(kiosk.topic(Up.EVENT), message, kiosk.id, kiosk.head.stream, kiosk.head.seq))
    return Load(events, {kiosk.id: kiosk.shard for kiosk in kiosks})
