# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL keeps the bytes of events by the month (UTC) of their receipt: made ahead, detachable when old.

What is received in a month that nobody made goes into the rest, and is moved when its month is made. SQLite has one
table. The ledger itself, by which events are recognised, is never divided. Source: docs/adr/0017.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from sqlalchemy import text

from fleet.errors import FleetError
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

PARENT = "event_content"
REST = f"{PARENT}_rest"
AHEAD = 3  # months beyond this one: a job that fails has a quarter of a year to be mended
_DECEMBER = 12
_MADE = re.compile(rf"{PARENT}_([0-9]{{4}})_([0-9]{{2}})")
_WRITTEN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


class MonthError(FleetError):
    """A month cannot be detached; says why, and what to do."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, at_ms: int) -> Self:
        """The month of a moment."""
        day = datetime.fromtimestamp(at_ms / 1000, UTC)
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read `2026-11`.

        Raises:
            MonthError: when it is no month.
        """
        found = _WRITTEN.fullmatch(written)
        if found is None:
            message = f"{written!r} is no month. Give it as 2026-11."
            raise MonthError(message)
        return cls(int(found[1]), int(found[2]))

    @property
    def table(self) -> str:
        """The partition's name."""
        return f"{PARENT}_{self.year:04}_{self.number:02}"

    @property
    def begins_ms(self) -> int:
        """Its first millisecond."""
        return int(datetime(self.year, self.number, 1, tzinfo=UTC).timestamp()) * 1000

    def next(self) -> Self:
        """The month after it."""
        if self.number == _DECEMBER:
            return type(self)(self.year + 1, 1)
        return type(self)(self.year, self.number + 1)


def made(connection: Connection) -> list[Month]:
    """The months that are attached, oldest first."""
    names = connection.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = cast(:parent AS regclass)"),
        {"parent": PARENT},
    ).scalars()
    return sorted(Month(int(found[1]), int(found[2])) for name in names if (found := _MADE.fullmatch(name)))


def kept_since_ms(engine: Engine) -> int:
    """From when on the bytes of every event are here: the first month that is attached."""
    if engine.dialect.name != "postgresql":
        return 0
    with reading(engine) as connection:
        months = made(connection)
        return months[0].begins_ms if months and not _has_rest_before(connection, months[0]) else 0


def _has_rest_before(connection: Connection, month: Month) -> bool:
    found = connection.execute(
        text(f"SELECT EXISTS (SELECT 1 FROM {REST} WHERE received_ms < :begins)"),  # noqa: S608 - a constant
        {"begins": month.begins_ms},
    )
    return bool(found.scalar_one())


def make_ahead(engine: Engine, now_ms: int) -> list[Month]:
    """Make this month, those ahead, and those of which the rest holds rows; which were made. Again: nothing."""
    if engine.dialect.name != "postgresql":
        return []
    with unit_of_work(engine) as connection:
        # Nobody writes meanwhile: a row that came into the rest after its month was emptied would be refused there.
        connection.execute(text(f"LOCK TABLE {PARENT} IN SHARE ROW EXCLUSIVE MODE"))
        there = set(made(connection))
        missing = sorted(month for month in _wanted(connection, now_ms) if month not in there)
        for month in missing:
            _make(connection, month)
    return missing


def _wanted(connection: Connection, now_ms: int) -> set[Month]:
    wanted = {Month.of(at_ms) for at_ms in _of_rest(connection)}
    month = Month.of(now_ms)
    for _ in range(AHEAD + 1):
        wanted.add(month)
        month = month.next()
    return wanted


def _of_rest(connection: Connection) -> list[int]:
    month = "date_trunc('month', to_timestamp(received_ms / 1000.0) AT TIME ZONE 'UTC')"
    first = text(f"SELECT min(received_ms) FROM {REST} GROUP BY {month}")  # noqa: S608 - constants
    return list(connection.execute(first).scalars())


def _make(connection: Connection, month: Month) -> None:
    table, begins, ends = month.table, month.begins_ms, month.next().begins_ms
    moved = f"DELETE FROM {REST} WHERE received_ms >= {begins} AND received_ms < {ends} RETURNING *"  # noqa: S608 - numbers
    for statement in (
        f"CREATE TABLE {table} (LIKE {PARENT} INCLUDING ALL)",
        f"WITH moved AS ({moved}) INSERT INTO {table} SELECT * FROM moved",  # noqa: S608 - as above
        f"ALTER TABLE {PARENT} ATTACH PARTITION {table} FOR VALUES FROM ({begins}) TO ({ends})",
    ):
        connection.execute(text(statement))


def detach(connection: Connection, month: Month, now_ms: int) -> None:
    """Take an old month's bytes out of the ledger's sight; its table stays, to be dumped and dropped by hand.

    Events of it are recognised for ever: only what was signed is gone from here.

    Raises:
        MonthError: it is not there or not over, an older one still is, or somebody in it waits for the relay.
    """
    months = made(connection) if connection.dialect.name == "postgresql" else []
    if month not in months or month >= Month.of(now_ms):
        message = f"{month.year:04}-{month.number:02} is not an attached month that is over. Look with \\d+ {PARENT}."
        raise MonthError(message)
    if month != months[0]:
        message = f"{months[0].table} is older and still attached. Detach the oldest first."
        raise MonthError(message)
    if connection.execute(text(_WAITING.replace("{table}", month.table))).scalar_one():
        message = f"{month.table} holds sealed identities that the relay has yet to submit. Let it finish first."
        raise MonthError(message)
    connection.execute(text(f"ALTER TABLE {PARENT} DETACH PARTITION {month.table}"))


_WAITING = (
    "SELECT EXISTS (SELECT 1 FROM {table} JOIN enrollment ON enrollment.event = {table}.event"
    " WHERE {table}.attachment IS NOT NULL AND enrollment.state IN ('captured', 'submitted'))"
)
