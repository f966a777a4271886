# SPDX-License-Identifier: Apache-2.0
"""What a kiosk does that was offline for thirty days: its courier's time, order and memory until the last receipt.

All is real and a process of its own: the kiosk's courier, Mosquitto with TLS, the controller's courier on SQLite.
The baseline is the controller's own work on the same events in this process, without a kiosk and without a network.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.measure import show
from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.entrypoints.logs import set_up
from fleet.store.session import open_engine, reading, truncate_log
from kiosk.store import outbox
from kiosk.store.database import Store
from tests.simulators.province import Kiosk, Province
from tests.simulators.services import wait_until
from wire.chain import WINDOW
from wire.envelope import join
from wire.ids import kiosk_id
from wire.registration import default_shard
from wire.signing import SigningKey
from wire.topics import Up, up

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS = 3
_DAYS, _A_DAY = 30, 200
_DAY_MS = 24 * 3_600_000
_NAME = "k-udon-01"


@dataclass(frozen=True, slots=True)
class Drain:
    """One kiosk's return: how long it took, what its courier needed, and whether all came once and in order."""

    seconds: float
    cpu_s: float
    empty_mib: float
    peak_mib: float
    own_mib: float
    in_order: bool


def main() -> None:
    """File thirty days, and let the same kiosk come back several times."""
    set_up("error")  # the baseline runs in this process
    folder = Path(tempfile.mkdtemp(prefix="drain-"))
    try:
        province = Province(folder / "province")
        kiosk = province.kiosk(_NAME)
        filed = [each for day in range(_DAYS, 0, -1) for each in kiosk.file(_A_DAY, age_ms=day * _DAY_MS)]
        files = (kiosk.folder / "store.db", province.fleet / "fleet.db")
        _keep(files, province.database_url)
        drains, alone = [], []
        for _ in range(_ROUNDS):
            _restore(files)
            alone.append(_committed_alone(province, kiosk))
            _restore(files)
            drains.append(_drained(province, kiosk, filed))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    ratio = statistics.median(each.seconds / base for each, base in zip(drains, alone, strict=True))
    cpu_ms = statistics.median(each.cpu_s / len(filed) for each in drains) * 1000
    rows = [
        ("time over the controller's work alone", f"{ratio:.1f}"),
        ("events a second, on this machine", f"{statistics.median(len(filed) / each.seconds for each in drains):.0f}"),
        ("CPU of the kiosk's courier, ms an event", f"{cpu_ms:.1f}"),
        ("its memory before the first event, MiB", f"{max(each.empty_mib for each in drains):.0f}"),
        ("its largest memory, MiB", f"{max(each.peak_mib for each in drains):.0f}"),
        ("of that not of files that others map too, MiB", f"{max(each.own_mib for each in drains):.0f}"),
        ("each event once, in order of filing", "yes" if all(each.in_order for each in drains) else "NO"),
    ]
    show(f"store: {len(filed):,} events after {_DAYS} days offline, medians of {_ROUNDS}", ("what", "figure"), rows)


def _keep(files: Sequence[Path], database_url: str) -> None:
    engine = open_engine(database_url)
    truncate_log(engine)
    engine.dispose()
    for file in files:
        shutil.copy(file, file.with_suffix(".kept"))


def _restore(files: Sequence[Path]) -> None:
    for file in files:
        for beside in ("-wal", "-shm", "-journal"):
            file.with_name(file.name + beside).unlink(missing_ok=True)
        shutil.copy(file.with_suffix(".kept"), file)


def _drained(province: Province, kiosk: Kiosk, filed: Sequence[str]) -> Drain:
    before = kiosk.said("courier_started")
    with province:
        started = time.perf_counter()
        kiosk.courier.start()
        wait_until(lambda: kiosk.said("courier_started") > before, "the courier has its store")
        empty_mib = _mib(kiosk.courier.pid, "VmRSS")
        province.wait_until_settled(kiosk)
        seconds = time.perf_counter() - started
        courier = kiosk.courier.pid
        cpu_s, peak_mib, own_mib = _cpu_s(courier), _mib(courier, "VmHWM"), _mib(courier, "RssAnon")
        kiosk.courier.stop()
    engine = open_engine(province.database_url)
    with reading(engine) as connection:
        ledger = list(connection.execute(text("SELECT id FROM event ORDER BY rowid")).scalars())
    engine.dispose()
    return Drain(seconds, cpu_s, empty_mib, peak_mib, own_mib, ledger == list(filed))


def _committed_alone(province: Province, kiosk: Kiosk) -> float:
    """The same events, as windows, given to the controller's committer."""
    key = SigningKey.from_jwk(json.loads((province.fleet / "controller/receipt.jwk").read_text()))
    topic = up(default_shard(kiosk.name), kiosk_id(kiosk.name), Up.EVENT)
    with closing(Store(kiosk.folder / "store.db")) as store:
        messages = [join(each.signed, each.attachment) for each in outbox.pending(store, _DAYS * _A_DAY)]
    engine = open_engine(province.database_url)
    committer = Committer(engine, key, lambda: time.time_ns() // 1_000_000)
    started = time.perf_counter()
    for first in range(0, len(messages), WINDOW):
        committer.take([Incoming(topic, each, 1) for each in messages[first : first + WINDOW]])
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds


def _mib(process: int, what: str) -> float:
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def _cpu_s(process: int) -> float:
    user, system = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
