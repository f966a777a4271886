# SPDX-License-Identifier: Apache-2.0
"""Counts each refusal by kiosk, kind and reason, and keeps the message for a technician up to a quota a kiosk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.store.many import Insertion, Lookup, Of
from fleet.store.quota import Quota
from fleet.store.tables import quarantine, refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from fleet.courier.reception import Refusal

QUOTA = 200  # rows a kiosk; past it refusals are only counted

_ROWS = Lookup(
    "SELECT quarantine.kiosk, count(*) AS n FROM {asked} JOIN quarantine ON quarantine.kiosk = asked.kiosk "
    "GROUP BY quarantine.kiosk",
    kiosk=Of.TEXT,
)
_THERE = Lookup(
    "SELECT quarantine.kiosk, quarantine.reason, quarantine.digest FROM {asked} "
    "JOIN quarantine ON quarantine.kiosk = asked.kiosk AND quarantine.reason = asked.reason "
    "AND quarantine.digest = asked.digest",
    kiosk=Of.TEXT,
    reason=Of.TEXT,
    digest=Of.BYTES,
)
_KEPT = Insertion(
    quarantine,
    *("kiosk", "kind", "reason", "digest", "size_bytes", "message", "received_ms"),
    on_conflict="DO NOTHING",
)
_COUNTED = Insertion(
    refusal,
    *("kiosk", "kind", "reason", "n", "last_ms"),
    on_conflict="(kiosk, kind, reason) DO UPDATE SET n = refusal.n + excluded.n, last_ms = excluded.last_ms",
)


def keep(connection: Connection, refusals: Sequence[Refusal]) -> None:
    """Count refusals, and keep each unless the same message was refused for the same reason before."""
    if not refusals:
        return
    _COUNTED.add(connection, _counts(refusals))
    rows = {row.kiosk: row.n for row in _ROWS.rows(connection, list({(each.kiosk,) for each in refusals}))}
    asked = {(each.kiosk, each.reason, each.digest) for each in refusals}
    there = [(row.kiosk, row.reason, bytes(row.digest)) for row in _THERE.rows(connection, list(asked))]
    quota = Quota(QUOTA, rows, there)
    kept = [each for each in refusals if quota.admits(each.kiosk, (each.kiosk, each.reason, each.digest))]
    _KEPT.add(connection, [_row(each) for each in kept])


def _counts(refusals: Sequence[Refusal]) -> list[tuple[str, str, str, int, int]]:
    counts: dict[tuple[str, str, str], tuple[int, int]] = {}
    for each in refusals:
        key = (each.kiosk, str(each.kind), each.reason)
        counts[key] = (counts.get(key, (0, 0))[0] + 1, each.at_ms)
    return [(*key, *count) for key, count in sorted(counts.items())]


def _row(each: Refusal) -> tuple[str, str, str, bytes, int, bytes | None, int]:
    return each.kiosk, str(each.kind), each.reason, each.digest, each.size_bytes, each.message, each.at_ms
