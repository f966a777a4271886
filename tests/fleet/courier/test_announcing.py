# SPDX-License-Identifier: Apache-2.0
"""Announcements leave for the kiosks they are meant for: with the answer to HELLO, and when they change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from fleet.announcements import book
from fleet.announcements.rules import Proposal, Where
from fleet.courier import announcing
from fleet.courier.announcing import Announcing
from fleet.devices.registry import register, revoke
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION
from fleet.store.session import unit_of_work
from fleet.store.tables import announcement
from wire.announcements import open_announcements
from wire.ids import ProvinceCode, Shard
from wire.topics import Down, Up, down, kind_of_down

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from fleet.courier.committing import Outbound
    from tests.fleet.road import Fleet
    from tests.simulators.kiosk_wire import WireKiosk

UDON, LOEI = ProvinceCode("41"), ProvinceCode("42")


def announce(fleet: Fleet, en: str = "Free flu shots", where: Where = Where(), *, starts_in: int = 0) -> int:  # noqa: B008 - frozen
    today = date.fromisoformat(bangkok_day(fleet.clock()))
    proposal = Proposal("ฉีดวัคซีนฟรี", en, where, today + timedelta(starts_in), today + timedelta(30), "Somchai")
    with unit_of_work(fleet.engine) as connection:
        number = book.propose(connection, proposal, fleet.clock(), NATION)
        book.approve(connection, number, "Malee", fleet.clock(), NATION)
    return number


def withdraw(fleet: Fleet, number: int) -> None:
    with unit_of_work(fleet.engine) as connection:
        book.withdraw(connection, number, "Somsri", fleet.clock(), NATION)


def read(fleet: Fleet, kiosk: WireKiosk, told: Sequence[Outbound]) -> list[list[str]]:
    """The lists among what was told, as this kiosk reads them."""
    mine = down(kiosk.shard, kiosk.id, Down.ANNOUNCEMENTS)
    opened = [
        open_announcements(each.payload, fleet.receipt_key.public(), kiosk.id) for each in told if each.topic == mine
    ]
    return [[item.en for item in each.items] for each in opened]


def greeted(fleet: Fleet, kiosk: WireKiosk) -> list[list[str]]:
    return read(fleet, kiosk, fleet.take((kiosk.topic(Up.HELLO), kiosk.hello())))


class Round:
    """A courier that looks for changes, with a clock to turn and a broker that may take nothing."""

    def __init__(self, fleet: Fleet) -> None:
        self.now_s = 0.0
        self.taken = True
        self._told: list[Outbound] = []
        self._announcing = Announcing(fleet.engine, fleet.committer, lambda: self.now_s)

    def later(self, shards: frozenset[Shard] | None = None, *, by_s: float = 5.0) -> list[Outbound]:
        self.now_s += by_s
        self._told.clear()
        self._announcing.tell(shards, self._publish)
        return list(self._told)

    def _publish(self, messages: Sequence[Outbound]) -> int:
        self._told.extend(messages if self.taken else ())
        return len(messages) if self.taken else 0


def test_a_kiosk_that_says_hello_is_told_its_whole_list_after_its_receipt(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    announce(fleet)
    announce(fleet, "Soon", starts_in=3)
    told = fleet.take((kiosk.topic(Up.HELLO), kiosk.hello()))
    assert [kind_of_down(each.topic) for each in told] == [Down.RECEIPT, Down.ANNOUNCEMENTS]
    assert read(fleet, kiosk, told) == [["Free flu shots", "Soon"]]


def test_each_is_told_what_is_meant_for_it(fleet: Fleet) -> None:
    udon, other, loei = fleet.kiosk(), fleet.kiosk("udon-02"), fleet.kiosk("loei-01", province="42")
    announce(fleet, "All")
    announce(fleet, "Udon", Where(UDON))
    announce(fleet, "One", Where(kiosk=udon.id))
    assert greeted(fleet, udon) == [["All", "Udon", "One"]]
    assert greeted(fleet, other) == [["All", "Udon"]]
    assert greeted(fleet, loei) == [["All"]]


def test_without_announcements_nothing_is_said_of_them(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    assert greeted(fleet, kiosk) == []
    today = date.fromisoformat(bangkok_day(fleet.clock()))
    with unit_of_work(fleet.engine) as connection:
        book.propose(connection, Proposal("ก", "a", Where(), today, today, "Somchai"), fleet.clock(), NATION)
    assert greeted(fleet, kiosk) == []


def test_what_is_withdrawn_is_taken_back_by_an_empty_list_until_its_days_are_over(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    withdraw(fleet, announce(fleet))
    assert greeted(fleet, kiosk) == [[]]
    fleet.clock.ms += 32 * 86_400_000
    assert greeted(fleet, kiosk) == []


def test_a_kiosk_that_moved_is_told_what_holds_where_it_stands_now(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    announce(fleet, "Udon", Where(UDON))
    kiosk.province = LOEI
    with unit_of_work(fleet.engine) as connection:
        register(connection, kiosk.registration(), fleet.clock())
    assert greeted(fleet, kiosk) == [[]]


def test_an_event_or_a_heartbeat_brings_no_list(fleet: Fleet) -> None:
    kiosk = fleet.kiosk()
    announce(fleet)
    assert read(fleet, kiosk, fleet.take((kiosk.topic(Up.EVENT), kiosk.enrol()[1]))) == []


def test_a_row_that_cannot_be_read_keeps_no_receipt_from_anybody(fleet: Fleet) -> None:
    kiosk, courier = fleet.kiosk(), Round(fleet)
    courier.later()
    announce(fleet)
    with unit_of_work(fleet.engine) as connection:
        connection.execute(announcement.update().values(last_day="soon"))
    told = fleet.take((kiosk.topic(Up.HELLO), kiosk.hello()))
    assert [kind_of_down(each.topic) for each in told] == [Down.RECEIPT]
    assert courier.later() == []


def test_each_change_is_told_to_every_kiosk_that_is_believed_once(fleet: Fleet) -> None:
    kiosk, other, gone = fleet.kiosk(), fleet.kiosk("udon-02"), fleet.kiosk("udon-03")
    with unit_of_work(fleet.engine) as connection:
        revoke(connection, gone.id)
    announce(fleet, "Before")
    courier = Round(fleet)
    assert courier.later() == [], "what stood before it started comes with HELLO"
    number = announce(fleet)
    told = courier.later()
    assert [read(fleet, each, told) for each in (kiosk, other, gone)] == [[["Before", "Free flu shots"]]] * 2 + [[]]
    assert courier.later() == []
    withdraw(fleet, number)
    assert read(fleet, kiosk, courier.later()) == [["Before"]]


def test_a_courier_tells_the_kiosks_of_its_shards(fleet: Fleet) -> None:
    kiosk, other = fleet.kiosk(), fleet.kiosk("udon-02")
    assert kiosk.shard != other.shard
    courier = Round(fleet)
    courier.later(frozenset([kiosk.shard]))
    announce(fleet)
    told = courier.later(frozenset([kiosk.shard]))
    assert [bool(read(fleet, each, told)) for each in (kiosk, other)] == [True, False]


def test_a_country_is_told_in_portions(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "_AT_ONCE", 2)
    for n in range(5):
        fleet.kiosk(f"udon-{n:02}")
    courier = Round(fleet)
    courier.later()
    announce(fleet)
    told = [each.topic for _ in range(4) for each in courier.later()]
    assert len(set(told)) == len(told) == 5


def test_what_the_broker_did_not_take_is_sent_again_after_a_rest(fleet: Fleet) -> None:
    kiosk, courier = fleet.kiosk(), Round(fleet)
    courier.later()
    announce(fleet)
    courier.taken = False
    assert courier.later() == []
    courier.taken = True
    assert courier.later(by_s=1.0) == [], "it rests"
    assert read(fleet, kiosk, courier.later(by_s=4.0)) == [["Free flu shots"]]
    assert courier.later() == []


def test_the_loop_sends_them(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "_LOOK_EVERY_S", 0.0)
    kiosk = fleet.kiosk()
    fleet.dispatch.renew()
    fleet.dispatch.send_announcements()
    announce(fleet)
    fleet.wire.up = False
    fleet.dispatch.send_announcements()
    assert fleet.wire.sent == []
    fleet.wire.up = True
    fleet.dispatch.send_announcements()
    assert read(fleet, kiosk, fleet.wire.sent) == [["Free flu shots"]]
