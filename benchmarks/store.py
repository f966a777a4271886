# SPDX-License-Identifier: Apache-2.0
"""What the kiosk pays for a record that survives a power cut, and how it delivers what a month offline has left.

One append in each way that SQLite can be told to write, beside a bare INSERT and a bare write; then the drain.
"""

from __future__ import annotations

import os
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from pathlib import Path

from benchmarks import store_drain
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
_INSERT = "a bare INSERT, Python's default"
_WRITE = "a bare write and fdatasync"


def main() -> None:
    """Time appends through the kiosk's own outbox and without it, in turns; then drain a month."""
    timed = []
    with tempfile.TemporaryDirectory() as folder:
        for n in range(_ROUNDS):
            seconds = {}
            for journal, synchronous, _ in _WAYS:
                name = f"{journal} {synchronous}"
                seconds[name] = _seconds(Path(folder) / f"{n} {name}.db", journal, synchronous)
            seconds[_INSERT] = _seconds_of_inserts(Path(folder) / f"{n} insert.db")
            seconds[_WRITE] = _seconds_of_writes(Path(folder) / f"{n} write")
            timed.append(seconds)
    first = f"{_WAYS[0][0]} {_WAYS[0][1]}"
    rows = [
        (f"{journal} {synchronous}", *against(timed, f"{journal} {synchronous}", first).columns(), fate)
        for journal, synchronous, fate in _WAYS
    ]
    rows.append((_INSERT, *against(timed, _INSERT, first).columns(), "rows lost"))
    rows.append((_WRITE, *against(timed, _WRITE, first).columns(), "the end is torn"))
    show("store: one append over the kiosk's way", ("way", "ratio", "middle half", "at a power cut"), rows)
    rate = statistics.median(_APPENDS / seconds[first] for seconds in timed)
    print(f"\nThe kiosk's way: {rate:.0f} durable appends a second on this machine.")
    store_drain.main()


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


def _seconds_of_inserts(path: Path) -> float:
    """The same bytes, as most programs would keep them."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE event (id TEXT PRIMARY KEY, signed BLOB, attachment BLOB, digest BLOB)")
        started = time.perf_counter()
        for n in range(_APPENDS):
            connection.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (str(n), _SIGNED, _ATTACHMENT, _DIGEST))
            connection.commit()
        return time.perf_counter() - started


def _seconds_of_writes(path: Path) -> float:
    """The floor: what the disk itself asks for."""
    with path.open("wb", buffering=0) as file:
        started = time.perf_counter()
        for _ in range(_APPENDS):
            file.write(_SIGNED + _ATTACHMENT + _DIGEST)
            os.fdatasync(file.fileno())
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
