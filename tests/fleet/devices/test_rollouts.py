# SPDX-License-Identifier: Apache-2.0
"""A rollout by real orders over both databases: it goes from wave to wave, and stops by itself when it should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy import insert, select, update

from fleet.devices import orders, rings, rollout_driving, rollouts
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Ground, Group
from fleet.devices.rollout_rules import WAITS_MS, RolloutRefusedError, Stage, State, Why, check_proposal
from fleet.devices.rollout_settling import NOT_BACK
from fleet.store.alert_tables import alert, opening_hours
from fleet.store.order_tables import kiosk_order
from fleet.store.scope import NATION, OutOfScopeError, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import audit, device_state
from tests.fleet.rolling import NEW, OLD, Band, wanted
from wire.ids import FacilityCode
from wire.orders import NotUpdated, Op, Outcome
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

UDON = Scope.parse("province:41")


def refused(act: Callable[[], object]) -> Why:
    with pytest.raises(RolloutRefusedError) as error:
        act()
    return error.value.why


def test_a_release_goes_from_ring_to_ring_until_every_kiosk_says_that_it_runs_it(both: Band) -> None:
    band = both
    number = band.start()
    band.step(4)
    assert [each.release for each in band.in_ring(number, Ring.PILOT)] == [NEW]
    assert band.stages(number) == {Stage.ON: 1, Stage.WAITING: 11}, "nobody else is asked before it is watched"
    assert band.stands(number).ground is Ground.BAKE
    band.pass_by(hours=1)
    band.step(4)
    assert band.stages(number) == {Stage.ON: 2, Stage.WAITING: 10}
    band.pass_by(hours=1)
    band.step(4)
    assert band.stages(number) == {Stage.ON: 12}
    band.pass_by(hours=1)
    band.step()
    assert band.stands(number).state is State.DONE
    assert {each.release for each in band.members.values()} == {NEW}
    assert all(len(each.orders) == 1 for each in band.members.values()), "each was asked once"


def test_two_failures_stop_it_and_whoever_goes_on_has_seen_them(both: Band) -> None:
    band = both
    number = band.start(wanted(broad=(100,)))
    band.step(4)
    band.pass_by(hours=1)
    band.step(4)
    band.does = lambda _member, _order: NotUpdated.TRIAL_CAMERA
    band.pass_by(hours=1)
    band.step(4)
    stopped = band.stands(number)
    assert (stopped.state, stopped.ground) == (State.STOPPED, Ground.FAILURES)
    with reading(band.fleet.engine) as connection:
        assert [each.number for each in rollouts.stopped(connection)] == [number]
        assert set(rollouts.failures(connection, number, NATION)) == {"trial_camera"}
        assert "rollout.stopped" in connection.execute(select(audit.c.act)).scalars().all()
    asked = sum(len(each.orders) for each in band.members.values())
    band.step(4)
    assert sum(len(each.orders) for each in band.members.values()) == asked, "nobody is asked any more"
    band.does = lambda _member, _order: None
    with unit_of_work(band.fleet.engine) as connection:
        rollouts.resume(connection, number, "somchai", band.fleet.clock())
    band.step(4)
    assert band.stands(number).state is State.RUNNING


def alarms(connection: Connection, now_ms: int) -> None:
    """Five of the pilots have an alarm."""
    for k in range(5):
        said = {"rule": "camera", "subject": f"kiosk:k-{k:03}", "severity": "warning"}
        connection.execute(insert(alert).values(**said, since_ms=now_ms, raised_ms=now_ms))


def poor_visits(connection: Connection, _now_ms: int) -> None:
    """Visits end badly at five of the pilots, and well at all others."""
    state = device_state.c
    connection.execute(update(device_state).values(sessions='{"accepted": 2, "filed": 9, "opinion.rated_1": 9}'))
    ill = update(device_state).where(state.kiosk.in_([f"k-{k:03}" for k in range(5)]))
    connection.execute(ill.values(sessions='{"accepted": 2, "filed": 3, "card_problem": 6}'))


@pytest.mark.parametrize(
    ("happens", "ground", "updated", "others"),
    [
        (alarms, Ground.ALARMS, Group(8, 0, 5), Group(32, 0, 0)),
        (poor_visits, Ground.VISITS, Group(8, 0, 0, 8, 5), Group(32, 0, 0, 32, 0)),
    ],
)
def test_worse_health_than_of_the_others_stops_it(
    empty: Band, happens: Callable[[Connection, int], None], ground: Ground, updated: Group, others: Group
) -> None:
    band, fleet = empty, empty.fleet
    band.join(40)
    with unit_of_work(fleet.engine) as connection:
        rings.allot(connection, fleet.clock())
        for k in range(8):  # eight pilots
            site = (province_code("41"), FacilityCode(f"{10000 + k:05}"))
            rings.pin(connection, site, Ring.PILOT, "malee", fleet.clock(), NATION)
        for name, each in band.members.items():  # and no other
            if rings.ring_of(connection, each.wire.id) is Ring.PILOT and name > "k-007":
                site = (province_code("41"), FacilityCode(each.wire.facility))
                rings.pin(connection, site, Ring.BROAD, "malee", fleet.clock(), NATION)
    number = band.start()
    band.step(4)
    fleet.clock.ms += 50 * 60_000
    band.step(3)
    assert band.stages(number) == {Stage.ON: 8, Stage.WAITING: 32}
    with unit_of_work(fleet.engine) as connection:
        happens(connection, fleet.clock())
        fleet.clock.ms += 1000
        rollout_driving.step(connection, fleet.clock())
    stopped = band.stands(number)
    assert (stopped.state, stopped.ground) == (State.STOPPED, ground)
    assert stopped.seen is not None
    for seen, expected in ((stopped.seen.updated, updated), (stopped.seen.others, others)):
        assert msgspec.structs.replace(seen, minutes=0) == expected
    assert {each.release for each in band.in_ring(number, Ring.BROAD)} == {OLD}


def test_a_restart_in_the_middle_and_a_second_step_at_once_change_nothing(both: Band) -> None:
    band = both
    band.obeys = False
    number = band.start()
    for _ in range(3):
        with unit_of_work(band.fleet.engine) as connection:
            rollout_driving.step(connection, band.fleet.clock())
    assert band.fleet.count(kiosk_order) == 1
    band.beat()
    (pilot,) = band.in_ring(number, Ring.PILOT)
    (order,) = pilot.orders
    band.step()
    assert band.stages(number) == {Stage.TAKEN: 1, Stage.WAITING: 11}
    pilot.release = NEW
    band.tell(pilot, order, Outcome.DONE)
    band.step(4)
    assert band.stages(number) == {Stage.ON: 1, Stage.WAITING: 11}


def test_a_facility_with_two_kiosks_keeps_one_at_work(empty: Band) -> None:
    band, fleet = empty, empty.fleet
    band.join(12, at_each=2)
    with unit_of_work(fleet.engine) as connection:
        for k in range(6):
            site = (province_code("41"), FacilityCode(f"{10000 + k:05}"))
            rings.pin(connection, site, Ring.PILOT, "malee", fleet.clock(), NATION)
    band.obeys = False
    number = band.start()
    band.step(4)
    assert band.stages(number) == {Stage.TAKEN: 6, Stage.WAITING: 6}
    at_work = {each.wire.facility for each in band.members.values() if not each.orders}
    assert len(at_work) == 6
    for each in list(band.members.values()):
        if each.orders:
            each.release = NEW
            band.tell(each, each.orders[0], Outcome.DONE)
    band.obeys = True
    band.step(4)
    assert band.stages(number) == {Stage.ON: 12}


def test_a_kiosk_that_went_away_with_a_release_holds_back_the_other_of_its_facility_until_it_is_heard(
    empty: Band,
) -> None:
    band, fleet = empty, empty.fleet
    band.join(2, at_each=2)
    with unit_of_work(fleet.engine) as connection:
        site = (province_code("41"), FacilityCode("10000"))
        rings.pin(connection, site, Ring.PILOT, "malee", fleet.clock(), NATION)
    band.obeys = False
    first = band.start()
    band.step(4)
    (gone,) = [each for each in band.members.values() if each.orders]
    (other,) = [each for each in band.members.values() if not each.orders]
    gone.is_away = True
    band.pass_by(hours=1)
    assert band.stage(first, gone.wire.id) == (Stage.FAILED, NOT_BACK)
    on(band, rollouts.abort, first, "malee")
    second = band.start(wanted(release="1.2.0"))
    band.step(3)
    assert not other.orders
    gone.is_away = False
    band.step(3)
    assert band.stages(second) == {Stage.TAKEN: 1, Stage.WAITING: 1}


def test_kiosks_are_asked_outside_opening_hours_until_the_wave_has_waited_long_enough(band: Band) -> None:
    with unit_of_work(band.fleet.engine) as connection:
        for each in band.members.values():
            hours = {"province": "41", "facility": each.wire.facility, "days": "mon-sun"}
            hours |= {"opens": "00:01", "closes": "24:00"}
            connection.execute(insert(opening_hours).values(**hours))
    day_ms = 24 * 60 * 60_000
    band.fleet.clock.ms = (band.fleet.clock() // day_ms + 1) * day_ms + 5 * 60 * 60_000  # noon in Bangkok
    band.beat()
    number = band.start(wanted(patience_s=20 * 60))
    band.fleet.clock.ms += 60_000
    band.step(3)
    assert band.stages(number) == {Stage.WAITING: 12}
    band.pass_by(minutes=20)
    band.step(3)
    assert band.stages(number)[Stage.ON] == 1


def test_a_pause_takes_back_what_did_not_leave_and_an_end_is_one(both: Band) -> None:
    band = both
    number = band.start()
    with unit_of_work(band.fleet.engine) as connection:
        rollout_driving.step(connection, band.fleet.clock())
        rollout_driving.step(connection, band.fleet.clock())
    assert band.stages(number) == {Stage.ORDERED: 1, Stage.WAITING: 11}
    with unit_of_work(band.fleet.engine) as connection:
        rollouts.pause(connection, number, "malee", band.fleet.clock())
    assert band.stages(number) == {Stage.WAITING: 12}
    band.step(4)
    assert not any(each.orders for each in band.members.values())
    with unit_of_work(band.fleet.engine) as connection:
        rollouts.resume(connection, number, "malee", band.fleet.clock())
    band.step(4)
    assert band.stages(number) == {Stage.ON: 1, Stage.WAITING: 11}
    with unit_of_work(band.fleet.engine) as connection:
        rollouts.abort(connection, number, "malee", band.fleet.clock())
    band.pass_by(hours=2)
    assert band.stages(number) == {Stage.ON: 1, Stage.WAITING: 11}
    assert refused(lambda: on(band, rollouts.resume, number, "malee")) is Why.STANDS


def on(band: Band, act: Callable[..., None], number: int, by: str) -> None:
    with unit_of_work(band.fleet.engine) as connection:
        act(connection, number, by, band.fleet.clock())


def test_two_people_agree_in_time_and_one_rollout_is_under_way(both: Band) -> None:
    band = both

    def proposed() -> int:
        with unit_of_work(band.fleet.engine) as connection:
            return rollouts.propose(connection, wanted(), "malee", band.fleet.clock())

    first = proposed()
    assert refused(lambda: on(band, rollouts.approve, first, "malee")) is Why.SAME_PERSON
    assert refused(lambda: on(band, rollouts.approve, 99, "somchai")) is Why.NO_SUCH
    on(band, rollouts.approve, first, "somchai")
    second = proposed()
    assert refused(lambda: on(band, rollouts.approve, second, "somchai")) is Why.ANOTHER
    on(band, rollouts.abort, first, "malee")
    band.fleet.clock.ms += WAITS_MS + 1
    assert refused(lambda: on(band, rollouts.approve, second, "somchai")) is Why.OVER
    on(band, rollouts.abort, second, "malee")
    assert band.stands(second).state is State.DECLINED


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"release": "newest"}, Why.RELEASE),
        ({"words": ""}, Why.WORDS),
        ({"words": "two\nlines"}, Why.WORDS),
        ({"broad": (50,)}, Why.PLAN),
        ({"broad": ()}, Why.PLAN),
        ({"broad": (50, 50, 100)}, Why.PLAN),
        ({"at_facility": 0}, Why.PLAN),
    ],
)
def test_what_cannot_be_rolled_out_is_refused(changes: dict[str, object], why: Why) -> None:
    assert refused(lambda: check_proposal(wanted(**changes))) is why


def test_a_person_s_order_comes_first_and_an_update_is_none_that_is_given_by_its_name(band: Band) -> None:
    number = band.start()
    band.step()
    (pilot,) = band.in_ring(number, Ring.PILOT)
    with unit_of_work(band.fleet.engine) as connection:
        with pytest.raises(orders.OrderRefusedError):
            orders.give(connection, pilot.wire.id, Op.UPDATE, "malee", band.fleet.clock(), NATION)
        orders.give(connection, pilot.wire.id, Op.DIAGNOSE, "malee", band.fleet.clock(), NATION)
        rollout_driving.step(connection, band.fleet.clock())
        ended = update(kiosk_order).where(kiosk_order.c.op == Op.DIAGNOSE).values(ended_ms=1, ending="done")
        assert band.fleet.count(kiosk_order) in (0, 1)
        connection.execute(ended)
    band.step(4)
    assert band.stages(number)[Stage.ON] == 1


def test_a_facility_is_pinned_by_whoever_stands_there(band: Band) -> None:
    site = (province_code("41"), FacilityCode("10000"))
    engine, clock = band.fleet.engine, band.fleet.clock
    with unit_of_work(engine) as connection:
        rings.pin(connection, site, Ring.EARLY, "malee", clock(), UDON)
        assert rings.pins(connection, UDON) == {("41", "10000"): Ring.EARLY}
        assert rings.ring_of(connection, band.members["k-000"].wire.id) is Ring.EARLY
        assert rings.counts(connection, NATION)[Ring.EARLY] == 1
        with pytest.raises(OutOfScopeError):
            rings.pin(connection, site, Ring.PILOT, "malee", clock(), Scope.parse("province:50"))
        rings.pin(connection, site, None, "malee", clock(), UDON)
        assert rings.pins(connection, UDON) == {}
