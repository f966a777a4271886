# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.store import card_reads
from kiosk.store.card_reads import KEPT, CardRead

if TYPE_CHECKING:
    from kiosk.store.database import Store


def test_the_newest_reads_are_kept_newest_first_and_older_ones_go(store: Store) -> None:
    for at_ms in range(KEPT + 5):
        card_reads.note(store, CardRead(at_ms, "ok", 45, 0, 40.5, 3100.0))
    kept = card_reads.newest(store)
    assert [read.at_ms for read in kept] == list(range(KEPT + 4, 4, -1))
    assert kept[0] == CardRead(KEPT + 4, "ok", 45, 0, 40.5, 3100.0)


def test_a_store_that_has_seen_no_card_has_no_reads(store: Store) -> None:
    assert card_reads.newest(store) == ()
