# SPDX-License-Identifier: Apache-2.0
"""`/metrics` is what Prometheus reads, agrees with the database, and names no kiosk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from fleet.alerts import book, watch
from fleet.alerts.rules import RuleId
from fleet.store.session import unit_of_work
from fleet.web.app import create_app
from tests.fleet.alerts.letters import alarm
from tests.fleet.books import NOW, NOW_MS, add_kiosk, heard, raise_alarm, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine


def test_the_fleet_is_told_in_figures_that_name_no_kiosk(engine: Engine) -> None:
    for name in ("udon-01", "udon-02", "udon-03"):
        add_kiosk(engine, name)
    heard(engine, "udon-01", outbox=4, oldest_unacked_s=70)
    heard(engine, "udon-02", outbox=3, oldest_unacked_s=50)
    refuse(engine, "udon-01", "too_large", 3)
    raise_alarm(engine, "udon-02", "fork")
    with unit_of_work(engine) as connection:
        book.add(connection, alarm(1, RuleId.SECURITY))
        watch.beat(connection, NOW_MS - 301_000)
    text = create_app(engine, sign_in=None, clock=lambda: NOW).test_client().get("/metrics").text
    told = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert told["dipchip_outbox_events",] == 7
    assert told["dipchip_oldest_unreceipted_seconds",] == 70
    assert told["dipchip_kiosks", "ok"] == 1
    assert told["dipchip_kiosks", "needs_care"] == 1
    assert told["dipchip_kiosks", "never_seen"] == 1
    assert told["dipchip_messages_refused_total", "too_large"] == 3
    assert told["dipchip_alarms", "fork"] == 1
    assert told["dipchip_alerts_open", "critical"] == 1
    assert told["dipchip_alerting_silent",] == 1
    assert told["dipchip_alerting_heartbeat_age_seconds",] == 301
    assert "udon" not in text
