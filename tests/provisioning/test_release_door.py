# SPDX-License-Identifier: Apache-2.0
"""A kiosk's folder says whose releases it believes, and the real nginx of the fleet's door gives them out."""

from __future__ import annotations

import http.client
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk import config
from kiosk.update.offers import Asker, offered
from kiosk.update.sources import HttpsSource
from provisioning.errors import ProvisioningError
from tests.provisioning.conftest import make_fleet, run
from tests.simulators.broker import free_port
from tests.simulators.nginx import nginx
from tests.simulators.release_keepers import CHANNEL, PLATFORM, ReleaseKeepers

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

SITE = ("--id", "k-one", "--facility", "10670", "--province", "41")


@pytest.fixture(scope="module")
def keepers(tmp_path_factory: pytest.TempPathFactory) -> ReleaseKeepers:
    made = ReleaseKeepers(tmp_path_factory.mktemp("keepers"), tmp_path_factory.mktemp("home"))
    made.release("0.2.0")
    return made


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, port: int) -> Path:
    return make_fleet(tmp_path_factory.mktemp("fleet"), "--https-host", "localhost", "--https-port", str(port)).fleet


def test_a_kiosk_fetches_a_release_from_the_fleets_door(
    fleet: Path, keepers: ReleaseKeepers, port: int, tmp_path: Path
) -> None:
    root = keepers.places.metadata / "1.root.json"
    run("kiosk", fleet, *SITE, "--out", tmp_path / "one", "--release-root", root)
    updates = config.read(tmp_path / "one" / "kiosk.toml").updates
    assert updates.repository == f"https://localhost:{port}/releases"
    assert updates.root is not None
    (fleet / "door" / "releases").symlink_to(keepers.repository)
    service = nginx(fleet / "door", port)
    try:
        context = ssl.create_default_context(cafile=str(updates.ca))
        source = HttpsSource(updates.repository, context)
        asker = Asker(
            updates.root.read_bytes(), tmp_path / "believed", CHANNEL, PLATFORM, datetime.fromtimestamp(0, UTC)
        )
        offer = offered(source, asker)
        assert offer is not None
        assert offer.bundle.version == "0.2.0"
        source.bring(offer.file, offer.path, tmp_path / "fetched")
        line = http.client.HTTPSConnection("localhost", port, context=context)
        for method, path, status in (("GET", "/releases/../ca-clients.pem", 404), ("POST", "/releases/x", 403)):
            line.request(method, path)
            answer = line.getresponse()
            answer.read()
            assert answer.status == status
        line.close()
    finally:
        service.stop()


def test_a_kiosk_whose_maker_names_no_root_installs_nothing(fleet: Path, tmp_path: Path) -> None:
    run("kiosk", fleet, "--id", "k-two", *SITE[2:], "--out", tmp_path / "two")
    updates = config.read(tmp_path / "two" / "kiosk.toml").updates
    assert (updates.root, updates.repository) == (None, "")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--release-root", "timestamp.json", "is no root"),
        ("--releases", "http://door.example", "must be an https address"),
        ("--channel", "root", "no role of the framework"),
    ],
)
def test_what_a_kiosk_would_not_believe_is_not_written(
    fleet: Path, keepers: ReleaseKeepers, tmp_path: Path, option: str, value: str, said: str
) -> None:
    given = keepers.places.metadata / value if option == "--release-root" else value
    with pytest.raises(ProvisioningError, match=said):
        run("kiosk", fleet, "--id", "k-three", *SITE[2:], "--out", tmp_path / "three", option, given)
