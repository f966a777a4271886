# SPDX-License-Identifier: Apache-2.0
"""What a unit of work promises, and how SQLite is opened so that the promise holds at a power cut."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from fleet.errors import ConfigError
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.store.tables import refusal

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

ROW = {"kiosk": "udon-01", "kind": "event", "reason": "malformed", "n": 1, "last_ms": 1}


def test_what_fails_half_way_leaves_nothing(engine: Engine) -> None:
    def fail_half_way() -> None:
        with unit_of_work(engine) as connection:
            connection.execute(refusal.insert().values(ROW))
            connection.execute(refusal.insert().values(ROW))

    with pytest.raises(IntegrityError):
        fail_half_way()
    with reading(engine) as connection:
        assert connection.execute(select(refusal)).all() == []


def test_an_error_does_not_quote_the_values(engine: Engine) -> None:
    with unit_of_work(engine) as connection:
        connection.execute(refusal.insert().values(ROW))
    with pytest.raises(IntegrityError) as caught, unit_of_work(engine) as connection:
        connection.execute(refusal.insert().values({**ROW, "last_ms": 987654321}))
    assert "987654321" not in str(caught.value)


def test_sqlite_is_opened_to_survive_a_power_cut(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    with reading(engine) as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    engine.dispose()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_another_process_reads_while_one_writes(database_url: str) -> None:
    engine = open_engine(database_url)
    program = (
        "import sys; from sqlalchemy import select, func; from fleet.store.session import *; "
        "from fleet.store.tables import refusal\n"
        "with reading(open_engine(sys.argv[1])) as c: \n"
        "    print(c.execute(select(func.count()).select_from(refusal)).scalar())"
    )
    with unit_of_work(engine) as connection:
        connection.execute(refusal.insert().values(ROW))
        seen = subprocess.run(
            [sys.executable, "-c", program, database_url], capture_output=True, text=True, check=True
        ).stdout
    engine.dispose()
    assert seen.strip() == "0"


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "sqlite:///:memory:", "mysql://host/name"])
def test_a_url_that_names_no_durable_database_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="Give sqlite"):
        open_engine(url)
