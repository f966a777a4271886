# SPDX-License-Identifier: Apache-2.0
"""A private, real PostgreSQL: its own cluster in a temporary directory, on a unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_OWNER = "postgres"  # PostgreSQL refuses to run as root


def missing() -> str | None:
    """Why no cluster can be started here, None when one can."""
    return None if _BINARIES else "PostgreSQL is not installed: apt-get install postgresql"


class Cluster:
    """A running cluster; each database is a copy of a prepared one."""

    def __init__(self, socket_directory: Path) -> None:
        self._directory = socket_directory
        self._copies = 0

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        place = URL.create(
            "postgresql+psycopg", username=_OWNER, database=database, query={"host": str(self._directory)}
        )
        return place.render_as_string(hide_password=False)

    def create(self, template: str | None = None) -> str:
        """Make a database, a copy of `template` if given, and return its name."""
        self._copies += 1
        name = f"database_{self._copies}"
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
        engine.dispose()
        return name


@contextmanager
def running(*, durable: bool = False) -> Iterator[Cluster]:
    """Start a cluster, and stop and erase it at the end. Only a durable one waits for the disk, as in the field."""
    owner = _OWNER if os.geteuid() == 0 else None
    directory = Path(tempfile.mkdtemp(prefix="pg"))
    data = directory / "data"
    if owner:
        shutil.chown(directory, owner)
    binaries = _BINARIES[-1].parent

    def run(program: str, *arguments: str) -> None:
        # Output goes to a file: the server inherits it and would keep a pipe open.
        with (directory / "output").open("ab") as output:
            subprocess.run(
                [str(binaries / program), *arguments],
                check=True,
                stdout=output,
                stderr=output,
                user=owner,
                cwd=directory,
            )

    try:
        run("initdb", "-D", str(data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        fsync = "on" if durable else "off"
        options = f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c fsync={fsync}"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield Cluster(directory)
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory)
