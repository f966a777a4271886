# SPDX-License-Identifier: Apache-2.0
"""Whoever may not read a kiosk's key and store is told so: it is neither well nor a fault."""

from __future__ import annotations

import errno
import os
import shutil
import ssl
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.courier import network_check, papers
from kiosk.findings import Code, Level, Part
from kiosk.machine import disk
from kiosk.machine.kernel import Kernel
from kiosk.store import checkup
from kiosk.store.database import Store
from tests.kiosk.courier.fleets import fleet_with_a_kiosk, settings_of
from tests.provisioning.conftest import MINE
from tests.simulators.broker import Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOBODY = 65_534


@contextmanager
def somebody_else() -> Iterator[None]:
    """Without root's rights; whoever runs the tests without them has none to lose."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def _denied(*_: object, **__: object) -> None:
    raise PermissionError(errno.EACCES, "Permission denied")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder below which everybody may look: pytest's own are their owner's only."""
    made = Path(tempfile.mkdtemp(prefix="dc-"))
    made.chmod(0o755)
    yield made
    for folder in made.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o700)
    shutil.rmtree(made)


def test_a_store_and_its_disk_that_are_not_yours_are_unknown(place: Path) -> None:
    store = place / "kept" / "store.db"
    store.parent.mkdir()
    Store(store).close()
    store.chmod(0)
    with somebody_else():
        found = checkup.examine(store, 0, time.monotonic)
        assert (found.code, found.level) == (Code.NOT_PERMITTED, Level.UNKNOWN)
    store.parent.chmod(0)
    with somebody_else():
        for found in (checkup.examine(store, 0, time.monotonic), disk.examine(store.parent / "in" / "it", Kernel())):
            assert (found.code, found.level) == (Code.NOT_PERMITTED, Level.UNKNOWN)
        assert checkup.told(store) == {}


@pytest.mark.real
def test_a_key_that_is_not_yours_is_unknown_and_the_way_ends_where_it_is_needed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fleet_with_a_kiosk(place)
    broker = settings_of(made).broker
    folder = made.kiosk(MINE)
    for each in (folder, folder / "tls"):
        each.chmod(0o755)
    broker.ca.chmod(0o644)
    broker.certificate.chmod(0o644)
    broker.key.chmod(0)
    with somebody_else():
        found = papers.examine(broker, MINE, datetime.now(UTC))
    # The way is gone in threads, and none may begin while this process is somebody else: so OpenSSL's word is played.
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", _denied)
    with Mosquitto(made.fleet / "broker"):
        way = network_check.to_broker(broker)
    assert (found.part, found.code, found.level) == (Part.CERTIFICATES, Code.NOT_PERMITTED, Level.UNKNOWN)
    assert found.technician == "kiosk.key: not yours to read."
    assert [step.code for step in way.steps] == ["ok", "ok", "ok", Code.NOT_PERMITTED]
    assert network_check.judged((way,)).level is Level.UNKNOWN
