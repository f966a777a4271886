# SPDX-License-Identifier: Apache-2.0
"""The store is examined beside whoever uses it: damage and locks are told apart, and nothing is changed."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from kiosk.findings import Code, Finding, Level
from kiosk.store import checkup, noticeboard, outbox
from kiosk.store.database import Store
from kiosk.store.noticeboard import Topic
from wire.ids import new_event_id, new_stream_id

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_800_000_000_000
DAY_MS = 86_400_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


def look(path: Path) -> Finding:
    return checkup.examine(path, NOW_MS, time.monotonic)


def file(store: Store, filed_ms: int) -> None:
    outbox.append(
        store,
        event=new_event_id(filed_ms),
        stream=new_stream_id(),
        attachment=b"sealed",
        filed_ms=filed_ms,
        sign=lambda _link: (b"signed", b"d" * 32),
    )


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_store_that_is_well_is_read_and_written_and_stays_byte_for_byte_as_it_was(path: Path) -> None:
    with closing(Store(path)) as store:
        file(store, NOW_MS - 90_000)
        file(store, NOW_MS - 5_000)
        before = digest(path)
        found = look(path)
        file(store, NOW_MS)  # whoever uses it goes on
    assert (found.code, found.level) == ("ok", Level.WELL)
    assert {name: figure.value for name, figure in found.figures.items() if name != "size"} == {
        "quick_check": "ok",
        "outbox": 2,
        "writable": True,
        "oldest": 90,
    }
    with closing(Store(path)) as store:
        assert outbox.depth(store).count == 3
    assert before != digest(path)
    again = digest(path)
    look(path)
    assert digest(path) == again
    assert sorted(each.name for each in path.parent.iterdir()) == ["store.db"]


def test_records_that_wait_for_a_day_need_care(path: Path) -> None:
    with closing(Store(path)) as store:
        file(store, NOW_MS - DAY_MS)
    found = look(path)
    assert (found.code, found.level) == (Code.OUTBOX_OLD, Level.CARE)


def test_a_damaged_file_is_a_fault_and_is_left_as_it_is(path: Path) -> None:
    with closing(Store(path)) as store:
        for _ in range(60):
            file(store, NOW_MS)
    content = bytearray(path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    path.write_bytes(content)
    before = digest(path)
    found = look(path)
    assert (found.code, found.level) == (Code.STORE_BROKEN, Level.FAULT)
    assert found.technician
    assert digest(path) == before


def test_a_file_that_is_no_database_is_a_fault(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 1000)
    found = look(path)
    assert (found.code, found.level) == (Code.STORE_BROKEN, Level.FAULT)
    assert "not a database" in found.technician
    assert checkup.told(path) == {}


def test_a_lock_that_somebody_keeps_is_not_taken_for_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(path).close()
    monkeypatch.setattr(checkup, "_BUSY_S", 0.05)  # three seconds of waiting would prove the same
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        found = look(path)
        other.execute("ROLLBACK")
    assert (found.code, found.level) == (Code.STORE_BUSY, Level.CARE)


def test_a_check_whose_time_is_over_lets_go_and_says_so(path: Path) -> None:
    with closing(Store(path)) as store:
        for _ in range(300):
            file(store, NOW_MS)
    times = iter([0.0, *[1_000.0] * 1_000])
    found = checkup.examine(path, NOW_MS, lambda: next(times))
    assert found.figures["quick_check"].value == "not_finished"
    assert found.figures["outbox"].value == 300


def test_a_kiosk_that_never_served_has_no_store_and_gets_none(path: Path) -> None:
    found = look(path)
    assert (found.code, found.level) == (Code.STORE_NOT_BEGUN, Level.UNKNOWN)
    assert not path.exists()
    assert look(path.parent / "gone" / "store.db").code == Code.STORE_BROKEN


def test_what_the_processes_have_pinned_is_read_without_a_change(path: Path) -> None:
    assert checkup.told(path) == {}
    with closing(Store(path)) as store:
        noticeboard.pin(store, Topic.CAMERA, "camera_frozen", 5)
    before = digest(path)
    assert checkup.told(path)[Topic.CAMERA] == noticeboard.Notice("camera_frozen", 5)
    assert digest(path) == before
