# SPDX-License-Identifier: Apache-2.0
"""Complaints wait in the file until a receipt names them, and say nothing of when or after whom they were made."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from kiosk.store import complaints
from kiosk.store.database import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.db")
    yield store
    store.close()


def test_what_waits_survives_a_new_process_and_goes_with_its_receipt(store: Store, tmp_path: Path) -> None:
    assert complaints.put(store, "b" * 32, b"second")
    assert complaints.put(store, "a" * 32, b"first")
    other = Store(tmp_path / "store.db")
    assert complaints.waiting(other) == {"a" * 32: b"first", "b" * 32: b"second"}
    complaints.settle(other, ["a" * 32, "f" * 32])
    other.close()
    assert complaints.waiting(store) == {"b" * 32: b"second"}


def test_a_kiosk_without_a_network_keeps_a_share_and_says_when_it_is_full(store: Store) -> None:
    kept = [complaints.put(store, f"{n:032x}", b"x") for n in range(complaints.AT_MOST + 3)]
    assert kept == [True] * complaints.AT_MOST + [False] * 3
    complaints.settle(store, [f"{0:032x}"])
    assert complaints.put(store, "e" * 32, b"x")


def test_no_row_says_after_whom_it_was_made(store: Store) -> None:
    for ident in ("c", "a", "b"):
        complaints.put(store, ident * 32, b"x")
    with store.reading() as connection:
        assert [row[0][0] for row in connection.execute("SELECT id FROM complaint")] == ["a", "b", "c"]
        with pytest.raises(sqlite3.OperationalError, match="rowid"):
            connection.execute("SELECT rowid FROM complaint")
