# SPDX-License-Identifier: Apache-2.0
"""A fleet too large for one page is counted whole and shown a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fleet.devices.health import Condition
from fleet.devices.park import read_park
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION, region_scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import code_day
from tests.fleet.books import NOW_MS, add_kiosk, heard, raise_alarm, refuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY_MS = 24 * 60 * 60 * 1000


def test_every_kiosk_stands_on_one_page_and_those_that_need_somebody_on_the_first(engine: Engine) -> None:
    names = [f"udon-{n:03}" for n in range(205)]
    for name in names:
        add_kiosk(engine, name)
    for name in names[:203]:
        heard(engine, name)
    heard(engine, names[203], reader="reader_absent")
    raise_alarm(engine, names[202], "fork")
    refuse(engine, names[201], "too_large", 3)
    with reading(engine) as connection:
        pages = [read_park(connection, NOW_MS, NATION, number) for number in (1, 2, 3)]
        past = read_park(connection, NOW_MS, NATION, 10**12)
    assert [(each.page, each.pages, each.total) for each in pages] == [(1, 3, 205), (2, 3, 205), (3, 3, 205)]
    shown = [device for each in pages for device in each.devices]
    assert sorted(device.kiosk for device in shown) == names
    assert [device.kiosk for device in shown[:3]] == [names[202], names[203], names[204]]
    assert pages[0].counts[Condition.OK] == 202
    assert {device.kiosk: device.refused for device in shown if device.refused} == {names[201]: 3}
    assert [each.alarms[0].kiosk for each in pages] == [names[202]] * 3
    assert past.devices == pages[2].devices


def test_pages_go_on_where_the_one_before_ended_across_provinces_and_conditions(engine: Engine) -> None:
    said: list[dict[str, Any]] = [{}, {"reader": "no_reader"}, {"minutes_ago": 30}]
    names = [(f"k-{n:03}", str(province), n % 3) for n, province in enumerate((10, 41, 40, 38, 90) * 61)]
    for name, province, kind in names:
        add_kiosk(engine, name, province=province, facility=f"{province}{name[-1]:0>3}")
        heard(engine, name, **said[kind])
    with reading(engine) as connection:
        shown = [device for n in (1, 2, 3, 4) for device in read_park(connection, NOW_MS, NATION, n).devices]
        region = read_park(connection, NOW_MS, region_scope(8), 2).devices
    urgency = [Condition.NEEDS_CARE, Condition.SILENT, Condition.OK]
    ordered = sorted(shown, key=lambda it: (urgency.index(it.condition), it.province, it.facility, it.kiosk))
    assert shown == ordered
    assert sorted(device.kiosk for device in shown) == [name for name, _, _ in names]
    assert list(region) == [device for device in ordered if device.province in ("41", "38")][100:]


def test_a_kiosk_s_questions_for_new_codes_of_the_last_week_are_one_figure(engine: Engine) -> None:
    add_kiosk(engine, "udon-001")
    add_kiosk(engine, "udon-002")
    asked = [
        (NOW_MS, "given", 4),
        (NOW_MS, "too_often", 1),
        (NOW_MS - 6 * DAY_MS, "given", 2),
        (NOW_MS - 7 * DAY_MS, "given", 8),
    ]
    with unit_of_work(engine) as connection:
        for at_ms, outcome, n in asked:
            connection.execute(code_day.insert().values(kiosk="udon-001", day=bangkok_day(at_ms), outcome=outcome, n=n))
    with reading(engine) as connection:
        park = read_park(connection, NOW_MS, NATION)
    assert {device.kiosk: device.new_codes for device in park.devices} == {"udon-001": 7, "udon-002": 0}
