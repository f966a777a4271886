# SPDX-License-Identifier: Apache-2.0
"""What may be called archived on the strength of a standby: the reckoning here, the real servers in tests/journeys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.store.replication import Held, Standby, Standing, is_held
from fleet.store.session import open_engine

NOW = Standing(horizon=100, written=1_000, timeline="00000001", flushed=1_000)
BEHIND = replace(NOW, flushed=999)


def test_what_the_standby_has_flushed_is_held_at_once() -> None:
    assert Held().looked(NOW, 0.0).believed(0.0) == 100


def test_what_it_has_not_flushed_is_held_when_it_has() -> None:
    waiting = Held().looked(BEHIND, 0.0)
    assert waiting.believed(0.0) is None
    later = Standing(horizon=200, written=2_000, timeline="00000001", flushed=1_000)
    held = waiting.looked(later, 1.0)
    assert held.believed(1.0) == 100
    assert held.looked(replace(later, flushed=2_000, written=3_000), 2.0).believed(2.0) == 200


def test_a_standby_that_never_catches_up_with_the_log_is_still_held_to_what_was_asked_first() -> None:
    held = Held()
    for n in range(5):
        held = held.looked(Standing(n, 1_000 * (n + 1), "00000001", 1_000 * (n + 1) - 1), float(n))
    assert held.believed(4.0) == 3


def test_a_standby_that_is_gone_holds_nothing_from_that_look_on() -> None:
    held = Held().looked(NOW, 0.0).looked(replace(NOW, flushed=None), 1.0)
    assert held.believed(1.0) is None
    assert held.looked(BEHIND, 2.0).believed(2.0) is None


def test_what_was_seen_is_not_believed_for_long() -> None:
    held = Held().looked(NOW, 0.0)
    assert [held.believed(t) for t in (9.9, 10.0)] == [100, None]


def test_another_server_that_took_over_starts_over() -> None:
    held = Held().looked(NOW, 0.0).looked(replace(BEHIND, timeline="00000002"), 1.0)
    assert held.believed(1.0) is None
    waiting = Held().looked(BEHIND, 0.0).looked(replace(BEHIND, written=5_000, timeline="00000002", flushed=4_000), 1.0)
    assert waiting.believed(1.0) is None, "what the old one waited for says nothing of the new one"


@given(horizon=st.integers(2**31, 2**40), behind=st.integers(1, 2**31 - 1))
def test_a_transaction_before_the_horizon_is_held_and_one_after_it_is_not(horizon: int, behind: int) -> None:
    before, after = (horizon - behind) % 2**32, (horizon + behind - 1) % 2**32
    assert is_held(before, horizon) or before < 3
    assert not is_held(after, horizon)


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_an_id_that_is_no_transactions_promises_nothing(frozen: int) -> None:
    assert not is_held(frozen, 100)


def test_sqlite_has_no_standby() -> None:
    assert Standby(open_engine("sqlite:///none.db")).horizon() is None
