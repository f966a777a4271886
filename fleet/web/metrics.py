# SPDX-License-Identifier: Apache-2.0
"""`/metrics`: the fleet's figures as Prometheus reads them, all from the database: every console says the same.

How the couriers work is told by each of them: `fleet/courier/metrics.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from apiflask import APIBlueprint
from flask import Response

from fleet.alerts.telling import read_figures as read_alert_figures
from fleet.devices.telling import read_figures
from fleet.store import wall
from fleet.store.scope import NATION
from fleet.store.session import reading as read_only
from fleet.web.supplies import engine, now_ms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from prometheus_client.core import Metric
    from prometheus_client.registry import Collector

    from fleet.alerts.telling import Figures as AlertFigures
    from fleet.devices.telling import Figures

pages = APIBlueprint("metrics", __name__, enable_openapi=False)


class _Told:
    """One reading of the figures."""

    def __init__(self, figures: Figures, alerts: AlertFigures) -> None:
        self._figures = figures
        self._alerts = alerts

    def collect(self) -> Iterator[Metric]:
        """Yield each figure with its words."""
        told = self._figures
        yield _gauges(
            "dipchip_kiosks",
            "Registered kiosks by condition.",
            "condition",
            {str(each): n for each, n in told.kiosks.items()},
        )
        yield _gauge("dipchip_outbox_events", "Events without a receipt, as kiosks last said.", told.outbox)
        yield _gauge(
            "dipchip_oldest_unreceipted_seconds",
            "How long the oldest event of any active kiosk had no receipt when it last said so.",
            told.oldest_unreceipted_s,
        )
        yield _counters("dipchip_events_captured", "Committed captures by profile.", "profile", told.captured)
        yield _counters("dipchip_messages_refused", "Refused or set aside, by reason.", "reason", told.refused)
        yield _gauges("dipchip_quarantine_messages", "In quarantine, by reason.", "reason", told.quarantined)
        yield _gauges("dipchip_alarms", "Alarms raised, by kind.", "kind", told.alarms)
        yield from self._alerting()

    def _alerting(self) -> Iterator[Metric]:
        told = self._alerts
        counted = {str(each): n for each, n in told.open.items()}
        yield _gauges("dipchip_alerts_open", "Open alarms by severity.", "severity", counted)
        silent = int(told.is_silent)
        yield _gauge("dipchip_alerting_silent", "1 when nothing was judged for five minutes: nobody is told.", silent)
        if told.heartbeat_age_s is not None:
            words = "How long ago all was last judged."
            yield _gauge("dipchip_alerting_heartbeat_age_seconds", words, told.heartbeat_age_s)


@pages.get("/metrics")
def metrics() -> Response:
    """Tell all figures."""
    from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - importing it reads /proc
    from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4  # noqa: PLC0415

    with read_only(engine()) as connection:
        wall.narrow(connection, NATION)  # sums only, and for this machine only
        told = _Told(read_figures(connection, now_ms()), read_alert_figures(connection, now_ms(), NATION))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(cast("Collector", told))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _gauge(name: str, words: str, value: int) -> Metric:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    return GaugeMetricFamily(name, words, value=value)


def _gauges(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415

    family = GaugeMetricFamily(name, words, labels=[label])
    for value, n in sorted(values.items()):
        family.add_metric([value], n)
    return family


def _counters(name: str, words: str, label: str, values: Mapping[str, int]) -> Metric:
    from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415

    family = CounterMetricFamily(name, words, labels=[label])
    for value, n in sorted(values.items()):
        family.add_metric([value], n)
    return family
