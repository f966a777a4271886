# SPDX-License-Identifier: Apache-2.0
"""The road of events without people: real broker, controller, HTTPS door and kiosks' couriers, each its own process.

What a screen would file is filed into a kiosk's store with that kiosk's own keys. Every part can be killed and started.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from sqlalchemy import func, select

from fleet.store.session import open_engine, reading
from fleet.store.tables import event
from kiosk import config
from kiosk.records.diagnosis import diagnosis
from kiosk.records.orders import Machine, Orders
from kiosk.store import outbox
from kiosk.store.database import Store
from provisioning import roots
from provisioning.files import Report
from tests.simulators.broker import Mosquitto, free_port
from tests.simulators.commands import run_here
from tests.simulators.kiosk_wire import WireKiosk, identity_record
from tests.simulators.nginx import nginx
from tests.simulators.services import Service, ServiceError, script, wait_until
from wire.asks import identity_info
from wire.envelope import digest, encode, split
from wire.ids import kiosk_id, new_event_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from types import TracebackType

PATIENCE_S = 120.0
_PASSPHRASE = "only for tests, of course"  # noqa: S105 - of keys that live as long as a test


class Kiosk:
    """A provisioned kiosk: its folder, its courier's process, and the hand that files."""

    def __init__(self, folder: Path, logs: Path, env: Mapping[str, str] | None = None) -> None:
        """Read its settings and keys; nothing is started. `env` is what its unit sets besides."""
        self.folder = folder
        self.name = folder.name
        settings = config.read(folder / "kiosk.toml")
        self._store = settings.store
        self._hand = WireKiosk(kiosk_id(self.name), config.read_trust(settings.trust).sealing())
        self._hand.key = config.read_signing_key(settings.event_key)
        self._hand.courier_key = config.read_signing_key(settings.courier_key)
        self.log = logs / f"{self.name}.log"
        command = [script("dipchip-kiosk"), "courier", "--config", str(folder / "kiosk.toml")]
        self.courier = Service(command, log=self.log, env=env)

    def file(self, count: int, *, age_ms: int = 0) -> list[str]:
        """File so many events, as long ago as told; their ids in order."""
        with closing(Store(self._store)) as store:
            return [self._file(store, age_ms) for _ in range(count)]

    def _file(self, store: Store, age_ms: int) -> str:
        now_ms = time.time_ns() // 1_000_000 - age_ms
        event_id = new_event_id(now_ms)
        attachment = self._hand.seals_to.seal(encode(identity_record()), identity_info(self._hand.id, event_id))

        def sign(_link: object) -> tuple[bytes, bytes]:
            signed, _ = split(self._hand.sign(self._hand.body(attachment, event_id), attachment))
            return signed, digest(signed)

        outbox.append(
            store, event=event_id, stream=self._hand.stream, attachment=attachment, filed_ms=now_ms, sign=sign
        )
        return event_id

    @contextmanager
    def screen(self) -> Iterator[Orders]:
        """Orders as its screen's process takes them, while nobody is served."""
        trust = config.read_trust(self.folder / "trust.json")
        machine = Machine(lambda: diagnosis(store, "0.1.0"), renews=True)
        with closing(Store(self._store)) as store:
            kiosk, key = kiosk_id(self.name), self._hand.key
            yield Orders(store=store, kiosk=kiosk, key=key, believes=trust.receipts(), machine=machine)

    def waiting(self) -> int:
        """How many of its events no receipt has settled."""
        with closing(Store(self._store)) as store:
            return outbox.depth(store).count

    def held(self) -> list[str]:
        """The events that are still on the card."""
        with closing(Store(self._store)) as store, store.reading() as connection:
            return [row[0] for row in connection.execute("SELECT id FROM event ORDER BY position")]

    def said(self, what: str) -> int:
        """How often its courier's log says something."""
        return self.log.read_text(encoding="utf-8").count(what) if self.log.exists() else 0


class Province:
    """As a context manager its broker and controller run from entry to exit; kiosks are started by the test."""

    def __init__(self, directory: Path, *, database_url: str | None = None, https: bool = False) -> None:
        """Make the folders and the tables."""
        self.fleet = directory / "fleet"
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True)
        self.database_url = database_url or f"sqlite:///{self.fleet / 'fleet.db'}"
        self.https_port = free_port() if https else None
        self._directory = directory
        self._stack = ExitStack()
        self._made_with = self._options()
        self._provision(*self._made_with)
        self.operate("migrate")
        self.broker = Mosquitto(self.fleet / "broker")
        self.courier = self._process("courier")
        self.door = self._process("door")

    def _options(self) -> tuple[str, ...]:
        """What the fleet's folder is made with, each time."""
        https = self.https_port is not None
        door = ("--https-host", "localhost", "--https-port", str(self.https_port)) if https else ()
        reached = ("fleet", str(self.fleet), "--broker-host", "localhost", "--broker-port", str(free_port()))
        return (*reached, "--database-url", self.database_url, "--idp-url", "http://127.0.0.1:9", *door)

    def kiosk(self, name: str) -> Kiosk:
        """A kiosk that is provisioned and registered."""
        folder = self._directory / name
        place = ("--facility", "10670", "--province", "41")
        self._provision("kiosk", str(self.fleet), "--id", name, *place, "--out", str(folder))
        self.operate("register", str(folder / "registration.json"))
        made = Kiosk(folder, self.logs)
        self._stack.callback(made.courier.stop)
        return made

    def sign_roots(self) -> None:
        """Have two of three people sign whom kiosks believe, and the folder made with that."""
        keys = [self._directory / f"root-{name}.key" for name in "abc"]
        now = datetime.now(UTC).replace(microsecond=0)
        for key in keys:
            roots.make_key(key, _PASSPHRASE, Report())
        public = [key.with_name(f"{key.name}.public.json") for key in keys]
        draft, _ = roots.draft(self.fleet, public, timedelta(days=365), now, Report())
        for key in keys[:2]:
            roots.sign(draft, key, _PASSPHRASE, Report())
        roots.assemble(self.fleet, [draft], now, Report())
        self.make_again()

    def make_again(self) -> None:
        """Make the fleet's folder again, as somebody does who has signed something for it."""
        self._provision(*self._made_with)

    def operate(self, command: str, *rest: str) -> None:
        """Run one of the operator's commands on the controller's settings."""
        settings = self.fleet / "controller" / "courier.toml"
        run_here(("dipchip-fleet", command, *rest, "--config", str(settings)))

    def ledger(self) -> list[str]:
        """Every event that the controller holds."""
        engine = open_engine(self.database_url)
        with reading(engine) as connection:
            ids = list(connection.execute(select(event.c.id)).scalars())
        engine.dispose()
        return ids

    def count(self) -> int:
        """How many events the controller holds."""
        engine = open_engine(self.database_url)
        with reading(engine) as connection:
            n: int = connection.execute(select(func.count()).select_from(event)).scalar_one()
        engine.dispose()
        return n

    def wait_until_settled(self, *kiosks: Kiosk) -> None:
        """Wait until a receipt has settled each event of these kiosks."""
        try:
            wait_until(lambda: not any(each.waiting() for each in kiosks), "every event has its receipt", PATIENCE_S)
        except ServiceError as error:
            error.add_note("\n".join(part.explain() for part in (self.courier, *(each.courier for each in kiosks))))
            raise

    def _process(self, name: str) -> Service:
        settings = self.fleet / "controller" / f"{name}.toml"
        return Service([script("dipchip-fleet"), name, "--config", str(settings)], log=self.logs / f"{name}.log")

    def _provision(self, *words: str) -> None:
        run_here(("dipchip-provision", *words))

    def __enter__(self) -> Self:
        """Start the broker, the courier, and the door with its proxy where there is one."""
        try:
            for part in (self.broker, self.courier):
                self._stack.callback(part.stop)
                part.start()
            if self.https_port is not None:
                self._stack.callback(self.door.stop)
                self.door.start()
                wait_until((self.fleet / "door/door.sock").is_socket, "the door opens")
                self.proxy = nginx(self.fleet / "door", self.https_port)
                self._stack.callback(self.proxy.stop)
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._stack.close()
