# SPDX-License-Identifier: Apache-2.0
"""The controller's database, real: backed up while it is at work, and restored as an operator would."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import create_engine, make_url, text

from tests.simulators import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


class Database(Protocol):
    """A database that can fail and be put back."""

    url: str

    def back_up(self, to: Path) -> None:
        """Copy it as it stands, while others use it."""

    def restore(self, backup: Path) -> None:
        """Put a backup in its place; nobody uses it."""

    def crash(self) -> bool:
        """Let it die and come back, while others use it; whether it is a process that can."""


class SqliteDatabase:
    """One file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = f"sqlite:///{file}"

    def back_up(self, to: Path) -> None:
        """See `Database`: SQLite's own online backup."""
        with closing(sqlite3.connect(self._file)) as live, closing(sqlite3.connect(to)) as copy:
            live.backup(copy)

    def restore(self, backup: Path) -> None:
        """See `Database`."""
        for rest in ("-wal", "-shm"):
            self._file.with_name(self._file.name + rest).unlink(missing_ok=True)
        shutil.copy(backup, self._file)

    def crash(self) -> bool:
        """See `Database`: SQLite dies with who uses it."""
        return False


class PostgresDatabase:
    """One database of a cluster of its own."""

    def __init__(self, cluster: postgres.Cluster) -> None:
        self._name = cluster.create()
        self.url = cluster.url(self._name)
        self._all = cluster.url("postgres")
        place = make_url(self.url).set(drivername="postgresql")
        self._plain = place.render_as_string(hide_password=False)
        self._folder = Path(str(place.query["host"]))

    def back_up(self, to: Path) -> None:
        """See `Database`."""
        subprocess.run(["pg_dump", "--format=custom", f"--file={to}", self._plain], check=True)

    def restore(self, backup: Path) -> None:
        """See `Database`."""
        engine = create_engine(self._all, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {self._name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {self._name}"))
        engine.dispose()
        subprocess.run(["pg_restore", f"--dbname={self._plain}", "--exit-on-error", str(backup)], check=True)

    def crash(self) -> bool:
        """See `Database`: every process of it is ended at once, and it recovers from its log."""
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        again = [str(binaries / "pg_ctl"), "-D", str(self._folder / "data"), "-m", "immediate", "-w", "restart"]
        with (self._folder / "output").open("ab") as output:
            subprocess.run(again, check=True, stdout=output, stderr=output, user=_owner(), cwd=self._folder)
        return True


def _owner() -> str | None:
    return "postgres" if os.geteuid() == 0 else None  # PostgreSQL refuses to run as root


@contextmanager
def running(kind: str, folder: Path) -> Iterator[Database]:
    """A database of its own: `sqlite` or `postgresql`."""
    if kind == "sqlite":
        yield SqliteDatabase(folder / "fleet.db")
        return
    with postgres.running() as cluster:
        yield PostgresDatabase(cluster)
