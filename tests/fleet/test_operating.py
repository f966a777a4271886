# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select
from typer.testing import CliRunner

from fleet import audit, config
from fleet.devices.help_calls import HelpCalls
from fleet.devices.registry import REVOKED
from fleet.entrypoints import courier, helping, operator, relay, web
from fleet.entrypoints.cli import app
from fleet.errors import ConfigError, FleetError
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import device_state, kiosk
from tests.simulators.kiosk_wire import WireKiosk
from wire.envelope import encode
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fleet.config import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "receipt.jwk").write_text(json.dumps(SigningKey.generate(KeyId("controller#1")).jwk()))
    (tmp_path / "fleet.toml").write_text(
        'database_url = "sqlite:///fleet.db"\n'
        '[broker]\nhost = "127.0.0.1"\nca = "ca"\ncertificate = "crt"\nkey = "key"\n'
        '[courier_keys]\nreceipt = "receipt.jwk"\n'
        '[relay_keys]\nsealing = "s"\ntoken = "t"\nanswer = "a"\n'
        '[identity_provider]\nurl = "http://127.0.0.1:1"\n'
    )
    return config.read(tmp_path / "fleet.toml")


def _register(settings: Settings, tmp_path: Path, name: str = "udon-01") -> None:
    made = WireKiosk(kiosk_id(name), OpeningKey.generate(KeyId("relay#1")).public())
    file = tmp_path / "registration.json"
    file.write_bytes(encode(made.registration()))
    operator.register(settings, file)


def test_a_relative_database_lies_beside_its_settings(settings: Settings, tmp_path: Path) -> None:
    operator.migrate(settings)
    assert (tmp_path / "fleet.db").exists()


@pytest.mark.parametrize("run", [courier.run, relay.run, web.run], ids=["courier", "relay", "web"])
def test_no_process_starts_on_tables_that_are_not_there(run: Callable[[Settings], None], settings: Settings) -> None:
    with pytest.raises(ConfigError, match="dipchip-fleet migrate"):
        run(settings)


def test_a_revoked_kiosk_is_believed_no_longer_and_stays_revoked(settings: Settings, tmp_path: Path) -> None:
    operator.migrate(settings)
    _register(settings, tmp_path)
    for _ in range(2):
        operator.revoke(settings, "udon-01")
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        assert connection.execute(select(kiosk.c.status)).scalar_one() == REVOKED
    engine.dispose()
    with pytest.raises(FleetError, match="was revoked"):
        _register(settings, tmp_path)


@pytest.mark.parametrize("name", ["loei-01", "NOT/A-NAME"])
def test_revoking_a_kiosk_that_is_not_there_says_so(settings: Settings, name: str) -> None:
    operator.migrate(settings)
    with pytest.raises(FleetError, match="label"):
        operator.revoke(settings, name)


def _calls_for_help(settings: Settings, call: str | None = "1" * 32) -> None:
    now_ms = time.time_ns() // 1_000_000
    calls = HelpCalls()
    calls.heard(kiosk_id("udon-01"), call, now_ms)
    engine = open_engine(settings.database_url)
    with unit_of_work(engine) as connection:
        connection.execute(delete(device_state))
        connection.execute(device_state.insert().values(kiosk="udon-01", seen_ms=now_ms, screen="ok"))
        calls.write(connection)
    engine.dispose()


def _told(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_call_for_help_is_listed_and_acknowledged_and_the_log_keeps_no_name(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.migrate(settings)
    _register(settings, tmp_path)
    helping.show(settings)
    assert _told(capsys) == []
    _calls_for_help(settings)
    helping.show(settings)
    (waiting,) = _told(capsys)
    assert (waiting["kiosk"], waiting["standing"], waiting["name"]) == ("udon-01", "waiting", None)

    helping.acknowledge(settings, "udon-01", " สมชาย ", 3)
    helping.show(settings)
    done, listed = _told(capsys)
    assert done == {"kiosk": "udon-01", "standing": "acknowledged", "minutes": 3}
    assert (listed["standing"], listed["name"]) == ("acknowledged", "สมชาย")

    _calls_for_help(settings, None)
    helping.show(settings)
    assert _told(capsys) == []
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        last = list(audit.entries(connection))[-1]
    engine.dispose()
    assert (last.act, last.subject, last.detail) == ("help.acknowledged", "udon-01", {"minutes": 3})
    assert all("สมชาย".encode() not in file.read_bytes() for file in tmp_path.glob("fleet.db"))


def test_a_name_that_is_left_out_is_asked_for_so_that_no_shell_keeps_it(settings: Settings, tmp_path: Path) -> None:
    operator.migrate(settings)
    _register(settings, tmp_path)
    _calls_for_help(settings)
    words = ["help", "acknowledge", "udon-01", "--minutes", "5", "--config", str(tmp_path / "fleet.toml")]
    done = CliRunner().invoke(app, words, input="พยาบาล Wanpen\n", catch_exceptions=False)
    assert json.loads(done.stdout.splitlines()[-1]) == {"kiosk": "udon-01", "standing": "acknowledged", "minutes": 5}
    listed = CliRunner().invoke(app, ["help", "list", "--config", str(tmp_path / "fleet.toml")])
    assert json.loads(listed.stdout)["name"] == "พยาบาล Wanpen"


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("NOT/A-NAME", "สมชาย", "label"),
        ("udon-01", "สมชาย 1234", "a first name or a role"),
        ("udon-01", "\x1b[31mred", "a first name or a role"),
        ("udon-02", "สมชาย", "nobody waits"),
    ],
)
def test_what_cannot_be_acknowledged_says_why_and_changes_nothing(
    settings: Settings, tmp_path: Path, name: str, typed: str, says: str
) -> None:
    operator.migrate(settings)
    _register(settings, tmp_path)
    _calls_for_help(settings)
    with pytest.raises(FleetError, match=says):
        helping.acknowledge(settings, name, typed, 3)
    engine = open_engine(settings.database_url)
    with reading(engine) as connection:
        assert [entry.act for entry in audit.entries(connection)] == ["kiosk.registered"]
    engine.dispose()
