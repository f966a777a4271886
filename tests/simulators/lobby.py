# SPDX-License-Identifier: Apache-2.0
"""A whole province in one folder: real broker, controller, relay, console, identity provider's sandbox, and one kiosk.

Every process of the product is its own console script, and so are its commands where `scripts` says so. The reader is
a real pcscd with a virtual card, the camera a video, the screen a real terminal. Not every journey needs the console.
"""

from __future__ import annotations

import json
import urllib.request
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from kiosk.store import noticeboard, outbox
from kiosk.store.database import Store
from tests.simulators.broker import Mosquitto, free_port
from tests.simulators.commands import run_here
from tests.simulators.patient import Citizen, Patient
from tests.simulators.pcscd import PcscDaemon
from tests.simulators.scene import Scene
from tests.simulators.services import Service, script, wait_until
from tests.simulators.terminal import Terminal
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

    from tests.simulators.people import PersonId

KIOSK = "k-udon-01"
FACILITY = "10670"
PROVINCE = "41"
_HTTP_S = 10.0


class Lobby:
    """As a context manager it runs from entry to exit. The parts are public, so that a test can kill any of them."""

    def __init__(  # noqa: PLR0913 - each is one choice of a demo or a test
        self,
        directory: Path,
        *,
        clips: Path,
        database_url: str | None = None,
        web_port: int | None = None,
        camera: str | None = None,
        activate_after_s: float = 2.0,
        size: tuple[int, int] = (80, 24),
        scripts: bool = False,
        console: bool = True,
    ) -> None:
        """Prepare the folders; nothing is started but what makes them."""
        self.directory = directory
        self._scripts = scripts
        self._console = console
        self.fleet = directory / "fleet"
        self.kiosk = directory / KIOSK
        self.logs = directory / "logs"
        self.logs.mkdir(parents=True)
        self.scene = Scene(directory / "scene", clips)
        self.reader = PcscDaemon(directory / "pcsc")
        self._stack = ExitStack()
        idp_port = free_port()
        self.camera = ("--camera", camera or f"file:{self.scene.camera}")
        self._provision(
            database_url or f"sqlite:///{self.fleet / 'fleet.db'}",
            idp_url=f"http://127.0.0.1:{idp_port}",
            web_port=web_port or free_port(),
        )
        self.idp = self._service(
            "idp-sandbox",
            script("dipchip-fleet"),
            *("idp-sandbox", str(directory / "idp-sandbox.db")),
            *("--port", str(idp_port), "--activate-after-s", str(activate_after_s)),
        )
        self.broker = Mosquitto(self.fleet / "broker")
        self.courier = self._fleet("courier")
        self.relay = self._fleet("relay")
        self.web = self._fleet("web")
        self.kiosk_courier = self._service(
            "kiosk-courier", script("dipchip-kiosk"), "courier", "--config", str(self.kiosk / "kiosk.toml")
        )
        self.terminal = Terminal(
            [
                script("dipchip-kiosk"),
                "ui",
                "--config",
                str(self.kiosk / "kiosk.toml"),
                "--log",
                str(self.logs / "kiosk-ui.log"),
            ],
            env=self.reader.env,
            size=size,
        )
        self.address = ""

    def _provision(self, database_url: str, *, idp_url: str, web_port: int) -> None:
        provision = script("dipchip-provision")
        self._run(
            "provision-fleet",
            *(provision, "fleet", str(self.fleet), "--broker-host", "127.0.0.1", "--broker-port", str(free_port())),
            *("--database-url", database_url, "--idp-url", idp_url, "--web-port", str(web_port)),
            "--open-console",
        )
        self.provision_kiosk(KIOSK, FACILITY, PROVINCE, self.kiosk, *self.camera)

    def provision_kiosk(self, name: str, facility: str, province: str, out: Path, *more: str) -> None:
        """Make one kiosk's folder."""
        self._run(
            f"provision-{name}",
            *(script("dipchip-provision"), "kiosk", str(self.fleet), "--id", name, "--facility", facility),
            *("--province", province, "--out", str(out), *more),
        )

    def _service(self, name: str, *command: str) -> Service:
        return Service(command, log=self.logs / f"{name}.log")

    def _fleet(self, name: str) -> Service:
        config = self.fleet / "controller" / f"{name}.toml"
        return self._service(f"fleet-{name}", script("dipchip-fleet"), name, "--config", str(config))

    def _run(self, name: str, *command: str) -> None:
        if self._scripts:
            self._service(name, *command).run()
        else:
            run_here(command)

    def operate(self, *words: str, settings: str = "courier") -> None:
        """Run one of the operator's commands on the settings of one of the controller's processes."""
        config = self.fleet / "controller" / f"{settings}.toml"
        self._run(f"operator-{words[0]}", script("dipchip-fleet"), *words, "--config", str(config))

    def __enter__(self) -> Self:
        """Start everything, the screen last."""
        stack = self._stack
        try:
            self.operate("migrate")
            self.operate("register", str(self.kiosk / "registration.json"))
            stack.enter_context(self.reader)
            self.card = stack.enter_context(VpcdCard(self.reader.vpcd_port))
            stack.callback(self.broker.stop)
            self.broker.start()
            for service in self.services:
                stack.callback(service.stop)
                service.start()
            if self._console:
                self.address = str(self.web.first_line()["web"])
            stack.callback(self.terminal.stop)
            self.terminal.start()
        except BaseException:
            stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop everything."""
        self._stack.close()

    @contextmanager
    def also(self, name: str) -> Iterator[None]:
        """Run one more of the controller's processes."""
        service = self._fleet(name)
        service.start()
        try:
            yield
        finally:
            service.stop()

    @property
    def services(self) -> tuple[Service, ...]:
        """The processes that are neither broker nor screen."""
        console = (self.web,) if self._console else ()
        return (self.idp, self.courier, self.relay, *console, self.kiosk_courier)

    def patient(self, citizen: Citizen, face: PersonId | None = None) -> Patient:
        """A citizen before this kiosk, with their own face unless another is given."""
        return Patient(
            terminal=self.terminal, card=self.card, scene=self.scene, citizen=citizen, face=face or citizen.face
        )

    def ask(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """The console's answer under `/api/v1`."""
        with urllib.request.urlopen(f"{self.address}api/v1/{path}", timeout=_HTTP_S) as answer:  # noqa: S310
            return json.load(answer)

    def wait_for_link(self) -> None:
        """Wait until the kiosk's courier has heard from the controller."""
        wait_until(lambda: self.kiosk_told().get("link") == "up", "the kiosk has a link")

    def kiosk_told(self) -> dict[str, str]:
        """What the kiosk's processes tell each other."""
        with closing(Store(self.kiosk / "store.db")) as store:
            return {name: notice.value for name, notice in noticeboard.read(store).items()}

    def kiosk_books(self) -> Books:
        """The kiosk's own account."""
        with closing(Store(self.kiosk / "store.db")) as store, store.reading() as connection:
            filed = connection.execute("SELECT COUNT(*) FROM event").fetchone()[0]
            return Books(filed=filed, waiting=outbox.depth(store).count, endings=noticeboard.endings(store))


@dataclass(frozen=True, slots=True)
class Books:
    """What a kiosk has filed, what still waits for a receipt, and how its sessions ended."""

    filed: int
    waiting: int
    endings: dict[str, int]
