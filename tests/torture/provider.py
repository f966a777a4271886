# SPDX-License-Identifier: Apache-2.0
"""The identity provider's sandbox as a process of the run, and what it has accepted, whoever has forgotten it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.simulators.broker import free_port
from tests.simulators.services import Service, script

if TYPE_CHECKING:
    from pathlib import Path

_SANDBOX = (script("dipchip-fleet"), "idp-sandbox")
_ACTIVATE_AFTER_S = "0.5"


class Provider:
    """It keeps its own books on its own disk, and is never put back."""

    def __init__(self, folder: Path, desk: Path) -> None:
        port = free_port()
        self._store = folder / "provider.db"
        self.url = f"http://127.0.0.1:{port}"
        self.process = Service(
            [*_SANDBOX, str(self._store), "--port", str(port), "--activate-after-s", _ACTIVATE_AFTER_S],
            log=desk / "provider.log",
        )

    def accepted(self) -> frozenset[str]:
        """The events in whose name somebody was accepted."""
        with closing(sqlite3.connect(self._store)) as connection:
            rows = connection.execute("SELECT idempotency_key FROM enrolment WHERE rejected_ms IS NULL").fetchall()
        return frozenset(row[0] for row in rows)
