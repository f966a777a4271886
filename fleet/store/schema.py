# SPDX-License-Identifier: Apache-2.0
"""Brings a database's tables to this release, by the migrations that travel inside the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config

from fleet.store.session import unit_of_work

if TYPE_CHECKING:
    from sqlalchemy import Engine

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """Run every migration that this database has not seen, in one transaction."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with unit_of_work(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
