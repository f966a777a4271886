# SPDX-License-Identifier: Apache-2.0
"""The migrations make exactly the tables that the code uses, on both engines."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from fleet.store.complaint_tables import opinion_day
from fleet.store.every_table import metadata
from fleet.store.months import PARENT
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.sum_tables import unused_code_day, workload_week
from fleet.store.tables import event, event_content, kiosk, person, workload_day
from tests.fleet.sums import untrue_sums


def _is_no_partition(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind == "table" and name and name.startswith(f"{PARENT}_"))


def test_the_migrations_make_the_tables_that_the_code_defines(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine)
    with reading(engine) as connection:
        opts = {"compare_type": True, "compare_server_default": True, "include_name": _is_no_partition}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine)
    upgrade(engine)
    with reading(engine) as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0032"
    engine.dispose()


def test_bytes_that_were_in_the_ledger_are_moved_out_of_it_whole(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine, "0003")
    with unit_of_work(engine) as connection:
        row = {"id": "k-one", "facility": "10670", "province": "41", "shard": "a7", "event_key": "", "courier_key": ""}
        connection.execute(kiosk.insert().values(**row, status="active", registered_ms=1))
        for n in (1, 2):
            values: dict[str, object] = {
                "id": f"e{n}",
                "kiosk": "k-one",
                "stream": "s",
                "seq": n,
                "received_ms": n * 10**12,
            }
            values |= {"digest": bytes([n]) * 32, "signed": b"s" * n, "attachment": b"a" if n == 1 else None}
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO event ({names}) VALUES ({marks})"), values)  # noqa: S608 - constants
    upgrade(engine)
    with reading(engine) as connection:
        moved = connection.execute(select(event_content).order_by(event_content.c.event)).all()
        left = connection.execute(select(event.c.id, event.c.seq).order_by(event.c.seq)).all()
    engine.dispose()
    assert [tuple(each) for each in moved] == [("e1", 10**12, b"s", b"a"), ("e2", 2 * 10**12, b"ss", None)]
    assert [tuple(each) for each in left] == [("e1", 1), ("e2", 2)]


def test_sums_are_made_of_the_days_that_are_there(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine, "0027")
    days = [f"2026-10-{day:02}" for day in range(1, 29)]
    with unit_of_work(engine) as connection:
        for n, day in enumerate(days):
            for facility in ("10670", "11013")[: 1 + n % 2]:
                place = {"profile": "live", "province": "41", "facility": facility, "day": day}
                visits = {"captured": n % 3, "duplicates": n % 2, "lapsed": n}
                connection.execute(workload_day.insert().values(place | visits))
                connection.execute(opinion_day.insert().values(place | {"code": "rated_5", "n": n + 1}))
    upgrade(engine)
    with reading(engine) as connection:
        assert untrue_sums(connection) == []
        weeks = connection.execute(select(workload_week).order_by("week").where(workload_week.c.facility == "10670"))
        assert [(row.week, row.captured, row.weekdays, row.last_day) for row in weeks] == [
            ("2026-09-26", 1, 0b1000000, "2026-10-02"),
            ("2026-10-03", 8, 0b1101101, "2026-10-09"),
            ("2026-10-10", 6, 0b0110110, "2026-10-16"),
            ("2026-10-17", 7, 0b1011011, "2026-10-23"),
            ("2026-10-24", 5, 0b0001101, "2026-10-28"),
        ]
    engine.dispose()


def test_people_whose_code_waits_are_counted_as_they_stand(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine, "0028")
    almost_midnight_ms = 1_795_280_399_999  # 2026-11-21 23:59:59.999 in Bangkok
    with unit_of_work(engine) as connection:
        row = {"id": "k-one", "facility": "10670", "province": "41", "shard": "a7", "event_key": "", "courier_key": ""}
        connection.execute(kiosk.insert().values(**row, status="active", registered_ms=1))
        for n, (state, province, at_ms) in enumerate(
            [
                ("accepted", "41", almost_midnight_ms),
                ("accepted", "41", almost_midnight_ms + 1),
                ("accepted", None, almost_midnight_ms + 1),
                ("activated", "41", almost_midnight_ms),
            ]
        ):
            name = f"e{n}"
            moment = {"stream": name, "seq": 1, "digest": bytes(32), "received_ms": 1}
            connection.execute(event.insert().values(id=name, kiosk="k-one", **moment))
            who = {"token": name.encode() * 8, "profile": "live", "first_event": name}
            connection.execute(person.insert().values(**who, state=state, province=province, accepted_ms=at_ms))
    upgrade(engine)
    with reading(engine) as connection:
        assert untrue_sums(connection) == []
        found = connection.execute(select(unused_code_day).order_by("province", "day")).all()
    engine.dispose()
    assert [tuple(row) for row in found] == [
        ("live", "", "2026-11-22", 1),
        ("live", "41", "2026-11-21", 1),
        ("live", "41", "2026-11-22", 1),
    ]
