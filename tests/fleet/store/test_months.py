# SPDX-License-Identifier: Apache-2.0
"""The bytes of events by month on PostgreSQL: made ahead, moved when late, detached when old, recognised for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from fleet.store import months
from fleet.store.months import Month, MonthError
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import alarm, event, event_content
from wire.topics import Up

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.fleet.road import Fleet

NOVEMBER = Month(2026, 11)
DAY_MS = 24 * 3_600_000
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def divided(fleet: Fleet) -> Fleet:
    """A fleet in November 2026."""
    fleet.clock.ms = NOVEMBER.begins_ms + 25 * DAY_MS
    return fleet


def _detach(fleet: Fleet, month: Month, now_ms: int) -> None:
    with unit_of_work(fleet.engine) as connection:
        months.detach(connection, month, now_ms)


def rows_by_table(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        names = connection.execute(text("SELECT tableoid::regclass::text, count(*) FROM event_content GROUP BY 1"))
        return {row[0]: row[1] for row in names}


def test_a_month_begins_in_utc_and_is_followed_by_the_next() -> None:
    assert Month.of(NOVEMBER.begins_ms) == NOVEMBER
    assert Month.of(NOVEMBER.begins_ms - 1) == Month(2026, 10)
    assert Month(2026, 12).next() == Month(2027, 1)
    assert Month.parse("2026-11") == NOVEMBER
    with pytest.raises(MonthError, match="2026-11"):
        Month.parse("2026-13")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_keeps_one_table_and_the_job_does_nothing(fleet: Fleet) -> None:
    assert months.make_ahead(fleet.engine, fleet.clock()) == []
    assert months.kept_since_ms(fleet.engine) == 0
    with pytest.raises(MonthError):
        _detach(fleet, NOVEMBER, fleet.clock())


@on_postgresql
def test_months_are_made_ahead_and_once(divided: Fleet) -> None:
    ahead = [NOVEMBER, Month(2026, 12), Month(2027, 1), Month(2027, 2)]
    assert months.make_ahead(divided.engine, divided.clock()) == ahead
    assert months.make_ahead(divided.engine, divided.clock()) == []
    assert months.make_ahead(divided.engine, divided.clock() + 10 * DAY_MS) == [Month(2027, 3)]


@on_postgresql
def test_events_lie_in_the_month_of_their_receipt_and_in_the_rest_until_it_is_made(divided: Fleet) -> None:
    kiosk = divided.kiosk()
    divided.deliver(kiosk, kiosk.enrol()[1], kiosk.enrol()[1])
    divided.clock.ms += 10 * DAY_MS
    divided.deliver(kiosk, kiosk.enrol()[1])
    assert rows_by_table(divided.engine) == {months.REST: 3}
    months.make_ahead(divided.engine, divided.clock())
    assert rows_by_table(divided.engine) == {NOVEMBER.table: 2, Month(2026, 12).table: 1}
    divided.deliver(kiosk, kiosk.enrol()[1])
    assert rows_by_table(divided.engine) == {NOVEMBER.table: 2, Month(2026, 12).table: 2}


@on_postgresql
def test_an_event_that_comes_again_in_another_month_is_the_same_event(divided: Fleet) -> None:
    months.make_ahead(divided.engine, divided.clock())
    kiosk = divided.kiosk()
    event_id, message = kiosk.enrol()
    divided.deliver(kiosk, message)
    divided.clock.ms += 10 * DAY_MS
    divided.deliver(kiosk, message)
    assert [row.id for row in divided.rows(event)] == [event_id]
    assert rows_by_table(divided.engine) == {NOVEMBER.table: 1}


@on_postgresql
def test_a_month_that_is_gone_is_still_recognised_and_the_chain_goes_on(divided: Fleet) -> None:
    months.make_ahead(divided.engine, divided.clock())
    kiosk = divided.kiosk()
    old = [kiosk.enrol()[1] for _ in range(3)]
    divided.deliver(kiosk, *old)
    divided.work(4, pass_ms=1000)
    divided.clock.ms += 10 * DAY_MS
    _detach(divided, NOVEMBER, divided.clock())
    (receipt,) = divided.deliver(kiosk, *old)
    assert receipt.marks[kiosk.stream].acked == 3
    divided.deliver(kiosk, kiosk.enrol()[1])
    (answer,) = divided.deliver(kiosk, kiosk.hello(pruned={kiosk.stream: 3}), kind=Up.HELLO)
    assert answer.marks[kiosk.stream].acked == 4
    assert (divided.count(event), divided.count(event_content), divided.count(alarm)) == (4, 1, 0)
    divided.work(4, pass_ms=1000)
    with reading(divided.engine) as connection:
        assert connection.execute(select(func.count()).select_from(text(NOVEMBER.table))).scalar_one() == 3
    assert months.kept_since_ms(divided.engine) == Month(2026, 12).begins_ms


@on_postgresql
def test_a_month_in_which_somebody_waits_for_the_relay_is_not_detached(divided: Fleet) -> None:
    months.make_ahead(divided.engine, divided.clock())
    kiosk = divided.kiosk()
    divided.deliver(kiosk, kiosk.enrol()[1])
    with pytest.raises(MonthError, match="yet to submit"):
        _detach(divided, NOVEMBER, divided.clock() + 10 * DAY_MS)


@on_postgresql
def test_only_the_oldest_month_that_is_over_is_detached(divided: Fleet) -> None:
    months.make_ahead(divided.engine, divided.clock())
    with pytest.raises(MonthError, match="over"):
        _detach(divided, NOVEMBER, divided.clock())
    with pytest.raises(MonthError, match="over"):
        _detach(divided, Month(2020, 1), divided.clock())
    with pytest.raises(MonthError, match="older"):
        _detach(divided, Month(2026, 12), divided.clock() + 60 * DAY_MS)


@on_postgresql
def test_what_the_rest_holds_counts_as_kept(divided: Fleet) -> None:
    kiosk = divided.kiosk()
    divided.deliver(kiosk, kiosk.enrol()[1])
    assert months.kept_since_ms(divided.engine) == 0
