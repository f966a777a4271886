# SPDX-License-Identifier: Apache-2.0
"""The second wall by itself: what the console's role sees of every table, and that none was forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError

from fleet.errors import ConfigError
from fleet.store import wall
from fleet.store.every_table import metadata
from fleet.store.schema import upgrade
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import coverage_day, device_state, kiosk
from tests.fleet.web.tenants import CHIANG_MAI, UDON, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from tests.simulators import postgres

# What the console never reads: sealed identities, signed bytes, people's tokens, and what one signs in with.
HIDDEN = {
    "alert_notice",
    "ask",
    "code_request",
    "courier",
    "enrollment",
    "event_content",
    "given_certificate",
    "operator_errand",
    "operator_identity",
    "operator_passkey",
    "opinion_mark",
    "outgoing",
    "person",
    "roster",
    "shard_lease",
    "sign_in_pause",
    "ticket",
}

# What stands for everybody is seen by everybody.
SEEN_WIDER = {"announcement", "help_number"}
TO_COME = {"claim"}  # of a kiosk that is none yet


@pytest.fixture(scope="module")  # no test leaves anything in it
def postgresql(cluster: postgres.Cluster, postgres_template: str) -> Iterator[Engine]:
    engine = open_engine(cluster.url(cluster.create(postgres_template)))
    fill(engine)
    yield engine
    engine.dispose()


def test_every_table_is_walled_open_or_hidden() -> None:
    known = [set(wall.WALLED), set(wall.OPEN), HIDDEN]
    assert set(metadata.tables) == set().union(*known)
    assert sum(map(len, known)) == len(metadata.tables)


def test_a_scope_sees_its_own_rows_of_every_walled_table(postgresql: Engine) -> None:
    for scope, of_place in ((UDON.scope, "province"), (CHIANG_MAI.region, "region"), (UDON.site, "facility")):
        with reading(postgresql) as connection:
            wall.narrow(connection, scope)
            kiosks = set(connection.execute(select(kiosk.c.id)).scalars())
            assert kiosks, of_place
            for name in wall.WALLED:
                table = metadata.tables[name]
                if "kiosk" in table.c and name not in SEEN_WIDER | TO_COME:
                    assert set(connection.execute(select(table.c.kiosk)).scalars()) <= kiosks, name
                if "province" in table.c and name not in SEEN_WIDER:
                    expected = {"41"} if of_place != "region" else set(CHIANG_MAI.region.provinces)
                    assert set(connection.execute(select(table.c.province)).scalars()) <= expected, name


def test_a_facility_sees_no_figure_of_its_province(postgresql: Engine) -> None:
    with reading(postgresql) as connection:
        wall.narrow(connection, UDON.site)
        assert connection.execute(select(func.count()).select_from(coverage_day)).scalar_one() == 0
        seen = set(connection.execute(select(kiosk.c.facility)).scalars())
    assert seen == {UDON.facility}


def test_without_a_named_scope_nothing_is_seen(postgresql: Engine) -> None:
    with reading(postgresql) as connection:
        connection.execute(text(f"SET LOCAL ROLE {wall.ROLE}"))
        for name in wall.WALLED:
            columns = ("province", "kiosk", "figure", "scope", "operator", "subscription", "release", "rollout")
            column = next(each for each in columns if each in metadata.tables[name].c)
            rows = connection.execute(select(metadata.tables[name].c[column])).all()
            assert rows == [], name


def test_the_scope_ends_with_its_transaction(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        with connection.begin():
            wall.narrow(connection, UDON.scope)
            narrow = connection.execute(select(func.count()).select_from(device_state)).scalar_one()
        with connection.begin():
            whole = connection.execute(select(func.count()).select_from(device_state)).scalar_one()
            assert connection.execute(text("SELECT current_setting('dipchip.level', true)")).scalar_one() == ""
    assert 0 < narrow < whole


@pytest.mark.parametrize("name", sorted(HIDDEN))
def test_what_is_hidden_cannot_be_read(postgresql: Engine, name: str) -> None:
    with reading(postgresql) as connection:
        wall.narrow(connection, NATION)
        with pytest.raises(ProgrammingError, match="permission denied"):
            connection.execute(select(func.count()).select_from(metadata.tables[name]))


def test_a_row_cannot_be_written_for_another_place(postgresql: Engine) -> None:
    with unit_of_work(postgresql) as connection:
        wall.narrow(connection, UDON.scope)
        table = metadata.tables["announcement"]
        said = {"th": "ก", "en": "a", "first_day": "2026-11-24", "last_day": "2026-11-24"}
        said |= {"province": "50", "proposed_by": "a"}
        with pytest.raises(ProgrammingError, match="row-level security"):
            connection.execute(table.insert().values(proposed_ms=1, **said))
        connection.rollback()


def test_a_user_that_may_make_no_role_is_told_what_to_run(cluster: postgres.Cluster) -> None:
    database = cluster.create()
    url = cluster.url(database)
    root = open_engine(url)
    with root.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE ROLE humble LOGIN"))
        connection.execute(text(f'ALTER DATABASE "{database}" OWNER TO humble'))
        connection.execute(text("ALTER SCHEMA public OWNER TO humble"))
    root.dispose()
    humble = open_engine(url.replace("//postgres@", "//humble@"))
    with pytest.raises(ConfigError, match=f"GRANT {wall.ROLE} TO humble"):
        upgrade(humble)
    with reading(humble) as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE tableowner = 'humble'")).scalar_one() == 0
    humble.dispose()


def test_a_wall_that_stands_is_left_alone(postgresql: Engine) -> None:
    asked = text("SELECT polrelid, oid FROM pg_policy ORDER BY polrelid")
    with reading(postgresql) as connection:
        before = connection.execute(asked).all()
    upgrade(postgresql)
    with reading(postgresql) as connection:
        assert connection.execute(asked).all() == before
    assert len(before) == len(wall.WALLED)
