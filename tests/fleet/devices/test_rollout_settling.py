# SPDX-License-Identifier: Apache-2.0
"""What came of a release at one kiosk: what it runs and what it says, together, and never one of them alone."""

from __future__ import annotations

from fleet.devices import rings
from fleet.devices.registry import revoke
from fleet.devices.rings import Ring
from fleet.devices.rollout_judging import Ground
from fleet.devices.rollout_rules import Stage
from fleet.devices.rollout_settling import ATTEMPTS, LATER, NO_WORD, NOT_BACK, NOT_SHOWN, REVOKED, WENT_BACK
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.store.session import unit_of_work
from tests.fleet.rolling import NEW, OLD, Band, Member
from wire.orders import NotUpdated, Outcome


def test_that_it_is_done_is_not_believed_of_a_kiosk_that_runs_another_release(band: Band) -> None:
    band.obeys = False
    number = band.start()
    band.step(4)
    (pilot,) = band.in_ring(number, Ring.PILOT)
    band.tell(pilot, pilot.orders[0], Outcome.DONE)
    band.pass_by(minutes=9)
    assert band.stage(number, pilot.wire.id) == (Stage.TAKEN, None)
    band.pass_by(minutes=9)
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, NOT_SHOWN)
    pilot.release = NEW
    band.step(4)
    assert band.stage(number, pilot.wire.id) == (Stage.ON, None), "what it runs is the truth"
    pilot.release = OLD
    band.step(4)
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, WENT_BACK)


def test_a_kiosk_that_tries_the_release_and_goes_back_has_failed_by_its_own_reason(band: Band) -> None:
    band.obeys = False
    number = band.start()
    band.step(4)
    (pilot,) = band.in_ring(number, Ring.PILOT)
    pilot.release = NEW  # on trial
    band.step(4)
    assert band.stage(number, pilot.wire.id) == (Stage.TAKEN, None)
    band.tell(pilot, pilot.orders[0], Outcome.REFUSED, NotUpdated.TRIAL_SCREEN)
    band.step(1)  # its last heartbeat was before it went back
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, "trial_screen")
    pilot.release = OLD
    band.step(4)
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, "trial_screen")


def test_a_kiosk_that_does_not_come_back_has_failed(band: Band) -> None:
    band.obeys = False
    number = band.start()
    band.step(4)
    (pilot,) = band.in_ring(number, Ring.PILOT)
    pilot.is_away = True
    band.pass_by(minutes=SILENT_AFTER_MS // 60_000 + 20)
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, NOT_BACK)
    pilot.is_away = False
    band.step(4)
    assert band.stage(number, pilot.wire.id) == (Stage.TAKEN, None), "somebody had switched it off"
    band.tell(pilot, pilot.orders[0], Outcome.REFUSED, NotUpdated.UNFIT)
    band.step(2)
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, "unfit")


def test_a_kiosk_that_is_away_is_asked_when_it_is_back(band: Band) -> None:
    with unit_of_work(band.fleet.engine) as connection:
        rings.allot(connection, band.fleet.clock())
        (pilot,) = [
            name for name in band.members if rings.ring_of(connection, band.members[name].wire.id) is Ring.PILOT
        ]
    band.members[pilot].is_away = True
    band.pass_by(hours=1)
    number = band.start()
    band.step(2)
    assert band.stages(number) == {Stage.WAITING: 12}
    assert band.stands(number).ground is Ground.SAMPLE
    band.members[pilot].is_away = False
    band.step(4)
    assert band.stage(number, pilot) == (Stage.ON, None)


def test_what_cannot_be_now_is_asked_again_a_few_times_and_what_is_none_for_it_is_left_out(band: Band) -> None:
    band.does = lambda _member, _order: NotUpdated.NEVER_QUIET
    number = band.start()
    band.step(4)
    (pilot,) = band.in_ring(number, Ring.PILOT)
    assert band.stage(number, pilot.wire.id) == (Stage.WAITING, "never_quiet")
    for _ in range(ATTEMPTS):
        band.pass_by(hours=10)
        band.step(4)
    assert len(pilot.orders) == ATTEMPTS
    assert band.stage(number, pilot.wire.id) == (Stage.FAILED, "never_quiet")
    band.does = lambda _member, _order: NotUpdated.OLDER_RELEASE
    (early,) = band.in_ring(number, Ring.EARLY)
    revoke_now(band, early)
    band.step(4)
    assert band.stage(number, early.wire.id) == (Stage.LEFT_OUT, REVOKED)


def test_a_kiosk_that_knows_no_updates_or_has_a_later_release_is_left_out(band: Band) -> None:
    with unit_of_work(band.fleet.engine) as connection:
        rings.allot(connection, band.fleet.clock())
        (early,) = [each for each in band.members.values() if rings.ring_of(connection, each.wire.id) is Ring.EARLY]
    early.release = "2.0.0"
    band.beat()
    band.does = lambda _member, _order: "unknown_op"
    number = band.start()
    band.step(4)
    (pilot,) = band.in_ring(number, Ring.PILOT)
    assert band.stage(number, pilot.wire.id) == (Stage.LEFT_OUT, "unknown_op")
    assert band.stands(number).wave > 1, "a wave of which nobody is left passes"
    broad, *_ = [each for each in band.in_ring(number, Ring.BROAD) if not each.orders]
    band.hears = lambda member: member is not broad
    band.step(4)
    assert band.stage(number, early.wire.id) == (Stage.LEFT_OUT, LATER)
    for _ in range(ATTEMPTS):
        band.pass_by(hours=2)
        band.step(3)
    assert band.stage(number, broad.wire.id) == (Stage.LEFT_OUT, NO_WORD)


def revoke_now(band: Band, member: Member) -> None:
    with unit_of_work(band.fleet.engine) as connection:
        revoke(connection, member.wire.id)
