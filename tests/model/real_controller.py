# SPDX-License-Identifier: Apache-2.0
"""A controller of real parts for the model to be compared with: the courier's committer over a real database."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.courier.committing import Committer
from fleet.courier.reception import Incoming
from fleet.devices.registry import register
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, reading, truncate_log, unit_of_work
from fleet.store.tables import alarm, event, stream, workload_day

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.simulators.kiosk_wire import WireKiosk
    from wire.signing import SigningKey
    from wire.topics import Up

_NOW_MS = 1_800_000_000_000


class RealController:
    """One controller that knows one kiosk."""

    def __init__(self, folder: Path, wire: WireKiosk, receipt_key: SigningKey) -> None:
        self._file = folder / "fleet.db"
        self._wire = wire
        self._key = receipt_key
        self._copies = 0
        self.alarmed = False
        self._open()
        upgrade(self._engine)
        with unit_of_work(self._engine) as connection:
            register(connection, wire.registration(), _NOW_MS)
        self.empty = self.copy()

    def _open(self) -> None:
        self._engine: Engine = open_engine(f"sqlite:///{self._file}")
        self._committer = Committer(self._engine, self._key, lambda: _NOW_MS)

    def take(self, kind: Up, message: bytes) -> dict[str, int]:
        """Take a message, and tell what its receipt acknowledges."""
        (sent,) = self._committer.take([Incoming(self._wire.topic(kind), message, _NOW_MS)])
        marks = self._wire.read_receipt(sent.payload, self._key.public()).marks
        with reading(self._engine) as connection:
            self.alarmed |= connection.execute(select(func.count()).select_from(alarm)).scalar_one() > 0
        return {name: mark.acked for name, mark in marks.items() if mark.acked}

    def copy(self) -> Path:
        """Back the database up."""
        truncate_log(self._engine)
        self._copies += 1
        copied = self._file.with_name(f"backup-{self._copies}.db")
        shutil.copy(self._file, copied)
        return copied

    def restore(self, copied: Path) -> None:
        """Put a backup in the database's place."""
        self._engine.dispose()
        for rest in ("-wal", "-shm"):
            self._file.with_name(self._file.name + rest).unlink(missing_ok=True)
        shutil.copy(copied, self._file)
        self._open()

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def events(self) -> set[tuple[str, int]]:
        """The places that the ledger holds."""
        with reading(self._engine) as connection:
            return {(row.stream, row.seq) for row in connection.execute(select(event.c.stream, event.c.seq))}

    def cursors(self) -> dict[str, int]:
        """How far it holds each stream."""
        with reading(self._engine) as connection:
            return {row.stream: row.acked for row in connection.execute(select(stream.c.stream, stream.c.acked))}

    def captured(self) -> int:
        """How many it has counted."""
        with reading(self._engine) as connection:
            return int(connection.execute(select(func.coalesce(func.sum(workload_day.c.captured), 0))).scalar_one())
