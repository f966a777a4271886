# SPDX-License-Identifier: Apache-2.0
"""What the courier counts: what was committed, once, and by no kiosk's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import REGISTRY, generate_latest

from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def outcomes() -> dict[str, float]:
    names = ("accept", "duplicate", "gap", "fork", "hello", "heartbeat")
    return {name: value("dipchip_ingest_settled_total", outcome=name) for name in names}


def test_each_message_is_counted_by_what_became_of_it(fleet: Fleet) -> None:
    before, refused = outcomes(), value("dipchip_ingest_refused_total", reason="malformed")
    receipts, batches = value("dipchip_receipts_total"), value("dipchip_ingest_batch_messages_count")
    kiosk = fleet.kiosk()
    first = kiosk.enrol()[1]
    fleet.deliver(kiosk, first)
    fleet.deliver(kiosk, first)
    kiosk.enrol()
    fleet.deliver(kiosk, kiosk.enrol()[1])
    fleet.deliver(kiosk, kiosk.hello(), kind=Up.HELLO)
    fleet.deliver(kiosk, kiosk.heartbeat(), kind=Up.HEARTBEAT)
    fleet.deliver(kiosk, b"junk")
    after = outcomes()
    assert {name: after[name] - before[name] for name in after} == {
        "accept": 1,
        "duplicate": 1,
        "gap": 1,
        "fork": 0,
        "hello": 1,
        "heartbeat": 1,
    }
    assert value("dipchip_ingest_refused_total", reason="malformed") - refused == 1
    assert value("dipchip_receipts_total") - receipts == 4
    assert value("dipchip_ingest_batch_messages_count") - batches == 6
    assert kiosk.id.encode() not in generate_latest(REGISTRY)
