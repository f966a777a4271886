# SPDX-License-Identifier: Apache-2.0
"""Two people go through the whole road; afterwards nothing anywhere names them, in any of a hundred disguises."""

from __future__ import annotations

import os
import ssl
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.simulators.canary import Canary
from tests.simulators.lobby import FACILITY, PROVINCE, Lobby
from tests.simulators.patient import CITIZENS, FINDER, OWNER_OF_A_LOST_CARD, Citizen
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

EAVESDROPPER = "eavesdropper"
PEOPLE = (CITIZENS[0], OWNER_OF_A_LOST_CARD)
PAGES = (
    "coverage?figures=proxy-test",
    f"coverage/{PROVINCE}?figures=proxy-test",
    "funnel?figures=proxy-test",
    "devices",
)


class Capture:
    """Everything that passes the broker, as somebody who owns the broker sees it."""

    def __init__(self, lobby: Lobby) -> None:
        papers = lobby.directory / EAVESDROPPER
        lobby.provision_kiosk(EAVESDROPPER, FACILITY, PROVINCE, papers)
        with (lobby.fleet / "broker" / "acl").open("a") as acl:
            acl.write(f"\nuser {EAVESDROPPER}\ntopic read #\n")
        self.file = lobby.directory / "capture.bin"
        self._papers = papers
        self.topics: set[str] = set()

    def start(self, port: int) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=EAVESDROPPER, protocol=MQTTProtocolVersion.MQTTv5)
        context = ssl.create_default_context(cafile=str(self._papers / "tls" / "ca.pem"))
        context.load_cert_chain(str(self._papers / "tls" / "kiosk.crt"), str(self._papers / "tls" / "kiosk.key"))
        client.tls_set_context(context)
        client.on_message = self._heard
        client.on_connect = self._connected
        client.connect("127.0.0.1", port)
        client.loop_start()
        return client

    def _connected(self, client: Client, *_: object) -> None:
        client.subscribe("#", qos=1)

    def _heard(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        self.topics.add(message.topic.rpartition("/")[2])
        with self.file.open("ab") as out:
            out.write(message.topic.encode() + b"\n" + bytes(message.payload) + b"\n")


@pytest.fixture(scope="module")
def afterwards(place: Path, clips: Path) -> Iterator[Lobby]:
    """A lobby in which one person has enrolled and another's card was refused."""
    lobby = Lobby(place / "canaries", clips=clips)
    capture = Capture(lobby)
    with lobby:
        client = capture.start(lobby.broker.port)
        lobby.wait_for_link()
        lobby.patient(PEOPLE[0]).visit()
        lobby.patient(PEOPLE[1], FINDER).visit()
        wait_until(lambda: lobby.ask("funnel?figures=proxy-test")["total"]["activated"] == 1, "one person is active")
        wait_until(lambda: {"event", "ask", "receipt", "answer"} <= capture.topics, "the capture has every kind")
        for number, page in enumerate(PAGES):
            with urllib.request.urlopen(f"{lobby.address}{page}", timeout=10) as answer:  # noqa: S310 - loopback
                (lobby.directory / f"page-{number}.html").write_bytes(answer.read())
        yield lobby
        client.disconnect()
        client.loop_stop()


@pytest.mark.parametrize("citizen", PEOPLE, ids=["enrolled", "refused"])
def test_nobody_is_named_in_any_database_store_log_page_or_capture(afterwards: Lobby, citizen: Citizen) -> None:
    canary = Canary.of(citizen)
    canary.prove()
    searched = {path.suffix for path in afterwards.directory.rglob("*") if path.is_file()}
    assert {".db", ".log", ".bin", ".html"} <= searched
    assert canary.scan_tree(afterwards.directory) == []


def test_the_scanner_finds_what_is_planted_beside_them(afterwards: Lobby) -> None:
    canary = Canary.of(PEOPLE[0])
    planted = afterwards.logs / "planted.log"
    planted.write_text(f"a careless line with {PEOPLE[0].holder().citizen_number}\n", encoding="utf-8")
    try:
        assert [finding.path for finding in canary.scan_tree(afterwards.directory)] == [planted]
    finally:
        planted.unlink()


@pytest.mark.parametrize("citizen", PEOPLE, ids=["enrolled", "refused"])
def test_the_memory_of_every_process_that_goes_on_names_nobody(afterwards: Lobby, citizen: Citizen) -> None:
    """All but the relay, which alone may open an identity, and the sandbox, which plays the ministry.

    The screen process has shown title and first name, and freed memory may still hold them (docs/adr/0001).
    """
    if os.geteuid() != 0:
        pytest.skip("reading another process's memory needs root")
    names = {name: Canary.of(citizen) for name in ("kiosk-courier", "fleet-courier", "fleet-web")}
    pids = {service.name: service.pid for service in afterwards.services}
    found = {name: canary.scan_bytes(_memory(pids[name])) for name, canary in names.items()}
    holder = citizen.holder()
    unshown = Canary(
        number=holder.citizen_number, names=[holder.name_th[3], holder.name_en[3]], portrait=holder.portrait_jpeg
    )
    found["kiosk-ui"] = unshown.scan_bytes(_memory(afterwards.terminal.pid))
    assert found == {name: [] for name in found}


def _memory(pid: int) -> bytes:
    """The private, writable memory of a process."""
    content = bytearray()
    process = Path("/proc") / str(pid)
    with (process / "maps").open(encoding="utf-8") as maps, (process / "mem").open("rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw") or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = (int(edge, 16) for edge in span.split("-"))
            try:
                memory.seek(start)
                content += memory.read(end - start)
            except OSError:
                continue
    return bytes(content)
