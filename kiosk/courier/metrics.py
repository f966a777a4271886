# SPDX-License-Identifier: Apache-2.0
"""How a kiosk delivers, as a file for node_exporter's textfile collector: a kiosk listens on no port. It names nobody.

The counts are of the courier's own work since it started; the rest is what its heartbeat tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client.core import Metric

    from kiosk.courier.delivery import Counts
    from wire.hello import Heartbeat

_MIB = 2**20
_MODE = 0o644  # the collector is another user


def write(file: Path, counts: Counts, now: Heartbeat) -> None:
    """Put the figures where the collector looks, whole or not at all.

    Raises:
        OSError: the folder is missing or full.
    """
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - importing it reads /proc

    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(counts, now))
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(generate_latest(registry))
    part.chmod(_MODE)
    part.replace(file)


class _Figures:
    """What is true at one moment, as Prometheus' library wants to be told."""

    def __init__(self, counts: Counts, now: Heartbeat) -> None:
        self._counts, self._now = counts, now

    def collect(self) -> Iterator[Metric]:
        """Counts first, then the state; what is not known is left out."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily  # noqa: PLC0415 - as above

        counts, now = self._counts, self._now
        yield CounterMetricFamily("dipchip_kiosk_connections", "Connections to the controller.", counts.connections)
        yield CounterMetricFamily("dipchip_kiosk_settled_events", "Events that receipts settled.", counts.settled)
        sent = CounterMetricFamily("dipchip_kiosk_sent_messages", "Messages sent, again ones too.", labels=("kind",))
        for kind, n in sorted(counts.sent.items()):
            sent.add_metric((kind,), n)
        refused = CounterMetricFamily("dipchip_kiosk_refused_messages", "What was not believed.", labels=("reason",))
        for reason, n in sorted(counts.refused.items()):
            refused.add_metric((reason,), n)
        yield from (sent, refused)
        if now.outbox is not None:
            yield GaugeMetricFamily("dipchip_kiosk_outbox_events", "Events without a receipt.", now.outbox)
            oldest_s = now.oldest_unacked_s or 0
            yield GaugeMetricFamily("dipchip_kiosk_oldest_event_seconds", "Age of the oldest of them.", oldest_s)
        yield GaugeMetricFamily("dipchip_kiosk_disk_free_bytes", "Room beside the store.", now.disk_free_mib * _MIB)
        parts = GaugeMetricFamily("dipchip_kiosk_part", "1 for how each part is now.", labels=("part", "state"))
        for part, state in (("screen", now.screen), ("reader", now.reader), ("camera", now.camera)):
            parts.add_metric((part, state), 1)
        yield parts
