# SPDX-License-Identifier: Apache-2.0
"""The kiosk's SQLite file: opened so that what was acknowledged survives a power cut, and what was erased is gone.

`journal_mode=DELETE` with `synchronous=EXTRA` lost nothing in thousands of simulated power cuts over three faults,
Python's default lost acknowledged rows. Source: security design, section 5.5, and docs/benchmarks.md.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import threading
from contextlib import contextmanager, suppress
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOW_WATER_BYTES = 64 * 1024 * 1024  # below it nobody new starts: a session's record must find room
_BUSY_MS = 10_000
_NO_ROOM_BYTES = 2**20


class StoreError(Exception):
    """The store cannot be used. The message names the cause and what the technician does next."""


class DiskFullError(StoreError):
    """There is no room to promise a person that a record is kept."""


class UncertainError(StoreError):
    """A write failed, and whether it was stored cannot be found out now: neither yes nor no may be said of it."""


class Store:
    """One process's connection to the file; safe to use from several of its threads.

    An error of the file closes the connection, which lets go of its locks; the next use opens it anew.
    """

    def __init__(self, path: Path) -> None:
        """Open, creating the tables on the first day.

        Raises:
            StoreError: when the file is missing its directory, damaged, or not ours to write.
        """
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._folder: int | None = None
        self.reopen()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction that other processes wait for; all of it is kept or nothing.

        Raises:
            DiskFullError, StoreError: nothing was promised; see `Store.reopen` before trying again.
        """
        with self._usable() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._undo(connection)
                raise
            self._sync_folder()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Read outside a transaction of one's own."""
        with self._usable() as connection:
            yield connection

    @contextmanager
    def _usable(self) -> Iterator[sqlite3.Connection]:
        with self._lock, _explained(self.path):
            connection = self._connection or self._open()
            try:
                yield connection
            except sqlite3.IntegrityError:  # of a row, not of the file
                raise
            except sqlite3.Error:
                self._let_go()
                raise

    def _undo(self, connection: sqlite3.Connection) -> None:
        """Roll back without hiding why: SQLITE_FULL has rolled back by itself, and a failing disk may not let us."""
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except sqlite3.Error:
            self._let_go()  # whoever opens the file next rolls it back

    def _sync_folder(self) -> None:
        """Sync the removal of the journal, which is what commits: SQLite passes over a folder that it cannot open."""
        try:
            if self._folder is not None:
                os.fsync(self._folder)
        except OSError as error:
            self._let_go()
            raise _folder_lost(self.path, error) from error

    def _open(self) -> sqlite3.Connection:
        try:
            self._folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise _folder_lost(self.path, error) from error
        try:
            self._connection = _opened(self.path)
        except BaseException:
            self._let_go()
            raise
        return self._connection

    def _let_go(self) -> None:
        connection, folder = self._connection, self._folder
        self._connection = self._folder = None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()
        if folder is not None:
            os.close(folder)

    def reopen(self) -> None:
        """Start over after an error: an I/O error does not mean that nothing was stored, so look before retrying.

        Raises:
            StoreError: the file cannot be looked at.
        """
        with self._lock:
            self._let_go()
            self._open()

    def check(self) -> None:
        """Prove, before a person starts, that a record could be kept.

        Raises:
            DiskFullError, StoreError: with the technician's next step.
        """
        free = free_bytes(self.path)
        if free < LOW_WATER_BYTES:
            message = f"Only {free // 2**20} MiB are free for {self.path.name}. Free space on the data partition."
            raise DiskFullError(message)
        self.write_through()

    def write_through(self) -> None:
        """Write once more, so that a power cut leaves what the file says.

        After a failed sync the file may say what the disk does not hold: the removal of the journal is what commits.
        The syncs of a whole transaction cover it.

        Raises:
            DiskFullError, StoreError: the disk takes no writes.
        """
        with self.transaction() as connection:
            connection.execute(
                "INSERT INTO notice VALUES ('writable', '1', 0) ON CONFLICT (name) DO UPDATE SET at_ms = at_ms + 1"
            )

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._let_go()


def free_bytes(path: Path) -> int:
    """The room beside the file at `path`.

    Raises:
        StoreError: when its directory cannot be looked at.
    """
    try:
        return shutil.disk_usage(path.parent).free
    except OSError as error:
        raise _folder_lost(path, error) from error


def _folder_lost(path: Path, error: OSError) -> StoreError:
    if error.errno == errno.ENOSPC:
        return DiskFullError(f"{path.name}: the disk is full. Free space on the data partition.")
    return StoreError(
        f"{path.name}: its directory fails ({error.strerror}). Check that the data partition is mounted and writable."
    )


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
        if _is_for_want_of_room(error, path):
            message = f"{path.name}: the disk is full. Free space on the data partition."
            raise DiskFullError(message) from error
        message = f"{path.name}: {error}. Keep the file, and put in a fresh data partition; see docs/operations.md."
        raise StoreError(message) from error


def _is_for_want_of_room(error: sqlite3.Error, path: Path) -> bool:
    """SQLite says "full" of a write; a sync or a new file that finds no room is an I/O error to it."""
    name = getattr(error, "sqlite_errorname", "")
    if not name.startswith(("SQLITE_IOERR", "SQLITE_CANTOPEN")):
        return bool(name == "SQLITE_FULL")
    try:
        return free_bytes(path) < _NO_ROOM_BYTES
    except StoreError:
        return False
