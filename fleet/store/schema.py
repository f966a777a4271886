# SPDX-License-Identifier: Apache-2.0
"""Brings a database's tables to this release, by the migrations that travel inside the package, and tells when not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from fleet.errors import ConfigError
from fleet.store import wall
from fleet.store.session import reading, unit_of_work

if TYPE_CHECKING:
    from sqlalchemy import Engine

_HEAD = "head"
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, to: str = _HEAD) -> None:
    """Run every migration that this database has not seen, in one transaction; `to` is the last one.

    Raises:
        ConfigError: PostgreSQL has no role for the console, and this user may not make one.
    """
    config = _config()
    with unit_of_work(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if to == _HEAD:
            wall.build(connection)


def require_current(engine: Engine) -> None:
    """Refuse to start on tables of another release. A database that is away is not judged: it is waited for later.

    Raises:
        ConfigError: naming both revisions and the command to run.
    """
    needed = ScriptDirectory.from_config(_config()).get_current_head()
    try:
        with reading(engine) as connection:
            found = MigrationContext.configure(connection).get_current_revision()
    except OperationalError:
        return
    if found != needed:
        have = found or "no revision"
        message = f"The database's tables are at {have}, this release needs {needed}. Run `dipchip-fleet migrate`."
        raise ConfigError(message)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config
