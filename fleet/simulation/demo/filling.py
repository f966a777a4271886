# SPDX-License-Identifier: Apache-2.0
"""Writes a made-up country into an empty database: facility by facility, in bounded memory, in one transaction.

The digest covers every row as it was made, whichever database it went into; numbers that the database gives are
left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import func, inspect, select, text

from fleet.simulation.demo import figures, troubles, voices
from fleet.simulation.demo.books import PeopleByDay, workload_rows
from fleet.simulation.demo.country import facilities, shares
from fleet.simulation.demo.kiosks import help_rows, kiosk_at, kiosk_row, state_rows
from fleet.simulation.demo.plan import DemoRefusedError
from fleet.simulation.demo.visits import visits_at
from fleet.store import alert_tables, complaint_tables, import_tables, sum_tables, tables
from fleet.store.many import Insertion
from fleet.store.session import truncate_log
from fleet.store.sums import work_by_week

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine, Table

    from fleet.simulation.demo.country import Facility
    from fleet.simulation.demo.kiosks import Kiosk
    from fleet.simulation.demo.plan import Plan
    from fleet.simulation.demo.visits import Row

_AT_ONCE = 20_000  # rows
# Rows that migrations write.
_ALWAYS_THERE = frozenset({"alembic_version", tables.shard_lease.name, alert_tables.alert_watch.name})

# In the order in which rows refer to each other.
_COLUMNS: dict[Table, tuple[str, ...]] = {
    tables.kiosk: tuple(tables.kiosk.c.keys()),
    tables.device_state: tuple(tables.device_state.c.keys()),
    tables.help_call: tuple(tables.help_call.c.keys()),
    tables.event: tuple(tables.event.c.keys()),
    tables.stream: ("kiosk", "stream", "parent_stream", "parent_seq", "acked", "head", "moved_ms"),
    tables.enrollment: tuple(tables.enrollment.c.keys()),
    tables.person: tuple(tables.person.c.keys()),
    tables.workload_day: tuple(tables.workload_day.c.keys()),
    sum_tables.workload_week: tuple(sum_tables.workload_week.c.keys()),
    tables.coverage_day: tuple(tables.coverage_day.c.keys()),
    sum_tables.unused_code_day: tuple(sum_tables.unused_code_day.c.keys()),
    tables.alarm: ("kiosk", "kind", "stream", "seq", "raised_ms"),
    tables.quarantine: ("kiosk", "kind", "reason", "digest", "size_bytes", "received_ms"),
    tables.refusal: tuple(tables.refusal.c.keys()),
    tables.code_day: tuple(tables.code_day.c.keys()),
    complaint_tables.opinion_day: tuple(complaint_tables.opinion_day.c.keys()),
    complaint_tables.complaint: (
        *(
            "number",
            "profile",
            "province",
            "facility",
            "kiosk",
            "ident",
            "source",
            "category",
            "term",
            "state",
            "words",
        ),
        *(
            "codes",
            "said_day",
            "opened_ms",
            "due_ms",
            "responsible",
            "taken_ms",
            "answer",
            "answered_by",
            "answered_ms",
        ),
        *("closed_by", "closed_ms", "reopened"),
    ),
    tables.denominator: tuple(tables.denominator.c.keys()),
    tables.official: tuple(tables.official.c.keys()),
    tables.indicator_figure: tuple(tables.indicator_figure.c.keys()),
}
# Summed when all is there; the digest covers what they are sums of.
_BY_PROVINCE = {
    tables.workload_day: sum_tables.workload_province_day,
    complaint_tables.opinion_day: sum_tables.opinion_province_day,
}
_FIGURES = {"denominators": tables.denominator, "official": tables.official, "indicators": tables.indicator_figure}


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made: rows by table, and the SHA-256 of all of them in hexadecimal."""

    rows: dict[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class _Made:
    """A kiosk with the people who come to it."""

    kiosk: Kiosk
    people: range


def fill(connection: Connection, plan: Plan, tell: Callable[[int], None]) -> Filled:
    """Make the country; `tell` hears now and then how many people came so far. The caller's transaction keeps it.

    Raises:
        DemoRefusedError: the database is not empty.
    """
    _require_empty(connection)
    shelf, by_day, done = _Shelf(connection), PeopleByDay(), 0
    _import(connection, shelf, plan)
    for facility, kiosks in _peopled(plan):
        _fill_facility(shelf, by_day, plan, facility, kiosks)
        done += sum(len(each.people) for each in kiosks)
        if shelf.put_away_when_full():
            tell(done)
    shelf.add(tables.coverage_day, by_day.rows())
    shelf.add(sum_tables.unused_code_day, by_day.unused_rows())
    shelf.add(tables.refusal, troubles.stranger_rows(plan))
    shelf.put_away()
    summed = {str(sums.name): _sum_by_province(connection, days, sums) for days, sums in _BY_PROVINCE.items()}
    return Filled(dict(sorted((shelf.counts | summed).items())), shelf.digest())


def settle(engine: Engine) -> None:
    """Let a database that was filled at once plan and read as one that has lived."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (ANALYZE)"))
    truncate_log(engine)


def _require_empty(connection: Connection) -> None:
    for name in sorted(set(inspect(connection).get_table_names()) - _ALWAYS_THERE):
        if connection.execute(text(f'SELECT 1 FROM "{name}" LIMIT 1')).first() is not None:  # noqa: S608 - a table
            message = (
                f"The database is not empty: {name} holds something. Give a new one, after `dipchip-fleet migrate`."
            )
            raise DemoRefusedError(message)


def _peopled(plan: Plan) -> Iterator[tuple[Facility, list[_Made]]]:
    """The facilities, and how the people are shared out among their kiosks."""
    places = [(each, [kiosk_at(plan, each, n) for n in each.kiosks]) for each in facilities(plan.seed, plan.kiosks)]
    busy = [kiosk.busy for _, kiosks in places for kiosk in kiosks]
    counts = iter(shares(plan.people, busy) if any(busy) else [0] * len(busy))
    first = 0
    for facility, kiosks in places:
        made = []
        for kiosk in kiosks:
            count = next(counts)
            made.append(_Made(kiosk, range(first, first + count)))
            first += count
        yield facility, made


def _fill_facility(shelf: _Shelf, by_day: PeopleByDay, plan: Plan, facility: Facility, kiosks: Sequence[_Made]) -> None:
    everybody, found = [], []
    for each in kiosks:
        kiosk = each.kiosk
        visits = visits_at(plan, facility, kiosk, each.people)
        shelf.add(tables.kiosk, [kiosk_row(plan, facility, kiosk)])
        shelf.add(tables.device_state, state_rows(plan, kiosk, len(visits.came)))
        shelf.add(tables.help_call, help_rows(plan, kiosk))
        shelf.add(tables.event, visits.events)
        shelf.add(tables.stream, visits.streams)
        shelf.add(tables.enrollment, visits.enrollments)
        shelf.add(tables.person, visits.people)
        shelf.add(tables.alarm, troubles.alarm_rows(plan, kiosk, visits))
        shelf.add(tables.quarantine, troubles.quarantine_rows(plan, kiosk, visits))
        shelf.add(tables.refusal, troubles.refusal_rows(plan, kiosk, visits))
        shelf.add(tables.code_day, troubles.code_rows(plan, kiosk))
        shelf.add(complaint_tables.complaint, voices.complaint_rows(plan, facility, kiosk))
        found.append(visits)
        everybody += visits.came
    work = workload_rows(facility, everybody)
    shelf.add(tables.workload_day, work)
    shelf.add(sum_tables.workload_week, work_by_week(work))
    shelf.add(complaint_tables.opinion_day, voices.opinion_rows(plan, facility, found))
    for visit in everybody:
        if visit.of is None:
            by_day.count(visit.road)


def _sum_by_province(connection: Connection, days: Table, sums: Table) -> int:
    """Add up what stands there by facility, as `fleet.store.sums` does while it comes in; how many rows that makes."""
    columns = [func.sum(days.c[each.name]) if not each.primary_key else days.c[each.name] for each in sums.c]
    of = [days.c[each.name] for each in sums.primary_key]
    connection.execute(sums.insert().from_select(sums.c.keys(), select(*columns).group_by(*of)))
    return connection.execute(select(func.count()).select_from(sums)).scalar_one()


def _import(connection: Connection, shelf: _Shelf, plan: Plan) -> None:
    for each in figures.imports(plan):
        written = tables.import_batch.insert().values(**each.batch(plan)).returning(tables.import_batch.c.id)
        number = connection.execute(written).scalar_one()
        connection.execute(import_tables.import_proposal.insert().values(**each.entry(plan), batch=number))
        shelf.add(_FIGURES[each.kind], each.rows, number)
    connection.execute(tables.announcement.insert(), figures.announcements(plan))
    connection.execute(complaint_tables.help_number.insert(), figures.help_numbers(plan))


class _Shelf:
    """Gathers rows until there are many, and writes those of each table together; counts and digests all of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._into = {table: Insertion(table, *columns) for table, columns in _COLUMNS.items()}
        self._rows: dict[Table, list[Row]] = {table: [] for table in _COLUMNS}
        self._waiting = 0
        self._hash = sha256()
        self._encoder = msgspec.msgpack.Encoder()
        self.counts: dict[str, int] = {}

    def add(self, table: Table, rows: Sequence[Row], *more: object) -> None:
        """Take rows of a table; `more` stands at the end of each and is not digested."""
        if not rows:
            return
        self._hash.update(self._encoder.encode((str(table.name), rows)))
        self._rows[table] += [(*row, *more) for row in rows] if more else rows
        self._waiting += len(rows)
        self.counts[str(table.name)] = self.counts.get(str(table.name), 0) + len(rows)

    def put_away_when_full(self) -> bool:
        """Write what is there if it is much; whether it was."""
        if self._waiting < _AT_ONCE:
            return False
        self.put_away()
        return True

    def put_away(self) -> None:
        """Write what is there."""
        for table, rows in self._rows.items():
            self._into[table].add(self._connection, rows)
            rows.clear()
        self._waiting = 0

    def digest(self) -> str:
        """Of all rows so far."""
        return self._hash.hexdigest()
