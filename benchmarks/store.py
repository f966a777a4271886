# SPDX-License-Identifier: Apache-2.0
"""What the kiosk pays for a record that survives a power cut: one append in each way SQLite can be told to write."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks.measure import against, show
from kiosk.store import outbox
from kiosk.store.database import Store
from wire.ids import StreamId, new_event_id

_ROUNDS = 9
_APPENDS = 40
_SIGNED, _ATTACHMENT, _DIGEST = b"s" * 1200, b"a" * 540, b"d" * 32  # the sizes of a real event

# Journal, synchronous, and what simulated power cuts did to acknowledged rows (security design, section 5.5).
_WAYS = (
    ("DELETE", "EXTRA", "nothing lost"),
    ("DELETE", "FULL", "rows lost"),
    ("WAL", "FULL", "rows lost when a 4 KiB block is damaged"),
)


def main() -> None:
    """Time appends through the kiosk's own outbox, the ways in turns."""
    timed = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(_ROUNDS):
            seconds = {}
            for journal, synchronous, _ in _WAYS:
                name = f"{journal} {synchronous}"
                seconds[name] = _seconds(Path(folder) / f"{n} {name}.db", journal, synchronous)
            timed.append(seconds)
    first = f"{_WAYS[0][0]} {_WAYS[0][1]}"
    rows = [
        (f"{journal} {synchronous}", *against(timed, f"{journal} {synchronous}", first).columns(), fate)
        for journal, synchronous, fate in _WAYS
    ]
    show("store: one append over the kiosk's way", ("way", "ratio", "middle half", "at a power cut"), rows)


def _seconds(path: Path, journal: str, synchronous: str) -> float:
    with closing(Store(path)) as store:
        with store.reading() as connection:
            connection.execute(f"PRAGMA journal_mode={journal}")
            connection.execute(f"PRAGMA synchronous={synchronous}")
        _append(store)
        started = time.perf_counter()
        for _ in range(_APPENDS):
            _append(store)
        return time.perf_counter() - started


def _append(store: Store) -> None:
    outbox.append(
        store,
        event=new_event_id(time.time_ns() // 1_000_000),
        stream=StreamId("a" * 24),
        attachment=_ATTACHMENT,
        filed_ms=1,
        sign=lambda _link: (_SIGNED, _DIGEST),
    )
