# SPDX-License-Identifier: Apache-2.0
"""Copies a SQLite database into a file while it is used, and onto the disk before the file has its name."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from fleet.errors import FleetError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


class BackupError(FleetError):
    """A backup cannot be made, or does not hold what it should; says which, and what to do."""


def copy_to(engine: Engine, file: Path) -> None:
    """Make the copy: one consistent state, whatever is written meanwhile.

    Raises:
        BackupError: it is there already, the disk refuses it, or the database is no SQLite.
    """
    if engine.dialect.name != "sqlite":
        message = "PostgreSQL is backed up by its own tools. Restore the backup somewhere, then run verify-backup."
        raise BackupError(message)
    if file.exists():
        message = f"{file}: exists. A backup is never overwritten: choose another name."
        raise BackupError(message)
    fresh = file.with_name(f".{file.name}.part")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        _copy(engine, fresh)
        _sync(fresh)
        fresh.rename(file)
        _sync(file.parent)
    except (OSError, sqlite3.Error) as error:
        message = f"{file}: the copy failed ({error}). Free space, or choose another folder."
        raise BackupError(message) from error


def _copy(engine: Engine, fresh: Path) -> None:
    raw = engine.raw_connection()
    try:
        with closing(sqlite3.connect(fresh)) as copy:
            source = raw.driver_connection
            assert isinstance(source, sqlite3.Connection)  # noqa: S101 - for the types: the dialect was asked
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            if copy.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                message = "the database is damaged"
                raise sqlite3.DatabaseError(message)
    finally:
        raw.close()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
