# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL primary and its real standby on unix sockets: one can die, the other take over.

Both write through to the disk. Whether the standby is synchronous is told to the primary while it runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, create_engine, text

from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
_OWNER = "postgres"  # PostgreSQL refuses to run as root
_FIRST, _SECOND = "first", "second"


class Node:
    """One server in a folder of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        self.data = self.folder / "data"
        if os.geteuid() == 0:
            shutil.chown(self.folder, _OWNER)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the user that may."""
        with (self.folder / "output").open("ab") as output:
            subprocess.run(
                [str(_BINARIES[-1].parent / program), *arguments],
                check=True,
                stdout=output,
                stderr=output,
                user=_OWNER if os.geteuid() == 0 else None,
                cwd=self.folder,
            )

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}'"
        self.run("pg_ctl", "-D", str(self.data), "-w", "-l", str(self.folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it in order."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "-m", "fast", "stop")

    def kill(self) -> None:
        """SIGKILL to the server and all that it has started, as a power cut would; it counts as gone from then on."""
        server = int((self.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in (server, *map(int, children)):
            with suppress(ProcessLookupError):  # one that has just ended by itself
                os.kill(process, signal.SIGKILL)
        (self.data / "postmaster.pid").unlink()  # the server may stay a zombie for a while, which looks alive

    @property
    def runs(self) -> bool:
        """Whether its server is there."""
        file = self.data / "postmaster.pid"
        return file.exists() and Path(f"/proc/{file.read_text().split()[0]}").exists()

    def promote(self) -> None:
        """Let it take over."""
        self.run("pg_ctl", "-D", str(self.data), "-w", "promote")

    def ask(self, statement: str, database: str = "postgres") -> Any:  # noqa: ANN401 - whatever the statement asks for
        """The one value that a statement gives, outside a transaction."""
        engine = create_engine(_url([self.folder], database), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            value = result.scalar_one_or_none() if result.returns_rows else None
        engine.dispose()
        return value


class Pair:
    """A primary with a database `fleet`, and its standby."""

    def __init__(self, folder: Path) -> None:
        self.first = Node(folder, _FIRST)
        self.second = Node(folder, _SECOND)

    @property
    def url(self) -> str:
        """Whichever of the two takes writes."""
        return _url([self.first.folder, self.second.folder], "fleet")

    def make(self) -> None:
        """Make the primary, copy it into the standby, and start both."""
        first = self.first
        first.run("initdb", "-D", str(first.data), "-U", _OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        first.start()
        first.ask("CREATE DATABASE fleet")
        place = f"host={first.folder} user={_OWNER} application_name={_SECOND}"
        self.second.run("pg_basebackup", "-d", place, "-D", str(self.second.data), "-R", "-X", "stream", "-c", "fast")
        self.second.start()
        wait_until(lambda: first.ask("SELECT count(*) FROM pg_stat_replication") == 1, "the standby follows")

    def synchronous(self, *, wanted: bool) -> None:
        """Let commits wait for the standby, or no longer."""
        names = _SECOND if wanted else ""
        self.first.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.first.ask("SELECT pg_reload_conf()")
        state = "sync" if wanted else "async"
        asked = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = "
        if wanted or self.second.runs:
            wait_until(lambda: self.first.ask(f"{asked}'{state}'") == 1, f"the standby is {state}")

    def stop(self) -> None:
        """Stop what still runs."""
        for node in (self.second, self.first):
            if node.runs:
                node.run("pg_ctl", "-D", str(node.data), "-w", "-m", "immediate", "stop")


def _url(folders: list[Path], database: str) -> str:
    place = {"host": ",".join(map(str, folders)), "target_session_attrs": "any" if len(folders) == 1 else "read-write"}
    url = URL.create("postgresql+psycopg", username=_OWNER, database=database, query=place)
    return url.render_as_string(hide_password=False)


@contextmanager
def pair() -> Iterator[Pair]:
    """Run both, and erase them at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pgs"))
    folder.chmod(0o755)
    made = Pair(folder)
    try:
        made.make()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder)
