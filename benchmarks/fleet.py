# SPDX-License-Identifier: Apache-2.0
"""Thirty thousand kiosks that say how they are: what that costs the database, and whether the pages stay quick.

Each kiosk has its own keys; its heartbeats take the courier's own way from bytes to a committed row of a durable
PostgreSQL, a thousand a second. Meanwhile the console's own process is asked for its pages. `KIOSKS` changes how many.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.measure import show
from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.devices.registry import ACTIVE
from fleet.entrypoints.logs import set_up
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from fleet.store.tables import kiosk as table
from tests.simulators import postgres
from tests.simulators.kiosk_wire import WireKiosk
from tests.simulators.services import Service, script
from wire.ids import KeyId, kiosk_id
from wire.provinces import PROVINCES
from wire.sealing import OpeningKey
from wire.signing import SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

_EVERY_S = 30.0  # a kiosk's courier says so often how it is
_BATCH = 256
_ROUNDS = 3
_ASKED = 60  # times each page
_ALLOWED_S = 0.3  # of 95 of a hundred answers
_PAGES = ("/devices", "/devices?page=200", "/metrics", "/api/v1/devices", "/morning", "/morning?province=41")


def main() -> None:
    """Measure everything."""
    set_up("error")
    count = int(os.environ.get("KIOSKS") or 30_000)
    kiosks = _kiosks(count)
    with postgres.running(durable=True) as cluster, tempfile.TemporaryDirectory() as folder:
        few, many = cluster.url(cluster.create()), cluster.url(cluster.create())
        written = {"a tenth of them": _beats(few, kiosks[: count // 10]), "all": _beats(many, kiosks)}
        first = written["a tenth of them"][0]
        rows = [(name, *(f"{each / first:.2f}" for each in rounds)) for name, rounds in written.items()]
        show(f"fleet: {count} kiosks, bytes that PostgreSQL logs a heartbeat", _headings("kiosks"), rows)
        _ask(many, kiosks, Path(folder))


def _headings(first: str) -> tuple[str, ...]:
    return (first, *(f"round {n + 1} over the tenth's first" for n in range(_ROUNDS)))


def _kiosks(count: int) -> list[WireKiosk]:
    relay, places = OpeningKey.generate(KeyId("relay#1")).public(), list(PROVINCES)
    return [WireKiosk(kiosk_id(f"k-bench-{n:05}"), relay, province=places[n % len(places)]) for n in range(count)]


def _beats(url: str, kiosks: Sequence[WireKiosk]) -> list[float]:
    """Register them, and let each say several times how it is; logged bytes a heartbeat, of each round."""
    engine = open_engine(url)
    upgrade(engine)
    with unit_of_work(engine) as connection:
        connection.execute(table.insert(), [_row(kiosk) for kiosk in kiosks])
    committer = _committer(engine)
    written = []
    for _ in range(_ROUNDS):
        before = _logged(engine)
        for first in range(0, len(kiosks), _BATCH):
            committer.take([_beat(kiosk) for kiosk in kiosks[first : first + _BATCH]])
        written.append((_logged(engine) - before) / len(kiosks))
    engine.dispose()
    return written


def _row(kiosk: WireKiosk) -> dict[str, object]:
    told = kiosk.registration()
    keys = {"event_key": json.dumps(told.event_key), "courier_key": json.dumps(told.courier_key)}
    place = {"id": told.kiosk, "facility": told.facility, "province": told.province, "shard": told.shard}
    return {**place, **keys, "status": ACTIVE, "registered_ms": 0}


def _committer(engine: Engine) -> Committer:
    return Committer(engine, SigningKey.generate(KeyId("controller#1")), _now_ms)


def _beat(kiosk: WireKiosk) -> Incoming:
    return Incoming(kiosk.topic(Up.HEARTBEAT), kiosk.heartbeat(oldest_unacked_s=None, outbox=0), _now_ms())


def _logged(engine: Engine) -> int:
    with engine.connect() as connection:
        connection.execute(text("CHECKPOINT"))
        where = connection.execute(text("SELECT pg_current_wal_lsn() - '0/0'::pg_lsn")).scalar()
    return int(where or 0)


def _ask(url: str, kiosks: Sequence[WireKiosk], folder: Path) -> None:
    """Ask the console's process for its pages while all kiosks go on saying how they are."""
    settings = folder / "web.toml"
    settings.write_text(f'database_url = "{url}"\n[web]\nport = 0\nprofile = "test"\nsign_in = false\n')
    feeding = multiprocessing.get_context("fork").Process(target=_feed, args=(url, kiosks), daemon=True)
    feeding.start()
    console = Service((script("dipchip-fleet"), "web", "-c", str(settings)), log=folder / "web.log").start()
    try:
        address = str(console.first_line()["web"]).rstrip("/")
        for page in _PAGES:
            _answer_s(address + page)
        taken: dict[str, list[float]] = {page: [] for page in _PAGES}
        for _ in range(_ASKED):
            for page in _PAGES:
                taken[page].append(_answer_s(address + page))
        if not feeding.is_alive():
            sys.exit("fleet: the heartbeats stopped while the pages were asked for")
    finally:
        console.stop()
        feeding.kill()
    rows = [(page, *(f"{part / _ALLOWED_S:.2f}" for part in _parts(each))) for page, each in taken.items()]
    show("fleet: a page's time over the 0.3 s allowed, while heartbeats come", ("page", "p50", "p95"), rows)


def _parts(seconds: Sequence[float]) -> tuple[float, float]:
    return statistics.median(seconds), sorted(seconds)[int(len(seconds) * 0.95) - 1]


def _feed(url: str, kiosks: Sequence[WireKiosk]) -> None:
    """Heartbeats at the rate at which so many kiosks send them, in batches as they come."""
    engine = open_engine(url)
    committer = _committer(engine)
    linger_s = 0.05
    each = max(1, int(len(kiosks) / _EVERY_S * linger_s))
    due_s = time.monotonic()
    while True:
        for first in range(0, len(kiosks), each):
            committer.take([_beat(kiosk) for kiosk in kiosks[first : first + each]])
            due_s += linger_s
            time.sleep(max(0.0, due_s - time.monotonic()))


def _answer_s(address: str) -> float:
    started_s = time.perf_counter()
    with urllib.request.urlopen(address, timeout=60) as answer:  # noqa: S310 - our own process
        answer.read()
    return time.perf_counter() - started_s


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
