# SPDX-License-Identifier: Apache-2.0
"""What one event costs the controller when 1, 10, 100 or 256 of them share a transaction."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import against, show
from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.devices.registry import register
from fleet.entrypoints.logs import set_up
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from tests.simulators.kiosk_wire import WireKiosk
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey
from wire.signing import SigningKey
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Sequence

_BATCHES = (1, 10, 100, 256)
_EVENTS = 512
_KIOSKS = 8
_ROUNDS = 5


def main() -> None:
    """Commit the same signed events into a fresh SQLite file with each size of batch, in turns."""
    set_up("info")
    kiosks = [
        WireKiosk(kiosk_id(f"k-bench-{n}"), OpeningKey.generate(KeyId("relay#1")).public()) for n in range(_KIOSKS)
    ]
    messages = [_filed(kiosks[n % _KIOSKS]) for n in range(_EVENTS)]
    with tempfile.TemporaryDirectory() as folder:
        template = _template(Path(folder) / "template.db", kiosks)
        timed = [
            {str(size): _seconds(template, Path(folder) / f"{n}-{size}.db", messages, size) for size in _BATCHES}
            for n in range(_ROUNDS)
        ]
    largest = str(_BATCHES[-1])
    rows = [(size, *against(timed, str(size), largest).columns()) for size in _BATCHES]
    show(
        f"ingest: one event over one of a batch of {largest} (SQLite)",
        ("events a transaction", "ratio", "middle half"),
        rows,
    )


def _filed(kiosk: WireKiosk) -> Incoming:
    return Incoming(kiosk.topic(Up.EVENT), kiosk.enrol()[1], time.time_ns() // 1_000_000)


def _template(path: Path, kiosks: Sequence[WireKiosk]) -> Path:
    engine = open_engine(f"sqlite:///{path}")
    upgrade(engine)
    with unit_of_work(engine) as connection:
        for kiosk in kiosks:
            register(connection, kiosk.registration(), 0)
    engine.dispose()
    return path


def _seconds(template: Path, path: Path, messages: Sequence[Incoming], size: int) -> float:
    shutil.copy(template, path)
    engine = open_engine(f"sqlite:///{path}")
    committer = Committer(engine, SigningKey.generate(KeyId("controller#1")), lambda: time.time_ns() // 1_000_000)
    committer.commit([])  # open the file outside the timing
    started = time.perf_counter()
    for first in range(0, len(messages), size):
        committer.commit(messages[first : first + size])
    seconds = time.perf_counter() - started
    engine.dispose()
    return seconds
