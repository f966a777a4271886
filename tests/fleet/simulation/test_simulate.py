# SPDX-License-Identifier: Apache-2.0
"""A fleet in a box on the real parts: Mosquitto with mutual TLS, the courier's own process, a SQLite file."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fleet.config import read as read_settings
from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.devices.registry import register
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import alarm, enrollment, event, refusal
from tests.provisioning.conftest import make_fleet, run
from tests.simulators.broker import Mosquitto, free_port
from tests.simulators.kiosk_wire import WireKiosk
from tests.simulators.services import Service, script
from wire.events import Profile
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.provisioning.conftest import Made

pytestmark = pytest.mark.real

KIOSKS = 50


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = make_fleet(tmp_path_factory.mktemp("box"))
    run("simulated", made.fleet, "--kiosks", KIOSKS, "--out", made.place / "sim")
    with config(made).open("a") as settings:
        settings.write(f"\n[metrics]\nport = {free_port()}\n")
    subprocess.run([script("dipchip-fleet"), "migrate", "-c", str(config(made))], check=True)
    return made


@pytest.fixture(scope="module")
def controller(made: Made) -> Iterator[Engine]:
    with Mosquitto(made.fleet / "broker"):
        courier = Service((script("dipchip-fleet"), "courier", "-c", str(config(made))), log=made.place / "courier.log")
        courier.start()
        engine = open_engine(f"sqlite:///{made.fleet / 'controller/fleet.db'}")
        yield engine
        engine.dispose()
        courier.stop()


def config(made: Made) -> Path:
    return made.fleet / "controller" / "courier.toml"


def simulate(made: Made, *more: str) -> subprocess.CompletedProcess[str]:
    command = [script("dipchip-fleet"), "simulate", "-c", str(config(made)), "--papers", str(made.place / "sim")]
    return subprocess.run([*command, *more], capture_output=True, text=True, timeout=300, check=False)


def scraped(made: Made) -> str:
    metrics = read_settings(config(made)).metrics
    assert metrics is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics.port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def figures(said: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)\b", said.splitlines()[-1])}


def test_each_event_of_fifty_kiosks_gets_its_receipt_and_stands_in_the_ledger_once(
    made: Made, controller: Engine
) -> None:
    done = simulate(made, "--kiosks", str(KIOSKS), "--events-per-s", "40", "--seconds", "5", "--settle-s", "200")
    assert done.returncode == 0, done.stdout + done.stderr
    said = figures(done.stdout)
    assert said["captured"] == said["receipted"] == said["committed"] > 0
    assert "never an official figure" in done.stdout
    assert f'dipchip_ingest_settled_total{{outcome="accept"}} {said["committed"]}.0' in scraped(made)
    with reading(controller) as connection:
        profiles = connection.execute(select(enrollment.c.profile).distinct()).scalars().all()
    assert profiles == ["test"]


def test_whatever_fails_no_event_is_lost_or_counted_twice_and_nobody_is_alarmed(made: Made, controller: Engine) -> None:
    wrong = ("--faults", "drop,duplicate,restart,offline", "--fault-every-s", "10")
    many = ("--kiosks", str(KIOSKS), "--events-per-s", "20", "--seconds", "15", "--settle-s", "200")
    done = simulate(made, *many, *wrong)
    assert done.returncode == 0, done.stdout + done.stderr
    said = figures(done.stdout)
    assert said["captured"] == said["receipted"] == said["committed"] > 0
    assert said["sent"] > said["captured"]
    with reading(controller) as connection:
        assert connection.execute(select(func.count()).select_from(alarm)).scalar() == 0
        assert connection.execute(select(func.count()).select_from(refusal)).scalar() == 0
        streams = connection.execute(select(func.count(event.c.stream.distinct()))).scalar()
    assert streams is not None
    assert streams > KIOSKS


def test_a_controller_with_live_enrolments_is_left_alone(made: Made) -> None:
    file = config(made).with_name("live.toml")
    file.write_text(config(made).read_text().replace("fleet.db", "live.db"))
    subprocess.run([script("dipchip-fleet"), "migrate", "-c", str(file)], check=True)
    engine = open_engine(f"sqlite:///{file.with_name('live.db')}")
    kiosk = WireKiosk(kiosk_id("k-real"), OpeningKey.generate(KeyId("relay#1")).public())
    with unit_of_work(engine) as connection:
        register(connection, kiosk.registration(), 1)
    message = Incoming(kiosk.topic(Up.EVENT), kiosk.enrol(profile=Profile.LIVE)[1], 1)
    assert Committer(engine, SigningKey.generate(KeyId("controller#1")), lambda: 1).take([message])
    engine.dispose()
    done = simulate(made, "-c", str(file), "--kiosks", "1", "--seconds", "1")
    assert done.returncode == 2
    assert "live enrolments" in done.stderr


def test_a_real_kiosks_folder_is_refused(made: Made, tmp_path: Path) -> None:
    run("kiosk", made.fleet, "--id", "k-1", "--facility", "10670", "--province", "41", "--out", tmp_path / "a/k-1")
    done = simulate(made, "--papers", str(tmp_path / "a"), "--kiosks", "1")
    assert done.returncode == 2
    assert "real kiosk" in done.stderr
