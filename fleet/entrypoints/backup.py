# SPDX-License-Identifier: Apache-2.0
"""The operator's commands on backups: make one of a SQLite database, and write down what a restored one holds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from fleet import audit
from fleet.enrollments.archiving import held_by, record
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.errors import ConfigError
from fleet.store.backup import BackupError, copy_to
from fleet.store.months import kept_since_ms
from fleet.store.schema import require_current
from fleet.store.session import open_engine, unit_of_work

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.config import Settings


def backup(settings: Settings, file: Path) -> None:
    """Copy the database into a file, read the whole copy, and only then let kiosks know what it holds.

    Raises:
        BackupError: the copy cannot be made, or does not hold what it should.
    """
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        copy_to(engine, file.absolute())
    finally:
        engine.dispose()
    verify(settings, f"sqlite:///{file.absolute()}")


def verify(settings: Settings, restored: str) -> None:
    """Read a database that was restored from a backup, and let kiosks know what it holds.

    Raises:
        BackupError: it is the running database itself, is not whole, or is not this fleet's.
    """
    live, copy = open_engine(settings.database_url), open_engine(restored)
    try:
        if live.url == copy.url:
            message = "That is the running database itself. Restore the backup into another one, and name that."
            raise BackupError(message)
        require_current(live)
        try:
            require_current(copy)
        except ConfigError as error:
            message = (
                "The backup's tables are another release's. Run `dipchip-fleet migrate` on the restored copy first."
            )
            raise BackupError(message) from error
        known = record(live, held_by(copy, kept_since_ms(live)))
        _note(live, _name(copy), known)
    finally:
        live.dispose()
        copy.dispose()
    sys.stdout.write(f"The backup holds {known} streams of this fleet, each event of them read. Keep it.\n")


def _note(live: Engine, name: str, streams: int) -> None:
    act = audit.Act.BACKUP_VERIFIED
    with unit_of_work(live) as connection:
        audit.record(connection, act, who=account(), subject=name, at_ms=now_ms(), detail={"streams": streams})


def _name(copy: Engine) -> str:
    """Which copy it was: the end of a file's path, or a database's name; never where or with which password."""
    return (copy.url.database or "").replace("\\", "/").rpartition("/")[2][-200:]
