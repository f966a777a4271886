# SPDX-License-Identifier: Apache-2.0
"""The kiosk's SQLite file: opened so that what was acknowledged survives a power cut, and what was erased is gone.

`journal_mode=DELETE` with `synchronous=EXTRA` lost nothing in 6 000 simulated power cuts over three fault models,
Python's default lost acknowledged rows. Source: security design, section 5.5.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import contextmanager
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOW_WATER_BYTES = 64 * 1024 * 1024  # below it nobody new starts: a session's record must find room
_BUSY_MS = 10_000


class StoreError(Exception):
    """The store cannot be used. The message names the cause and what the technician does next."""


class DiskFullError(StoreError):
    """There is no room to promise a person that a record is kept."""


class Store:
    """One process's connection to the file; safe to use from several of its threads."""

    def __init__(self, path: Path) -> None:
        """Open, creating the tables on the first day.

        Raises:
            StoreError: when the file is missing its directory, damaged, or not ours to write.
        """
        self.path = path
        self._lock = threading.RLock()
        self._connection = _opened(path)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that other processes wait for; all of it is kept or nothing.

        Raises:
            DiskFullError, StoreError: nothing was promised; see `Store.reopen` before trying again.
        """
        with self._lock, _explained(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLITE_FULL rolls back by itself, and a second ROLLBACK would hide the cause.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read outside a transaction of one's own."""
        with self._lock, _explained(self.path):
            yield self._connection

    def reopen(self) -> None:
        """Start over after an error: an I/O error does not mean that nothing was stored, so look before retrying."""
        with self._lock:
            self._connection.close()
            self._connection = _opened(self.path)

    def check(self) -> None:
        """Prove, before a person starts, that a record could be kept.

        Raises:
            DiskFullError, StoreError: with the technician's next step.
        """
        free = free_bytes(self.path)
        if free < LOW_WATER_BYTES:
            message = f"Only {free // 2**20} MiB are free for {self.path.name}. Free space on the data partition."
            raise DiskFullError(message)
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO notice VALUES ('writable', '1', 0) ON CONFLICT (name) DO UPDATE SET at_ms = at_ms + 1"
            )

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()


def free_bytes(path: Path) -> int:
    """The room beside the file at `path`.

    Raises:
        StoreError: when its directory cannot be looked at.
    """
    try:
        return shutil.disk_usage(path.parent).free
    except OSError as error:
        message = f"{path.name}: its directory is gone ({error.strerror}). Check that the data partition is mounted."
        raise StoreError(message) from error


def _opened(path: Path) -> sqlite3.Connection:
    with _explained(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_MS / 1000)
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.execute("PRAGMA secure_delete=ON")
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA foreign_keys=ON")
            _require_tables(connection)
        except BaseException:
            connection.close()
            raise
    return connection


def _require_tables(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        message = "database disk image is malformed"
        raise sqlite3.DatabaseError(message)
    connection.executescript(resources.files("kiosk.store").joinpath("schema.sql").read_text(encoding="utf-8"))


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_FULL":
            message = f"{path.name}: the disk is full. Free space on the data partition."
            raise DiskFullError(message) from error
        message = f"{path.name}: {error}. Keep the file, and put in a fresh data partition; see docs/operations.md."
        raise StoreError(message) from error
