# SPDX-License-Identifier: Apache-2.0
"""Whether a synchronous standby of PostgreSQL has what was committed on its own disk: by its word, not by a setting.

1. In one statement: which transactions have ended (all before the snapshot's xmin), and how far the log was written
   after that. What had ended wrote its commit into the log before.
2. Later, when every standby that PostgreSQL calls synchronous says that it has flushed the log so far, those
   transactions survive the primary.
3. That is believed for a few seconds. A standby that is away, or no longer synchronous, promises nothing.

SQLite has no standby. Source: security design, section 5.1; PostgreSQL 15, 27.2.8 (synchronous replication), 28.2.4
(pg_stat_replication) and 66.1 (transactions and identifiers).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from fleet.store.session import reading

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

_LOOK_EVERY_S = 1.0
_BELIEVED_S = 10.0
_FIRST_NORMAL = 3  # transaction ids below are no transaction's (access/transam.h)
_HALF, _ALL = 2**31, 2**32
_log = structlog.get_logger()

# The snapshot is taken before the functions run, so the log's end is read after it. A role that may not see the
# standbys (it needs pg_monitor) gets NULL for their positions, and that counts as not flushed.
_STANDING = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS written,
       left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS timeline,
       (SELECT CASE WHEN count(*) = count(flush_lsn) THEN min(pg_wal_lsn_diff(flush_lsn, '0/0'))::bigint END
          FROM pg_stat_replication WHERE sync_state IN ('sync', 'quorum')) AS flushed
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What PostgreSQL says at a moment; `flushed` is None without a synchronous standby that can be seen."""

    horizon: int
    written: int
    timeline: str
    flushed: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """What is known on a timeline: the last horizon that the standbys hold and since when, and one that is awaited."""

    timeline: str = ""
    horizon: int | None = None
    seen_s: float = 0.0
    awaited: Standing | None = None

    def looked(self, now: Standing, now_s: float) -> Held:
        """After another look. A timeline ends when another server takes over: what was known then is forgotten."""
        if now.flushed is None:
            return Held()
        known = self if self.timeline == now.timeline else Held(now.timeline)
        for sample in (now, known.awaited):
            if sample is not None and now.flushed >= sample.written:
                return Held(now.timeline, sample.horizon, now_s, None if sample is now else now)
        return replace(known, awaited=known.awaited or now)

    def believed(self, now_s: float) -> int | None:
        """The horizon, as long as it is fresh."""
        return self.horizon if now_s < self.seen_s + _BELIEVED_S else None


def is_held(transaction: int, horizon: int) -> bool:
    """Whether what this transaction left was committed before the horizon; the ids are those of rows, modulo 2^32.

    A row so old that its id has come around again is taken for a new one: less is promised then, never more.
    """
    return transaction >= _FIRST_NORMAL and (transaction - horizon) % _ALL >= _HALF


class Standby:
    """Looks at most once a second; any thread may ask."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = Lock()
        self._held = Held()
        self._look_at_s = 0.0
        self._was_there = False

    def horizon(self) -> int | None:
        """All transactions before this one that were committed are on a synchronous standby's disk; None: unknown.

        Raises:
            OperationalError, InterfaceError: the database is away.
        """
        if self._engine.dialect.name != "postgresql":
            return None
        with self._lock:
            now_s = self._clock()
            if now_s >= self._look_at_s:
                self._look_at_s = now_s + _LOOK_EVERY_S
                self._held = self._held.looked(self._look(), now_s)
            horizon = self._held.believed(now_s)
            self._tell(is_there=horizon is not None)
            return horizon

    def _look(self) -> Standing:
        with reading(self._engine) as connection:
            row = connection.exec_driver_sql(_STANDING).one()
        return Standing(row.horizon, row.written, row.timeline, row.flushed)

    def _tell(self, *, is_there: bool) -> None:
        if is_there != self._was_there:
            self._was_there = is_there
            _log.info("synchronous_standby", is_there=is_there)
