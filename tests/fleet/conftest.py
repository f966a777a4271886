# SPDX-License-Identifier: Apache-2.0
"""A migrated database of each engine, as new for each test.

A file is copied anew and PostgreSQL's is wiped; what is kept is the engine, which knows its statements by then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from fleet.operators import passwords
from fleet.store.schema import upgrade
from fleet.store.session import open_engine
from tests.fleet.road import Fleet
from tests.fleet.shelf import Shelf, engine_of
from tests.simulators import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

OF_THE_FIELD = passwords._HASHER  # noqa: SLF001 - nobody but tests hashes otherwise


@pytest.fixture(scope="session", autouse=True)
def quickly_hashed() -> Iterator[None]:
    """Nobody attacks the passwords of the tests; one that asks how strong a hash is undoes this."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture
def strongly_hashed() -> Iterator[None]:
    """As in the field."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_HASHER", OF_THE_FIELD)
        passwords._decoy.cache_clear()  # noqa: SLF001 - as above
        yield
    passwords._decoy.cache_clear()  # noqa: SLF001 - as above


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    reason = postgres.missing()
    if reason:
        pytest.skip(reason)
    with postgres.running() as running:
        yield running


@pytest.fixture(scope="session")
def postgres_template(cluster: postgres.Cluster) -> str:
    name = cluster.create()
    _migrate(cluster.url(name))
    return name


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("template") / "fleet.db"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def slate(cluster: postgres.Cluster, postgres_template: str) -> postgres.Slate:
    return cluster.slate(postgres_template)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return Shelf(tmp_path_factory.mktemp("shelf"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, shelf: Shelf) -> str:
    if request.param == "sqlite":
        return shelf.copied(request.getfixturevalue("sqlite_template"), "fleet.db")
    slate: postgres.Slate = request.getfixturevalue("slate")
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    return cluster.url(slate.clean())


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    cluster: postgres.Cluster = request.getfixturevalue("cluster")
    return cluster.url(cluster.create())


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_template: Path, shelf: Shelf) -> Iterator[Engine]:
    engine = engine_of(shelf.copied(sqlite_template, "alone.db"))
    yield engine
    engine.dispose()


@pytest.fixture
def fleet(engine: Engine, tmp_path: Path) -> Iterator[Fleet]:
    with Fleet.running(engine, tmp_path) as fleet:
        yield fleet
