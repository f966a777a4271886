# SPDX-License-Identifier: Apache-2.0
"""Many rows in one statement whose text never changes, so that it is planned once: a batch costs what one row did.

PostgreSQL takes one array for each column and unnests them. SQLite takes the keys it looks up as one JSON array, and
what it inserts by one prepared statement. A value is never part of a statement's text.
"""

from __future__ import annotations

import json
from enum import StrEnum
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, LargeBinary

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Connection, Row, Table

Key = tuple[Any, ...]
_BLOCK = 32  # rows of one statement in SQLite, which is prepared once


class Of(StrEnum):
    """What a column holds, as PostgreSQL calls it."""

    TEXT = "text"
    NUMBER = "bigint"
    BYTES = "bytea"


class Lookup:
    """A statement that looks up many keys at once; its text reads them `FROM {asked}`, as columns of `asked`."""

    def __init__(self, text: str, *, on_postgresql: str = "", **columns: Of) -> None:
        """Keys have these columns; `on_postgresql` is what the text ends in there."""
        arrays = ", ".join(f"%b::{kind}[]" for kind in columns.values())
        members = ", ".join(_member(n, name, kind) for n, (name, kind) in enumerate(columns.items()))
        self._postgresql = text.replace("{asked}", f"unnest({arrays}) AS asked ({', '.join(columns)})") + on_postgresql
        self._sqlite = text.replace("{asked}", f"(SELECT {members} FROM json_each(?)) AS asked")  # noqa: S608 - constants

    def rows(self, connection: Connection, keys: Collection[Key]) -> Sequence[Row[Any]]:
        """What is found for these keys, in no order; a key that is asked twice may be answered twice."""
        if not keys:
            return ()
        if connection.dialect.name == "sqlite":
            return connection.exec_driver_sql(self._sqlite, (_json(keys),)).all()
        return connection.exec_driver_sql(self._postgresql, _columns(keys)).all()


class Insertion:
    """An INSERT of many rows of these columns, and what happens to a row that is there already."""

    def __init__(self, table: Table, *columns: str, on_conflict: str = "") -> None:
        names = ", ".join(f'"{name}"' for name in columns)
        arrays = ", ".join(f"%b::{_of(table, name)}[]" for name in columns)
        marks = ", ".join("?" for _ in columns)
        then = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        into = f'INSERT INTO "{table.name}" ({names})'
        self._postgresql = f"{into} SELECT * FROM unnest({arrays}){then}"  # noqa: S608 - constants
        self._sqlite = f"{into} VALUES ({marks}){then}"
        self._sqlite_block = f"{into} VALUES {', '.join([f'({marks})'] * _BLOCK)}{then}"

    def add(self, connection: Connection, rows: Sequence[Key]) -> None:
        """Insert these rows. With `DO UPDATE` no two of them may be the same."""
        if not rows:
            return
        if connection.dialect.name == "sqlite":
            self._add_to_sqlite(connection, rows)
        else:
            connection.exec_driver_sql(self._postgresql, _columns(rows))

    def _add_to_sqlite(self, connection: Connection, rows: Sequence[Key]) -> None:
        # The driver gives the interpreter away and asks for it back at each execution of a statement: not at each row.
        in_blocks = len(rows) - len(rows) % _BLOCK
        for first in range(0, in_blocks, _BLOCK):
            values = tuple(chain.from_iterable(rows[first : first + _BLOCK]))
            connection.exec_driver_sql(self._sqlite_block, values)
        if in_blocks < len(rows):
            connection.exec_driver_sql(self._sqlite, list(rows[in_blocks:]))


def _columns(rows: Collection[Key]) -> tuple[list[Any], ...]:
    return tuple(list(column) for column in zip(*rows, strict=True))


def _json(keys: Collection[Key]) -> str:
    return json.dumps([[value.hex() if isinstance(value, bytes) else value for value in key] for key in keys])


def _member(n: int, name: str, kind: Of) -> str:
    value = f"json_extract(value, '$[{n}]')"
    return f"from_hex({value}) AS {name}" if kind is Of.BYTES else f"{value} AS {name}"


def _of(table: Table, name: str) -> Of:
    kind = table.c[name].type
    if isinstance(kind, LargeBinary):
        return Of.BYTES
    return Of.NUMBER if isinstance(kind, Integer) else Of.TEXT
