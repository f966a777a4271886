# SPDX-License-Identifier: Apache-2.0
"""What a courier counts of its own work since it started, for Prometheus. Neither a kiosk nor a person is a label.

Only what was committed is counted: a batch that is tried again after the database was away counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from prometheus_client import Counter, Histogram

    from fleet.courier.reception import Incoming, Refusal


@dataclass(frozen=True, slots=True)
class _Ingest:
    batch: Histogram
    lag_s: Histogram
    settled: Counter
    refused: Counter
    receipts: Counter


@lru_cache(maxsize=1)
def _ingest() -> _Ingest:
    from prometheus_client import Counter, Histogram  # noqa: PLC0415 - importing it reads /proc

    return _Ingest(
        Histogram(
            "dipchip_ingest_batch_messages",
            "Messages that shared a transaction.",
            buckets=(1, 4, 16, 64, 128, 192, 256),
        ),
        Histogram(
            "dipchip_ingest_lag_seconds",
            "From the arrival of a batch's oldest message to its commit.",
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
        ),
        Counter(
            "dipchip_ingest_settled",
            "Verified messages by what became of them: a verdict for events, else their kind.",
            ("outcome",),
        ),
        Counter("dipchip_ingest_refused", "Messages that were refused or set aside, by reason.", ("reason",)),
        Counter("dipchip_receipts", "Receipts made after a commit."),
    )


def committed(
    messages: Sequence[Incoming],
    outcomes: Mapping[str, int],
    refusals: Iterable[Refusal],
    *,
    receipts: int,
    now_ms: int,
) -> None:
    """Count a batch that has been committed."""
    if not messages:
        return
    ingest = _ingest()
    ingest.batch.observe(len(messages))
    ingest.lag_s.observe(max(0, now_ms - min(each.at_ms for each in messages)) / 1000)
    for outcome, n in outcomes.items():
        ingest.settled.labels(outcome).inc(n)
    for refusal in refusals:
        ingest.refused.labels(refusal.reason).inc()
    ingest.receipts.inc(receipts)


def tell(port: int) -> int:
    """Answer Prometheus on a port of the loopback from now on, 0 for any; which it is.

    Raises:
        OSError: the port cannot be listened on.
    """
    from prometheus_client import start_http_server  # noqa: PLC0415 - as above

    _ingest()
    server, _ = start_http_server(port, addr="127.0.0.1")
    return server.server_port
