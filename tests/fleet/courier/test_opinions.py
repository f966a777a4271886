# SPDX-License-Identifier: Apache-2.0
"""What people thought is counted once, whatever a kiosk's counter or the road to it does."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from fleet.devices.opinions import AT_ONCE_AT_MOST, Mark, growth
from fleet.store.complaint_tables import opinion_day, opinion_mark
from fleet.store.session import unit_of_work
from fleet.store.sum_tables import opinion_province_day
from fleet.store.tables import kiosk as registered
from wire.events import ClockSync, Moment, Profile
from wire.topics import Up

if TYPE_CHECKING:
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

DAY_MS = 86_400_000
FIRST_BOOT, SECOND_BOOT = "1" * 32, "2" * 32


def tell(
    fleet: Fleet,
    kiosk: WireKiosk,
    *,
    at: int,
    boot: str = FIRST_BOOT,
    sync: ClockSync = ClockSync.SYNCED,
    profile: Profile | None = Profile.LIVE,
    **counts: int,
) -> None:
    """A heartbeat that was made `at` so many milliseconds after its kiosk's start, and the same by its wall clock."""
    moment = Moment(boot, at, 1_790_000_000_000 + at, sync)
    sessions = {"filed": 9, "opinion.of_tomorrow": 7, **{f"opinion.{code}": n for code, n in counts.items()}}
    message = kiosk.heartbeat(at=moment, sessions=sessions, profile=profile)
    fleet.take((kiosk.topic(Up.HEARTBEAT), message))


def counted(fleet: Fleet) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in fleet.rows(opinion_day):
        totals[row.code] = totals.get(row.code, 0) + row.n
    return totals


def test_only_what_has_grown_is_counted_and_repeats_and_stragglers_count_nothing(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1, rated_5=100)  # said before anybody kept it
    tell(fleet, kiosk, at=2, rated_5=103, rated_1=1)
    tell(fleet, kiosk, at=3, rated_5=103, rated_1=1)
    tell(fleet, kiosk, at=2, rated_5=103, rated_1=1)
    tell(fleet, kiosk, at=1, rated_5=100)
    tell(fleet, kiosk, at=4, rated_5=104, rated_1=1)
    assert counted(fleet) == {"rated_5": 4, "rated_1": 1}
    assert fleet.count(opinion_mark) == 1


def test_a_new_kiosk_loses_none(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=2, rated_4=2)
    assert counted(fleet) == {"rated_4": 2}


def test_a_counter_that_begins_anew_counts_nothing_and_grows_from_there(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=2, rated_5=50)
    tell(fleet, kiosk, at=3, rated_5=40, boot=SECOND_BOOT)  # an older card was put back
    tell(fleet, kiosk, at=4, rated_5=45, boot=SECOND_BOOT)
    assert counted(fleet) == {"rated_5": 55}


def test_a_heartbeat_of_an_earlier_start_that_comes_late_is_no_new_beginning(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=10, rated_5=5)
    tell(fleet, kiosk, at=20, rated_5=9, boot=SECOND_BOOT)
    tell(fleet, kiosk, at=10, rated_5=5)
    tell(fleet, kiosk, at=21, rated_5=9, boot=SECOND_BOOT)
    assert counted(fleet) == {"rated_5": 9}


def test_a_clock_that_was_never_set_holds_nothing_up(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=10_000_000, sync=ClockSync.UNSYNCED)
    tell(fleet, kiosk, at=5, boot=SECOND_BOOT, rated_3=2)
    assert counted(fleet) == {"rated_3": 2}


def test_more_at_once_than_people_is_not_counted_and_no_figure_bursts(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=2, rated_5=2**53 - 1)
    tell(fleet, kiosk, at=3, rated_5=AT_ONCE_AT_MOST + 1, boot=SECOND_BOOT)
    tell(fleet, kiosk, at=4, rated_5=AT_ONCE_AT_MOST + 4, boot=SECOND_BOOT)
    assert counted(fleet) == {"rated_5": 3}


def test_a_restored_controller_counts_again_only_what_it_has_lost(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=2, rated_5=5)
    tables = (opinion_day, opinion_province_day, opinion_mark)
    backup = [dict(row._mapping) for table in tables for row in fleet.rows(table)]  # noqa: SLF001
    tell(fleet, kiosk, at=3, rated_5=8)
    with unit_of_work(fleet.engine) as connection:
        for table, row in zip(tables, backup, strict=True):
            connection.execute(table.delete())
            connection.execute(table.insert().values(row))
    tell(fleet, kiosk, at=4, rated_5=9)
    assert counted(fleet) == {"rated_5": 9}


def test_they_are_counted_by_the_day_they_came_and_where_the_kiosk_stands_then(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    fleet.clock.ms = 1_790_000_000_000
    tell(fleet, kiosk, at=1)
    tell(fleet, kiosk, at=2, rated_5=1)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(registered.update().values(facility="11444", province="42"))
    fleet.clock.ms += DAY_MS
    tell(fleet, kiosk, at=3, rated_5=3)
    rows = {(row.province, row.facility, row.day): row.n for row in fleet.rows(opinion_day)}
    assert rows == {("41", "10661", "2026-09-21"): 1, ("42", "11444", "2026-09-22"): 2}


def test_only_a_kiosk_that_exists_and_says_so_tells_of_real_people(fleet: Fleet) -> None:
    for name, profile in (("real-01", Profile.LIVE), ("tried-01", None), ("sim-00001", Profile.LIVE)):
        kiosk = fleet.kiosk(name)
        tell(fleet, kiosk, at=1, profile=profile)
        tell(fleet, kiosk, at=2, profile=profile, rated_5=1)
    assert {row.profile: row.n for row in fleet.rows(opinion_day)} == {"live": 1, "test": 2}


def test_one_batch_with_many_heartbeats_counts_as_one_after_another(fleet: Fleet) -> None:
    kiosks = [fleet.kiosk(f"udon-{n:02}") for n in range(40)]
    messages = []
    for at, count in ((1, 0), (2, 1), (3, 4)):
        moment = Moment(FIRST_BOOT, at, 1_790_000_000_000 + at, ClockSync.SYNCED)
        messages += [
            (each.topic(Up.HEARTBEAT), each.heartbeat(at=moment, sessions={"opinion.rated_2": count}))
            for each in kiosks
        ]
    fleet.take(*messages)
    assert counted(fleet) == {"rated_2": 160}
    assert fleet.count(opinion_mark) == 40


@given(st.lists(st.dictionaries(st.sampled_from(["rated_1", "rated_5"]), st.integers(0, 50)), max_size=20))
def test_whatever_a_counter_does_no_more_is_counted_than_it_ever_rose(told: list[dict[str, int]]) -> None:
    marks = [Mark(FIRST_BOOT, n, n, counts) for n, counts in enumerate(({}, *told))]
    rises = 0
    total = 0
    for before, after in itertools.pairwise(marks):
        found = growth(before, after)
        assert all(n > 0 for n in found.values())
        total += sum(found.values())
        rises += sum(max(0, after.counts.get(code, 0) - before.counts.get(code, 0)) for code in ("rated_1", "rated_5"))
    assert total <= rises
