# SPDX-License-Identifier: Apache-2.0
"""A kiosk's figures for whoever watches it from beside it: what its courier did, and how it is."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from kiosk.courier import metrics
from kiosk.courier.delivery import Counts, Delivery, Keys
from kiosk.courier.heartbeat import distress, heartbeat
from tests.kiosk.conftest import KIOSK, World
from tests.kiosk.courier.conftest import SHARD
from tests.kiosk.courier.test_delivery import RECEIPTS, _filed, _receipt
from tests.simulators.province import Province
from tests.simulators.services import wait_until
from wire.signing import SigningKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.records.filing import Filing
    from kiosk.store.database import Store
    from wire.hello import Heartbeat


def told(file: Path) -> dict[tuple[str, ...], float]:
    """The figures by name and label values, as Prometheus reads them."""
    families = text_string_to_metric_families(file.read_text(encoding="utf-8"))
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def written(folder: Path, counts: Counts, now: Heartbeat) -> dict[tuple[str, ...], float]:
    metrics.write(folder / "dipchip.prom", counts, now)
    return told(folder / "dipchip.prom")


def test_it_tells_what_was_sent_settled_and_not_believed(
    store: Store, filing: Filing, world: World, tmp_path: Path
) -> None:
    keys = Keys(world.courier, world.receipt.public(), world.answer.public())
    delivery = Delivery(store=store, keys=keys, kiosk=KIOSK, where=SHARD, release="0.1.0")
    stream = _filed(filing, world, 3)
    delivery.connected()
    list(delivery.due(0.0))
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (2, 0)}), 0.1)
    delivery.arrived(RECEIPTS, _receipt(world, {stream: (3, 0)}, key=SigningKey.generate(world.receipt.kid)), 0.2)
    figures = written(tmp_path, delivery.counts, heartbeat(store, KIOSK, "0.1.0"))
    assert figures["dipchip_kiosk_connections_total",] == 1
    assert figures["dipchip_kiosk_sent_messages_total", "event"] == 3
    assert figures["dipchip_kiosk_settled_events_total",] == 2
    assert figures["dipchip_kiosk_refused_messages_total", "bad_signature"] == 1
    assert figures["dipchip_kiosk_outbox_events",] == 1
    assert figures["dipchip_kiosk_part", "reader", "unknown"] == 1
    assert KIOSK.encode() not in (tmp_path / "dipchip.prom").read_bytes()


def test_what_cannot_be_known_is_left_out_and_the_fault_is_told(store: Store, tmp_path: Path) -> None:
    figures = written(tmp_path, Counts(), distress(store.path, KIOSK, "0.1.0"))
    assert ("dipchip_kiosk_outbox_events",) not in figures
    assert figures["dipchip_kiosk_part", "screen", "store_broken"] == 1


def test_a_file_is_replaced_whole_and_may_be_read_by_the_collector(store: Store, tmp_path: Path) -> None:
    for _ in range(2):
        written(tmp_path, Counts(), heartbeat(store, KIOSK, "0.1.0"))
    assert (tmp_path / "dipchip.prom").stat().st_mode & 0o777 == 0o644
    assert [file.name for file in tmp_path.iterdir() if "prom" in file.name] == ["dipchip.prom"]


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dc-"))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.real
def test_a_kiosk_that_is_cut_off_tells_so_to_whoever_is_beside_it(place: Path) -> None:
    kiosk = Province(place / "p").kiosk("k-udon-01")
    settings, file = kiosk.folder / "kiosk.toml", place / "dipchip.prom"
    settings.write_text(f'metrics_file = "{file}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    kiosk.file(4, age_ms=7_200_000)
    kiosk.courier.start()
    wait_until(file.exists, "its figures")
    kiosk.courier.stop()
    figures = told(file)
    assert figures["dipchip_kiosk_outbox_events",] == 4
    assert figures["dipchip_kiosk_oldest_event_seconds",] >= 7200
    assert figures["dipchip_kiosk_connections_total",] == 0


@pytest.mark.real
def test_a_folder_that_is_missing_stops_no_delivery(place: Path) -> None:
    kiosk = Province(place / "p").kiosk("k-udon-01")
    settings = kiosk.folder / "kiosk.toml"
    settings.write_text('metrics_file = "/nowhere/dipchip.prom"\n' + settings.read_text(encoding="utf-8"))
    kiosk.courier.start()
    wait_until(lambda: kiosk.said("metrics_not_written") > 0, "it says so")
    assert kiosk.courier.alive
    kiosk.courier.stop()
