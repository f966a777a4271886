# SPDX-License-Identifier: Apache-2.0
"""Kiosks that obey a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fleet.road import Fleet
from tests.fleet.rolling import Band

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def both(fleet: Fleet) -> Band:
    """A dozen kiosks at a dozen facilities: one is a pilot, one early, the others the broad ring; on both databases."""
    made = Band(fleet)
    made.join(12)
    return made


@pytest.fixture
def empty(sqlite_engine: Engine, tmp_path: Path) -> Iterator[Band]:
    """Nobody yet, on SQLite alone: what is tried by it is no database's."""
    with Fleet.running(sqlite_engine, tmp_path) as fleet:
        yield Band(fleet)


@pytest.fixture
def band(empty: Band) -> Band:
    """The dozen."""
    empty.join(12)
    return empty
