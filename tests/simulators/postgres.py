# SPDX-License-Identifier: Apache-2.0
"""A private, real PostgreSQL: its own cluster in a temporary directory, on a unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, create_engine, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    _Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_OWNER = "postgres"  # PostgreSQL refuses to run as root
_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_OTHER_TABLES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname != ALL(%s) ORDER BY relname
"""
_COUNTED = """
SELECT seqrelid::regclass::text, coalesce(pg_sequence_last_value(seqrelid), seqstart),
       pg_sequence_last_value(seqrelid) IS NOT NULL FROM pg_sequence
"""
_SHAPE = """
SELECT (SELECT jsonb_agg(jsonb_build_array(relname, relkind, relowner, relrowsecurity, relforcerowsecurity, relnatts)
                         ORDER BY relname)
          FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT jsonb_agg(jsonb_build_array(tgrelid::regclass, tgname, tgenabled) ORDER BY tgrelid, tgname)
          FROM pg_trigger WHERE NOT tgisinternal),
       (SELECT jsonb_agg(jsonb_build_array(polrelid::regclass, polname) ORDER BY polrelid, polname)
          FROM pg_policy)
"""


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

    def slate(self, template: str) -> Slate:
        """One database like `template` that can be wiped."""
        return Slate(self, template)

    def connected(self, database: str) -> _Connection:
        """A connection to one of its databases, outside transactions, by the driver alone."""
        return psycopg.connect(host=str(self._directory), user=_OWNER, dbname=database, autocommit=True)


class Slate:
    """A copy of a database that is wiped between tests: to wipe it takes a tenth of what a new copy would.

    It is made anew when a test has changed what a wipe does not put back: columns, triggers, policies, owners.
    """

    def __init__(self, cluster: Cluster, template: str) -> None:
        self._cluster = cluster
        self._template = template
        with cluster.connected(template) as connection:
            self._shape = _shape(connection)
            self._tables = [name for (name,) in connection.execute(_OTHER_TABLES, [[]]).fetchall()]
            self._counted = connection.execute(_COUNTED).fetchall()
            every = {table: _rows(connection, table) for table in self._tables}
        self._written = {table: rows for table, rows in every.items() if rows}
        self._wipe = SQL("; ").join(SQL("DELETE FROM {}").format(Identifier(table)) for table in self._tables)
        self._name: str | None = None

    def clean(self) -> str:
        """The database's name, when it is as the template."""
        if self._name is None or not self._wiped(self._name):
            self._name = self._cluster.create(self._template)
        return self._name

    def _wiped(self, name: str) -> bool:
        with self._cluster.connected(name) as connection:
            connection.execute(_ALONE)
            for (extra,) in connection.execute(_OTHER_TABLES, [list(self._tables)]).fetchall():
                connection.execute(SQL("DROP TABLE {}").format(Identifier(extra)))
            if _shape(connection) != self._shape:
                return False
            with connection.transaction():
                connection.execute("SET LOCAL session_replication_role = replica")  # no guard of a table holds rows
                connection.execute(self._wipe)
                connection.cursor().executemany("SELECT setval(%s::regclass, %s, %s)", self._counted)
                for table, rows in self._written.items():
                    with connection.cursor().copy(SQL("COPY {} FROM STDIN").format(Identifier(table))) as copy:
                        copy.write(rows)
        return True


def _rows(connection: _Connection, table: str) -> bytes:
    with connection.cursor().copy(SQL("COPY {} TO STDOUT").format(Identifier(table))) as copy:
        return b"".join(copy)


def _shape(connection: _Connection) -> tuple[Any, ...] | None:
    return connection.execute(_SHAPE).fetchone()


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
        # To tidy up behind tests would take longer than they do.
        options = f"-c listen_addresses='' -c unix_socket_directories='{directory}' -c fsync={fsync} -c autovacuum=off"
        run("pg_ctl", "-D", str(data), "-w", "-l", str(directory / "log"), "-o", options, "start")
        try:
            yield Cluster(directory)
        finally:
            run("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(directory)
