# SPDX-License-Identifier: Apache-2.0
"""The migrations make exactly the tables that the code uses, on both engines."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from fleet.store.every_table import metadata
from fleet.store.months import PARENT
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import event, event_content, kiosk


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
        assert MigrationContext.configure(connection).get_current_revision() == "0027"
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
