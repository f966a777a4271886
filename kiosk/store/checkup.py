# SPDX-License-Identifier: Apache-2.0
"""Examines the store beside the processes that use it: it makes no file, changes none, and lets go of locks soon."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from kiosk.findings import OK, Code, Figure, Finding, Level, Part
from kiosk.store import noticeboard, outbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.store.noticeboard import Notice

OUTBOX_OLD_S = 24 * 60 * 60  # as the controller has it
_BUSY_S = 3.0  # the processes wait ten seconds for each other, and for this too
_CHECK_S = 5.0
_STEPS = 1_000  # of SQLite's machine, between two looks at the clock
_MIB = 2**20


def examine(path: Path, now_ms: int, monotonic_s: Callable[[], float]) -> Finding:
    """Read the whole file for damage, count the outbox, and write something that is taken back."""
    figures: dict[str, Figure] = {}
    code, level, technician = OK, Level.WELL, ""
    try:
        figures["size"] = Figure(round(path.stat().st_size / _MIB, 1), "MiB")
    except PermissionError:
        return _not_yours(path)
    except FileNotFoundError:
        return _not_there(path)
    if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
        return _not_yours(path)
    try:
        with closing(_opened(path, "rw")) as connection:
            code, technician = _look(connection, figures, now_ms, monotonic_s)
    except (sqlite3.Error, OSError) as error:
        code, technician = _code_of(error), f"{path.name}: {error}"
    if code in {Code.STORE_BROKEN, Code.DISK_FULL}:
        level = Level.FAULT
    elif code != OK:
        level = Level.CARE
    return Finding(part=Part.STORE, code=code, level=level, figures=figures, technician=technician)


def told(path: Path) -> dict[str, Notice]:
    """What the kiosk's processes have pinned; nothing where the store cannot be read."""
    try:
        with closing(_opened(path, "ro")) as connection:
            return noticeboard.read_in(connection)
    except sqlite3.Error:
        return {}


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=_BUSY_S)


def _look(
    connection: sqlite3.Connection, figures: dict[str, Figure], now_ms: int, monotonic_s: Callable[[], float]
) -> tuple[str, str]:
    damage = _damage(connection, monotonic_s() + _CHECK_S, monotonic_s)
    figures["quick_check"] = Figure("not_finished" if damage is None else damage or OK)
    if damage:
        return Code.STORE_BROKEN, damage
    depth = outbox.depth_in(connection)
    figures["outbox"] = Figure(depth.count)
    _write_and_take_back(connection)
    figures["writable"] = Figure(value=True)
    if depth.oldest_ms is None:
        return OK, ""
    oldest_s = max(0, now_ms - depth.oldest_ms) // 1000
    figures["oldest"] = Figure(oldest_s, "s")
    return (Code.OUTBOX_OLD if oldest_s >= OUTBOX_OLD_S else OK), ""


def _damage(connection: sqlite3.Connection, until_s: float, monotonic_s: Callable[[], float]) -> str | None:
    """What is damaged first, nothing, or None where the time was over: a reader keeps writers from committing."""
    connection.set_progress_handler(lambda: monotonic_s() > until_s, _STEPS)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            return None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return "" if found == OK else str(found)


def _write_and_take_back(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute(
            "INSERT INTO notice VALUES ('writable', '1', 0) ON CONFLICT (name) DO UPDATE SET at_ms = at_ms + 1"
        )
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _code_of(error: sqlite3.Error | OSError) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return Code.STORE_BUSY
    return Code.DISK_FULL if name == "SQLITE_FULL" else Code.STORE_BROKEN


def _not_yours(path: Path) -> Finding:
    technician = f"{path.name}: not yours to read and write."
    return Finding(part=Part.STORE, code=Code.NOT_PERMITTED, level=Level.UNKNOWN, technician=technician)


def _not_there(path: Path) -> Finding:
    if path.parent.is_dir():
        return Finding(part=Part.STORE, code=Code.STORE_NOT_BEGUN, level=Level.UNKNOWN)
    technician = f"{path.name}: its folder is not there. Check that the data partition is mounted."
    return Finding(part=Part.STORE, code=Code.STORE_BROKEN, level=Level.FAULT, technician=technician)
