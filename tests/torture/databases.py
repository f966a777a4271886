# SPDX-License-Identifier: Apache-2.0
"""The controller's database, real: backed up while it is at work, and restored as an operator would."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import create_engine, make_url, text

from tests.simulators import postgres
from tests.simulators.services import script

if TYPE_CHECKING:
    from collections.abc import Iterator

_COPY = "restored"


class Database(Protocol):
    """A database that can fail and be put back."""

    url: str

    def back_up(self, to: Path, settings: Path) -> str | None:
        """Copy it as it stands while others use it, and have the copy read; what was found wrong with it."""

    def restore(self, backup: Path) -> None:
        """Put a backup in its place; nobody uses it."""

    def crash(self) -> bool:
        """Let it die and come back, while others use it; whether it is a process that can."""


class SqliteDatabase:
    """One file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = f"sqlite:///{file}"

    def back_up(self, to: Path, settings: Path) -> str | None:
        """See `Database`."""
        return _said("backup", "--config", str(settings), str(to))

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
        self._cluster = cluster
        self._name = cluster.create()
        self.url = cluster.url(self._name)
        self._folder = Path(str(make_url(self.url).query["host"]))

    def back_up(self, to: Path, settings: Path) -> str | None:
        """See `Database`: by PostgreSQL's own tools; the copy is read where it was restored."""
        subprocess.run(["pg_dump", "--format=custom", f"--file={to}", _plain(self.url)], check=True)
        self._restored(to, _COPY)
        return _said("verify-backup", "--config", str(settings), self._cluster.url(_COPY))

    def restore(self, backup: Path) -> None:
        """See `Database`."""
        self._restored(backup, self._name)

    def _restored(self, backup: Path, name: str) -> None:
        engine = create_engine(self._cluster.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        to = f"--dbname={_plain(self._cluster.url(name))}"
        subprocess.run(["pg_restore", to, "--exit-on-error", str(backup)], check=True)

    def crash(self) -> bool:
        """See `Database`: every process of it is ended at once, and it recovers from its log."""
        binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
        again = [str(binaries / "pg_ctl"), "-D", str(self._folder / "data"), "-m", "immediate", "-w", "restart"]
        with (self._folder / "output").open("ab") as output:
            subprocess.run(again, check=True, stdout=output, stderr=output, user=_owner(), cwd=self._folder)
        return True


def _plain(url: str) -> str:
    """For PostgreSQL's own tools."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _said(*command: str) -> str | None:
    """Run a command of the controller's; what it objects to, None when it does not."""
    ran = subprocess.run([script("dipchip-fleet"), *command], check=False, capture_output=True, text=True)
    return None if ran.returncode == 0 else ran.stderr.strip()[-500:]


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
