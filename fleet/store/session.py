# SPDX-License-Identifier: Apache-2.0
"""The database engine from one URL, and the one way to write: a unit of work that is durable once it has ended.

SQLite runs as WAL with `synchronous=FULL` and `psow=0`: the usual defaults lose acknowledged rows at a power cut.
PostgreSQL keeps its own `synchronous_commit=on`. Bound values never reach an error message or a log.
Source: security design, section 5.5.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from fleet.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Table

_BUSY_S = 15.0  # how long a writer waits for another process's transaction
_WRITING = "dipchip_writing"
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",  # an erased identity leaves no free page behind
    "PRAGMA temp_store=MEMORY",
)


def open_engine(url: str) -> Engine:
    """Open SQLite (`sqlite:///file`) or PostgreSQL (`postgresql://...`); connects on first use.

    Raises:
        ConfigError: when the URL names neither.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        message = "database_url is not a URL. Give sqlite:///file or postgresql://user@host/name."
        raise ConfigError(message) from error
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), hide_parameters=True, pool_pre_ping=True)
    message = f"database_url names {backend!r}. Give sqlite:///file or postgresql://user@host/name."
    raise ConfigError(message)


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        message = "database_url names no file. Give sqlite:///file."
        raise ConfigError(message)
    place = f"file:{quote(url.database)}?psow=0"

    def connect() -> sqlite3.Connection:
        # Autocommit at the driver, so that `BEGIN` below is the only one there is.
        connection = sqlite3.connect(
            place, timeout=_BUSY_S, isolation_level=None, check_same_thread=False, uri=True, cached_statements=256
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.create_function("from_hex", 1, bytes.fromhex, deterministic=True)  # JSON has no bytes
        return connection

    engine = create_engine(url, creator=connect, poolclass=QueuePool, hide_parameters=True)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: a transaction that reads first and writes later can fail half-way.
    writing = connection.get_execution_options().get(_WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def unit_of_work(engine: Engine) -> Iterator[Connection]:
    """Write: everything inside is committed together at the end, or none of it."""
    with engine.connect().execution_options(**{_WRITING: True}) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read one consistent state without holding up a writer."""
    with engine.connect() as connection, connection.begin():
        yield connection


def insert(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - two dialects, one interface, no common type
    """An INSERT that knows ON CONFLICT, in the dialect of this connection."""
    return (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(table)


def truncate_log(engine: Engine) -> None:
    """Fold SQLite's write-ahead log into the file and empty it, so that erased rows do not linger there.

    Does nothing on PostgreSQL, and leaves the log for the next time while another process reads.
    """
    if engine.dialect.name != "sqlite":
        return
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        raw.close()
