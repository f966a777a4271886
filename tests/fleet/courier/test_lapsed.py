# SPDX-License-Identifier: Apache-2.0
"""A request that was taken without a network: in time an enrolment, too late an honest line that counts nobody."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from fleet.coverage.reading import funnel
from fleet.store.scope import NATION
from fleet.store.session import reading
from fleet.store.tables import coverage_day, enrollment, event, event_content, refusal, workload_day
from wire.envelope import split
from wire.events import Profile

if TYPE_CHECKING:
    from tests.fleet.road import Fleet

HOUR_MS = 60 * 60_000


def bare(message: bytes) -> bytes:
    """What a kiosk sends once it has erased the identity: the same signed bytes, and nothing beside them."""
    return split(message)[0]


def states(fleet: Fleet) -> list[str]:
    return [row.state for row in fleet.rows(enrollment)]


def test_a_kept_request_that_comes_in_time_is_enrolled_like_any_other(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.deliver(kiosk, kiosk.enrol(kept_hours=24)[1])
    fleet.work()
    assert states(fleet) == ["accepted"]


def test_an_erased_identity_leaves_the_chain_whole_and_counts_nobody(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    messages = [kiosk.enrol(kept_hours=24)[1], kiosk.enrol(kept_hours=24)[1], kiosk.enrol()[1]]
    fleet.clock.ms += 24 * HOUR_MS
    (receipt,) = fleet.deliver(kiosk, bare(messages[0]), bare(messages[1]), messages[2])
    assert receipt.marks[kiosk.stream].acked == 3
    fleet.work()
    assert sorted(states(fleet)) == ["accepted", "lapsed", "lapsed"]
    assert [row.due_ms for row in fleet.rows(enrollment) if row.state == "lapsed"] == [None, None]
    assert sorted(row.attachment is None for row in fleet.rows(event_content)) == [True, True, True]
    assert [(row.captured, row.lapsed) for row in fleet.rows(workload_day)] == [(1, 2)]
    assert {row.state: row.n for row in fleet.rows(coverage_day)} == {"submitted": 1, "accepted": 1}
    with reading(fleet.engine) as connection:
        told = funnel(connection, Profile.TEST, date(9999, 1, 1), NATION)["41"]
    assert (told.captured, told.lapsed, told.accepted) == (1, 2, 1)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_comes_with_and_without_its_identity_is_one_event_as_it_came_first(
    fleet: Fleet, order: tuple[int, int]
) -> None:
    kiosk = fleet.kiosk()
    message = kiosk.enrol(kept_hours=1)[1]
    fleet.clock.ms += HOUR_MS
    both = (message, bare(message))
    for which in order:
        (receipt,) = fleet.deliver(kiosk, both[which])
        assert receipt.marks[kiosk.stream].acked == 1
    fleet.work()
    assert fleet.count(event) == 1
    assert states(fleet) == [("accepted", "lapsed")[order[0]]]


def test_nobody_on_the_way_can_make_a_person_lapse(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    ordinary, kept = kiosk.enrol()[1], kiosk.enrol(kept_hours=24)[1]
    fleet.clock.ms += 23 * HOUR_MS
    assert fleet.deliver(kiosk, bare(ordinary)) == fleet.deliver(kiosk, bare(kept)) == []
    assert {row.reason: row.n for row in fleet.rows(refusal)} == {"malformed": 2}
    fleet.clock.ms += 24 * HOUR_MS
    assert fleet.deliver(kiosk, bare(ordinary)) == [], "one that was promised no end has none"
    (receipt,) = fleet.deliver(kiosk, ordinary, kept)
    assert receipt.marks[kiosk.stream].acked == 2


@pytest.mark.parametrize("hours", [0, -1, 73])
def test_a_kiosk_cannot_keep_longer_than_the_code_allows(fleet: Fleet, hours: int) -> None:
    kiosk = fleet.kiosk()
    assert fleet.deliver(kiosk, kiosk.enrol(kept_hours=hours)[1]) == []
