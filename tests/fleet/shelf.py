# SPDX-License-Identifier: Apache-2.0
"""Databases as new for each test, in places that stay: the engine of a place knows its statements after the first."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fleet.store.session import open_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class Shelf:
    """A folder of SQLite's files."""

    folder: Path

    def copied(self, template: Path, name: str) -> str:
        """Put a copy in its place and give its URL; whoever still has the old file open has another."""
        file = self.folder / name
        for old in (file, *(Path(f"{file}-{beside}") for beside in ("wal", "shm"))):
            old.unlink(missing_ok=True)
        shutil.copy(template, file)
        return f"sqlite:///{file}"


@cache
def engine_of(url: str) -> Engine:
    """The engine of a place. Whoever uses it disposes it, so that no connection goes on to the next."""
    return open_engine(url)
