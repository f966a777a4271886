# SPDX-License-Identifier: Apache-2.0
"""A backup lets kiosks erase what was read in it, and nothing more; one that is not whole lets them erase nothing."""

from __future__ import annotations

import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from fleet import config
from fleet.entrypoints import backup
from fleet.store.backup import BackupError, copy_to
from fleet.store.session import open_engine, unit_of_work
from fleet.store.tables import enrollment, event, event_content, stream
from wire.topics import Up

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Delete, Engine, Update

    from fleet.config import Settings
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk
    from tests.simulators.postgres import Cluster


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    (tmp_path / "fleet.toml").write_text(f'database_url = "{database_url}"\n')
    return config.read(tmp_path / "fleet.toml")


@pytest.fixture
def restored(request: pytest.FixtureRequest, settings: Settings, engine: Engine, tmp_path: Path) -> Callable[[], str]:
    """Back the database up and restore it beside; nothing is verified."""

    def restore() -> str:
        if engine.dialect.name == "sqlite":
            file = tmp_path / "restored.db"
            copy_to(engine, file)
            return f"sqlite:///{file}"
        cluster: Cluster = request.getfixturevalue("cluster")
        engine.dispose()
        assert engine.url.database is not None
        return cluster.url(cluster.create(engine.url.database))

    assert settings
    return restore


def archived(fleet: Fleet, kiosk: WireKiosk) -> int:
    """What the kiosk is told."""
    (answer,) = fleet.deliver(kiosk, kiosk.hello(pruned={kiosk.stream: 0}), kind=Up.HELLO)
    return answer.marks[kiosk.stream].archived


def enrolled(fleet: Fleet, count: int = 3) -> WireKiosk:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, *(kiosk.enrol()[1] for _ in range(count)))
    return kiosk


def test_what_a_verified_backup_holds_is_archived_and_what_came_later_is_not(
    fleet: Fleet, settings: Settings, restored: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    kiosk = enrolled(fleet)
    copy = restored()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    assert archived(fleet, kiosk) == 0
    backup.verify(settings, copy)
    assert archived(fleet, kiosk) == 3
    assert "1 streams" in capsys.readouterr().out
    (ordinary,) = fleet.deliver(kiosk, kiosk.enrol()[1])
    assert (ordinary.marks[kiosk.stream].acked, ordinary.marks[kiosk.stream].archived) == (5, 3)


def test_an_older_backup_takes_nothing_back(
    fleet: Fleet, settings: Settings, restored: Callable[[], str], engine: Engine
) -> None:
    kiosk = enrolled(fleet)
    copy = restored()
    with unit_of_work(engine) as connection:
        connection.execute(update(stream).values(archived=3))
    fleet.deliver(kiosk, kiosk.enrol()[1])
    backup.verify(settings, copy)
    assert archived(fleet, kiosk) == 3


_SECOND = event_content.c.event == select(event.c.id).where(event.c.seq == 2).scalar_subquery()
DAMAGE: dict[str, Update | Delete] = {
    "an event is gone": delete(event).where(event.c.seq == 2),
    "the last event is gone": delete(event).where(event.c.seq == 3),
    "signed bytes are others": update(event_content).where(_SECOND).values(signed=b"a.b.c"),
    "an event's bytes are gone": delete(event_content).where(_SECOND),
    "a digest is another": update(event).where(event.c.seq == 2).values(digest=bytes(32)),
    "an identity is gone": update(event_content).where(_SECOND).values(attachment=None),
    "an identity is another": update(event_content).where(_SECOND).values(attachment=b"x"),
    "a cursor is ahead": update(stream).values(acked=4),
    "a cursor's head is another": update(stream).values(head=bytes(32)),
    "a cursor is gone": delete(stream),
    "an enrolment is gone": delete(enrollment).where(enrollment.c.state == "captured"),
}


def damaged(url: str, damage: Update | Delete) -> None:
    """Change the copy as a failing disk would, past its own rules."""
    engine = open_engine(url)
    with engine.connect() as connection:
        if isinstance(driver := connection.connection.driver_connection, sqlite3.Connection):
            driver.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        connection.execute(damage)
        connection.commit()
    engine.dispose()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_backup_that_is_not_whole_counts_for_nothing(
    fleet: Fleet, settings: Settings, restored: Callable[[], str], damage: str
) -> None:
    kiosk = enrolled(fleet)
    copy = restored()
    damaged(copy, DAMAGE[damage])
    with pytest.raises(BackupError, match="make another"):
        backup.verify(settings, copy)
    assert archived(fleet, kiosk) == 0


def test_an_identity_that_was_erased_is_not_missed(
    fleet: Fleet, settings: Settings, restored: Callable[[], str]
) -> None:
    kiosk = enrolled(fleet, 1)
    fleet.work(3, pass_ms=1000)
    assert [row.attachment for row in fleet.rows(event_content)] == [None]
    backup.verify(settings, restored())
    assert archived(fleet, kiosk) == 1


def test_a_backup_of_another_ledger_counts_for_nothing(
    fleet: Fleet, settings: Settings, restored: Callable[[], str], engine: Engine
) -> None:
    kiosk = enrolled(fleet)
    copy = restored()
    with unit_of_work(engine) as connection:
        connection.execute(update(event).where(event.c.seq == 3).values(digest=bytes(32)))
    with pytest.raises(BackupError, match="another fleet's"):
        backup.verify(settings, copy)
    assert archived(fleet, kiosk) == 0


def test_a_backup_that_is_ahead_of_a_restored_ledger_promises_nothing_of_what_is_not_here(
    fleet: Fleet, settings: Settings, restored: Callable[[], str], engine: Engine
) -> None:
    kiosk = enrolled(fleet)
    copy = restored()
    with unit_of_work(engine) as connection:
        connection.execute(delete(enrollment))
        connection.execute(delete(event))
        connection.execute(delete(stream))
    backup.verify(settings, copy)
    assert archived(fleet, kiosk) == 0


def test_the_running_database_is_no_backup_of_itself(settings: Settings) -> None:
    with pytest.raises(BackupError, match="running database itself"):
        backup.verify(settings, settings.database_url)


def test_tables_of_another_release_are_migrated_first(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="migrate"):
        backup.verify(settings, f"sqlite:///{tmp_path / 'empty.db'}")


def test_one_command_backs_sqlite_up_and_sends_whoever_has_postgresql_to_its_tools(
    fleet: Fleet, settings: Settings, tmp_path: Path
) -> None:
    kiosk = enrolled(fleet)
    file = tmp_path / "backup.db"
    if fleet.engine.dialect.name != "sqlite":
        with pytest.raises(BackupError, match="its own tools"):
            backup.backup(settings, file)
        return
    backup.backup(settings, file)
    assert archived(fleet, kiosk) == 3
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("backup.db*")] == ["backup.db"]
    with pytest.raises(BackupError, match="never overwritten"):
        backup.backup(settings, file)
