# SPDX-License-Identifier: Apache-2.0
"""One fleet with two kiosks for all tests of this room, made by the command line, and its broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from provisioning.cli import app
from tests.simulators.broker import Mosquitto, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MINE, OTHER = "k-mine", "k-other"


@dataclass(frozen=True, slots=True)
class Made:
    """A provisioned fleet on disk."""

    place: Path
    port: int

    @property
    def fleet(self) -> Path:
        return self.place / "fleet"

    def kiosk(self, name: str) -> Path:
        return self.place / name

    def make_kiosk(self, name: str) -> Path:
        run("kiosk", self.fleet, "--id", name, "--facility", "10670", "--province", "41", "--out", self.kiosk(name))
        return self.kiosk(name)


def run(*arguments: object) -> str:
    """Run `dipchip-provision`; what it said."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def make_fleet(place: Path, *more: str) -> Made:
    made = Made(place, free_port())
    addresses = ("--broker-host", "localhost", "--broker-port", str(made.port), "--idp-url", "http://127.0.0.1:9")
    run("fleet", made.fleet, *addresses, "--database-url", "sqlite:///fleet.db", *more)
    return made


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    made = make_fleet(tmp_path_factory.mktemp("provisioned"))
    made.make_kiosk(MINE)
    made.make_kiosk(OTHER)
    return made


@pytest.fixture(scope="session")
def broker(made: Made) -> Iterator[Mosquitto]:
    with Mosquitto(made.fleet / "broker") as running:
        yield running
