# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet import config
from fleet.devices.registry import REVOKED
from fleet.entrypoints import courier, operator, relay, web
from fleet.errors import ConfigError, FleetError
from fleet.store.session import open_engine, reading
from fleet.store.tables import kiosk
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
