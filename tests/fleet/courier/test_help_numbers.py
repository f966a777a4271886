# SPDX-License-Identifier: Apache-2.0
"""The number that people are told to call leaves for the kiosks it is meant for, once two people have agreed on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import IntegrityError

from fleet.announcements import numbers
from fleet.announcements.numbers import Wanted
from fleet.announcements.rules import AnnouncementRefusedError, Stage, Why
from fleet.courier.announcing import Announcing
from fleet.store.complaint_tables import help_number as table
from fleet.store.scope import NATION, OutOfScopeError, Scope
from fleet.store.session import reading, unit_of_work
from wire.help_numbers import open_help_number
from wire.phones import help_number
from wire.topics import Down, Up, down

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fleet.courier.committing import Outbound
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

UDON, LOEI = Scope.parse("province:41"), Scope.parse("province:42")
HOSPITAL = Scope.parse("facility:41/10661")


def propose(fleet: Fleet, digits: str, where: Scope, by: str = "Somchai", scope: Scope = NATION) -> int:
    with unit_of_work(fleet.engine) as connection:
        return numbers.propose(connection, Wanted(help_number(digits), where, by), fleet.clock(), scope)


def approve(fleet: Fleet, number: int, by: str = "Malee", scope: Scope = NATION) -> None:
    with unit_of_work(fleet.engine) as connection:
        numbers.approve(connection, number, by, fleet.clock(), scope)


def agree(fleet: Fleet, digits: str, where: Scope) -> int:
    number = propose(fleet, digits, where)
    approve(fleet, number)
    return number


def withdraw(fleet: Fleet, number: int, scope: Scope = NATION) -> None:
    with unit_of_work(fleet.engine) as connection:
        numbers.withdraw(connection, number, "Somsri", fleet.clock(), scope)


def read(fleet: Fleet, kiosk: WireKiosk, told: Sequence[Outbound]) -> list[str]:
    mine = down(kiosk.shard, kiosk.id, Down.HELP_NUMBER)
    key = fleet.receipt_key.public()
    return [open_help_number(each.payload, key, kiosk.id).number for each in told if each.topic == mine]


def greeted(fleet: Fleet, kiosk: WireKiosk) -> list[str]:
    return read(fleet, kiosk, fleet.take((kiosk.topic(Up.HELLO), kiosk.hello())))


def test_while_nothing_was_agreed_on_nothing_is_told(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    propose(fleet, "042 222 111", UDON)
    assert greeted(fleet, kiosk) == []


def test_the_narrowest_place_counts_and_another_province_hears_that_it_has_none(fleet: Fleet) -> None:
    here, near, far = (
        fleet.kiosk("udon-01"),
        fleet.kiosk("udon-02", facility="11013"),
        fleet.kiosk("l-01", province="42"),
    )
    agree(fleet, "042 222 111", UDON)
    agree(fleet, "1669", HOSPITAL)
    assert [greeted(fleet, each) for each in (here, near, far)] == [["1669"], ["042222111"], [""]]
    agree(fleet, "02 257 7119", NATION)
    assert [greeted(fleet, each) for each in (here, near, far)] == [["1669"], ["042222111"], ["022577119"]]


def test_a_number_takes_the_place_of_the_one_before_and_what_is_withdrawn_is_told_to_be_gone(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    first, second = agree(fleet, "042 222 111", UDON), agree(fleet, "042 333 111", UDON)
    assert greeted(fleet, kiosk) == ["042333111"]
    with reading(fleet.engine) as connection:
        stages = {each.number: each.stage for each in numbers.read_all(connection, NATION)}
    assert stages == {first: Stage.WITHDRAWN, second: Stage.APPROVED}
    withdraw(fleet, second)
    assert greeted(fleet, kiosk) == [""]


def test_a_change_goes_out_by_itself_within_seconds(fleet: Fleet) -> None:
    kiosk, now_s = fleet.kiosk(), [0.0]
    announcing = Announcing(fleet.engine, fleet.committer, lambda: now_s[0])
    told: list[Outbound] = []

    def publish(messages: Sequence[Outbound]) -> int:
        told.extend(messages)
        return len(messages)

    announcing.tell(None, publish)
    agree(fleet, "042 222 111", UDON)
    now_s[0] += 5.0
    announcing.tell(None, publish)
    assert read(fleet, kiosk, told) == ["042222111"]


def test_nobody_puts_a_number_on_screens_alone(fleet: Fleet) -> None:
    number = propose(fleet, "042 222 111", UDON)
    with pytest.raises(AnnouncementRefusedError) as refused:
        approve(fleet, number, by="somchai")
    assert refused.value.why is Why.SAME_PERSON
    with pytest.raises(IntegrityError), unit_of_work(fleet.engine) as connection:
        connection.execute(table.update().values(approved_by="Somchai", approved_ms=1))


def test_a_province_decides_for_itself_only(fleet: Fleet) -> None:
    for where in (LOEI, NATION):
        with pytest.raises(OutOfScopeError):
            propose(fleet, "042 222 111", where, scope=UDON)
    national = propose(fleet, "02 257 7119", NATION)
    with pytest.raises(OutOfScopeError):
        approve(fleet, national, scope=UDON)
    elsewhere = agree(fleet, "042 811 111", LOEI)
    with pytest.raises(AnnouncementRefusedError, match="There is no help number"):
        withdraw(fleet, elsewhere, scope=UDON)


def test_a_facility_where_no_kiosk_stands_has_no_number(fleet: Fleet) -> None:
    with pytest.raises(AnnouncementRefusedError) as refused:
        propose(fleet, "042 222 111", HOSPITAL)
    assert refused.value.why is Why.NO_PLACE
