# SPDX-License-Identifier: Apache-2.0
"""The migrations make exactly the tables that the code uses, on both engines."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading
from fleet.store.tables import metadata


def test_the_migrations_make_the_tables_that_the_code_defines(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_migrating_twice_changes_nothing(empty_database_url: str) -> None:
    engine = open_engine(empty_database_url)
    upgrade(engine)
    upgrade(engine)
    with reading(engine) as connection:
        assert MigrationContext.configure(connection).get_current_revision() == "0003"
    engine.dispose()
