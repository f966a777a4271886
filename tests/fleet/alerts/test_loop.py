# SPDX-License-Identifier: Apache-2.0
"""The alerting over a real database: what the controller's rooms know becomes alarms, letters and a heartbeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, update

from fleet import audit
from fleet.alerts import book, schedule, watch
from fleet.alerts.channels.bystander import Nobody, Outside
from fleet.alerts.delivery import UndeliveredError
from fleet.alerts.loop import Alerting, Surroundings
from fleet.alerts.outbox import GIVE_UP_MS
from fleet.alerts.subscribers import ChannelKind
from fleet.alerts.windows import Window
from fleet.devices import attention, rollout_driving, rollouts
from fleet.entrypoints.observing import WholeFleet
from fleet.store.hours import ALWAYS, Hours
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import alarm, courier, device_state, enrollment, event
from tests.fleet.alerts.letters import subscribe, subscription
from tests.fleet.books import MINUTE_MS, NOW_MS, add_kiosk, heard, propose_rollout, raise_alarm, refuse
from tests.fleet.road import Clock
from tests.simulators.https_server import HttpsServer
from wire.events import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.alerts.outbox import Letter

OFFICE = Hours.parse("mon-fri", "08:30", "16:30")  # the books' moment is a Tuesday, 10:00


class Postbox:
    """Takes letters for every channel."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.is_broken = False

    def send(self, letter: Letter) -> None:
        if self.is_broken:
            kind = "no_connection"
            raise UndeliveredError(kind)
        self.letters.append(letter)

    @property
    def told(self) -> list[tuple[str, str, str]]:
        return [
            (each.news.value, each.entry.alarm.rule.value, each.entry.alarm.subject.name)
            for letter in self.letters
            for each in letter.told
        ]


class World:
    """One alerting process with its postbox and a clock to turn."""

    def __init__(self, engine: Engine, name: str = "one", **fleet: Any) -> None:  # noqa: ANN401 - any of its fields
        self.engine = engine
        self.clock = Clock(NOW_MS)
        self.post = Postbox()
        seen = WholeFleet(**{"hours": ALWAYS, "profile": Profile.TEST, **fleet})
        around = Surroundings(seen, dict.fromkeys(ChannelKind, self.post), Nobody(), self.clock, rollout_driving)
        self.alerting = Alerting(engine, name, around)

    def pass_by(self, minutes: int, every: int = 1) -> None:
        for _ in range(0, minutes, every):
            assert self.alerting.step()
            self.clock.ms += every * MINUTE_MS

    def open(self) -> set[tuple[str, str]]:
        with reading(self.engine) as connection:
            found = book.read_open(connection, NATION)
        return {(each.alarm.rule.value, str(each.alarm.subject)) for each in found}


@pytest.fixture
def world(engine: Engine) -> World:
    subscribe(engine, subscription())
    return World(engine)


def say(engine: Engine, name: str, at_ms: int, **said: object) -> None:
    with unit_of_work(engine) as connection:
        connection.execute(update(device_state).where(device_state.c.kiosk == name).values(seen_ms=at_ms, **said))


def test_a_broken_reader_is_told_once_and_told_again_when_it_works(engine: Engine, world: World) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    for minute in range(40):
        broken = "reader_absent" if 5 <= minute < 20 else "present"
        say(engine, "udon-01", world.clock.ms, reader=broken, screen=f"{'reader_absent' if minute == 9 else 'ok'}")
        world.pass_by(1)
    assert world.post.told == [("raised", "reader", "udon-01"), ("cleared", "reader", "udon-01")]
    assert world.open() == set()


def test_everything_a_kiosk_can_lack_is_an_alarm_of_its_own(engine: Engine, world: World) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    wrong = {"reader": "reader_absent", "camera": "camera_absent", "screen": "store_failed", "disk_free_mib": 100}
    wrong |= {"outbox": 7, "oldest_unacked_s": 90_000, "clock_sync": "unsynced"}
    raise_alarm(engine, "udon-01")
    refuse(engine, "udon-01")
    for _ in range(32):
        say(engine, "udon-01", world.clock.ms, **wrong)
        world.pass_by(1)
    rules = ("reader", "camera", "screen", "disk_low", "outbox_old", "clock", "security", "quarantined")
    assert world.open() == {(rule, "kiosk:udon-01") for rule in rules}
    say(engine, "udon-01", world.clock.ms, screen="help_wanted")
    world.pass_by(5)
    assert ("help", "kiosk:udon-01") in world.open()


def test_what_a_silent_kiosk_lacked_stands_until_it_says_otherwise(engine: Engine, world: World) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", reader="reader_absent", minutes_ago=0)
    world.pass_by(10)
    world.pass_by(60, every=5)
    assert world.open() == {("reader", "kiosk:udon-01"), ("silent", "kiosk:udon-01")}
    say(engine, "udon-01", world.clock.ms, reader="present")
    world.pass_by(11)
    assert world.open() == set()


def test_an_outage_of_a_facility_is_one_message(engine: Engine, world: World) -> None:
    for n in range(6):
        add_kiosk(engine, f"udon-{n:02}")
        heard(engine, f"udon-{n:02}", minutes_ago=n % 3)
    world.pass_by(40)
    assert world.post.told == [("raised", "silent_together", "41/11013")]
    assert len(world.open()) == 7


def test_at_night_a_silent_kiosk_is_no_alarm_and_a_facility_that_never_closes_has_no_night(engine: Engine) -> None:
    world = World(engine, hours=OFFICE)
    add_kiosk(engine, "udon-01")
    add_kiosk(engine, "loei-01", province="42", facility="10705")
    for name in ("udon-01", "loei-01"):
        heard(engine, name, minutes_ago=0)
    with unit_of_work(engine) as connection:
        schedule.set_hours(connection, Scope.parse("facility:42/10705"), ("mon-sun", "00:00", "24:00"))
    world.clock.ms += 8 * 60 * MINUTE_MS  # 18:00
    world.pass_by(30)
    assert world.open() == {("silent", "kiosk:loei-01")}
    world.clock.ms += 14 * 60 * MINUTE_MS  # 8:30 and later
    world.pass_by(20)
    assert world.open() == {("silent", "kiosk:loei-01"), ("silent", "kiosk:udon-01")}


def test_a_security_alarm_that_somebody_has_looked_at_comes_back_only_with_a_new_one(
    engine: Engine, world: World
) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    raise_alarm(engine, "udon-01", "fork")
    world.pass_by(2)
    with unit_of_work(engine) as connection:
        (entry,) = book.read_open(connection, NATION)
        book.clear(connection, entry.id, "somchai", NATION, world.clock.ms)
        attention.look_at(connection, "udon-01", world.clock.ms)
    say(engine, "udon-01", world.clock.ms)
    world.pass_by(2)
    assert world.open() == set()
    with unit_of_work(engine) as connection:
        late = {"kiosk": "udon-01", "kind": "rollback", "stream": "b" * 24, "seq": 1, "raised_ms": world.clock.ms}
        connection.execute(insert(alarm).values(**late))
    world.pass_by(1)
    assert world.open() == {("security", "kiosk:udon-01")}


def test_in_a_window_nobody_is_told_and_afterwards_what_still_stands_is(engine: Engine, world: World) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    until_ms = NOW_MS + 10 * MINUTE_MS
    with unit_of_work(engine) as connection:
        work = Window(0, Scope.parse("province:41"), NOW_MS, until_ms, "a new switch", "somchai")
        schedule.add_window(connection, work, NOW_MS)
    for minute in range(12):
        say(engine, "udon-01", world.clock.ms, reader="reader_absent")
        world.pass_by(1)
        assert len(world.post.told) == (minute >= 10)
    assert world.open() == {("reader", "kiosk:udon-01")}


def test_a_courier_that_died_and_a_relay_that_takes_nothing_are_alarms_of_the_controller(
    engine: Engine, world: World
) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    late_ms = NOW_MS - 16 * MINUTE_MS
    with unit_of_work(engine) as connection:
        connection.execute(insert(courier).values(name="controller-2", until_ms=NOW_MS - 2 * MINUTE_MS))
        connection.execute(insert(courier).values(name="controller-1", until_ms=NOW_MS))
        for n, profile in enumerate(("test", "live")):
            connection.execute(
                insert(event).values(
                    id=f"e{n}", kiosk="udon-01", stream="s", seq=n, digest=bytes(32), received_ms=late_ms
                )
            )
            values = {"profile": profile, "state": "captured", "captured_ms": late_ms, "due_ms": late_ms}
            connection.execute(insert(enrollment).values(event=f"e{n}", **values))
    world.pass_by(1)
    assert world.open() == {("courier_gone", "controller:courier/controller-2"), ("relay_behind", "controller:relay")}
    with reading(engine) as connection:
        (behind,) = [each for each in book.read_open(connection, NATION) if each.alarm.rule == "relay_behind"]
        assert behind.alarm.n == 1
        assert book.read_open(connection, Scope.parse("province:41")) == []
    with unit_of_work(engine) as connection:
        connection.execute(delete(courier))
        connection.execute(update(enrollment).values(due_ms=None))
    say(engine, "udon-01", NOW_MS + 7 * MINUTE_MS)
    world.pass_by(7)
    assert world.open() == set()


def test_a_backup_is_asked_for_where_somebody_said_how_old_it_may_be(engine: Engine) -> None:
    world = World(engine, backup_within_h=24)
    world.pass_by(1)
    assert world.open() == set()  # there is nothing to lose
    add_kiosk(engine, "udon-01")
    world.clock.ms = NOW_MS + 25 * 60 * MINUTE_MS
    world.pass_by(1)
    assert world.open() == {("backup_old", "controller:backup")}
    with unit_of_work(engine) as connection:
        audit.record(connection, audit.Act.BACKUP_VERIFIED, who="x", subject="y", at_ms=world.clock.ms)
    world.pass_by(1)
    assert world.open() == set()


def test_messages_that_were_given_up_are_an_alarm(engine: Engine, world: World) -> None:
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    raise_alarm(engine, "udon-01")
    world.post.is_broken = True
    world.pass_by(1)
    world.clock.ms += GIVE_UP_MS
    world.pass_by(2)
    assert ("undelivered", "controller:delivery/mail") in world.open()


def test_of_two_processes_one_works_and_the_other_takes_over_when_it_is_gone(engine: Engine, world: World) -> None:
    other = World(engine, "two")
    world.pass_by(1)
    assert not other.alerting.step()
    with reading(engine) as connection:
        assert watch.read(connection).beat_ms == NOW_MS
    other.clock.ms += watch.LEASE_MS
    assert other.alerting.step()
    other.alerting.release()
    world.clock.ms = other.clock.ms
    assert world.alerting.step()


class Blind:
    """A fleet that cannot be seen."""

    def look(self, connection: object, now_ms: int) -> Any:  # noqa: ANN401 - it gives nothing
        raise RuntimeError(now_ms, connection)


class Stopping:
    """Stops after the first round."""

    def __init__(self) -> None:
        self.rounds = 0

    def is_set(self) -> bool:
        return self.rounds > 0

    def wait(self, seconds: float) -> None:
        self.rounds += 1
        assert seconds == 30


def test_a_rollout_is_driven_by_who_holds_the_alerting_and_is_an_alarm_when_it_stops(
    engine: Engine, world: World
) -> None:
    number = propose_rollout(engine)
    with unit_of_work(engine) as connection:
        rollouts.approve(connection, number, "somchai", NOW_MS)
    world.pass_by(1)
    other = World(engine, "two")
    assert not other.alerting.step()
    with unit_of_work(engine) as connection:
        assert rollouts.read(connection, number).wave == 1
        rollouts.change(connection, number, state="stopped", changed_ms=NOW_MS)
    world.pass_by(1)
    assert world.open() == {("rollout_stopped", f"controller:rollout/{number}")}
    with unit_of_work(engine) as connection:
        rollouts.resume(connection, number, "somchai", world.clock.ms)
    world.pass_by(2)
    assert world.open() == set()


def test_a_rollout_in_trouble_does_not_hold_up_the_alarms(
    engine: Engine, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout_driving, "step", Blind().look)  # what would fail in it is not known
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01")
    raise_alarm(engine, "udon-01")
    world.pass_by(1)
    assert world.open() == {("security", "kiosk:udon-01")}


def test_a_round_that_fails_leaves_the_heartbeat_away_and_the_process_alive(engine: Engine) -> None:
    around = Surroundings(Blind(), {}, Nobody(), Clock(NOW_MS), rollout_driving)
    stop: Any = Stopping()
    Alerting(engine, "one", around).run(stop, 30)
    with reading(engine) as connection:
        assert watch.read(connection).is_silent(NOW_MS)


def test_somebody_outside_is_called_after_each_look_and_may_be_away(tmp_path: Path) -> None:
    with HttpsServer(tmp_path) as server:
        url = server.on("/ping", lambda request: request.begin(200, Content_Length="0"))
        Outside(url, str(server.ca)).call()
        Outside(server.url("/nothing"), str(server.ca)).call()
        assert [path for path, _ in server.asked] == ["/ping", "/nothing"]
    Outside(url, str(server.ca)).call()
