# SPDX-License-Identifier: Apache-2.0
"""Opinions are counted by the day in Bangkok and told a day late, so that a count names nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kiosk.courier.heartbeat import heartbeat
from kiosk.store import noticeboard, opinions
from wire.ids import KioskId

if TYPE_CHECKING:
    from kiosk.store.database import Store

EVENING_MS = int(datetime(2026, 11, 25, 16, 59, tzinfo=UTC).timestamp() * 1000)  # 23:59 in Bangkok
MINUTE_MS = 60_000


def test_a_day_s_opinions_are_told_when_the_day_in_bangkok_is_over(store: Store) -> None:
    for code in ("rated_1", "about_waiting", "rated_5", "rated_5"):
        opinions.note(store, code, EVENING_MS)
    assert opinions.told(store, EVENING_MS) == {}
    assert opinions.told(store, EVENING_MS + MINUTE_MS) == {"rated_1": 1, "about_waiting": 1, "rated_5": 2}


def test_the_days_are_summed(store: Store) -> None:
    opinions.note(store, "rated_5", EVENING_MS)
    opinions.note(store, "rated_5", EVENING_MS + MINUTE_MS)
    assert opinions.told(store, EVENING_MS + MINUTE_MS) == {"rated_5": 1}
    assert opinions.told(store, EVENING_MS + 1441 * MINUTE_MS) == {"rated_5": 2}


def test_a_heartbeat_tells_them_beside_the_endings(store: Store) -> None:
    noticeboard.count_ending(store, "filed")
    opinions.note(store, "rated_5", 0)
    assert heartbeat(store, KioskId("k-1"), "0.1.0").sessions == {"filed": 1, "opinion.rated_5": 1}
