# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import threading
from typing import TYPE_CHECKING

import pytest

from kiosk import device
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.measures import Meters
from kiosk.enrollment.ports import Presence
from kiosk.enrollment.states import Attract, Farewell, Intent, Notice, OutOfService, Problem
from kiosk.entrypoints.slips import NoPrinter
from kiosk.records import pipe
from kiosk.records.desk import Desk
from kiosk.records.help_calls import HelpCalls
from kiosk.records.ports import FromController
from kiosk.store import card_reads, help_calls, inbox, noticeboard, opinions, outbox, policy_floor
from kiosk.store.noticeboard import Topic
from tests.kiosk.conftest import KIOSK
from tests.kiosk.records.acted_lobby import ActedPerson, Lobby, Recorder, orders_for, wait_for
from tests.kiosk.records.test_door import Session
from wire.envelope import seal_message
from wire.help_calls import HelpAcknowledged
from wire.ids import KeyId
from wire.opinions import Opinion
from wire.phones import CENTRAL
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from kiosk.records.filing import Filing
    from kiosk.store.database import Store
    from tests.kiosk.conftest import World


def test_one_person_after_another_is_served_each_by_a_fresh_process(lobby: Lobby, store: Store) -> None:
    for n in (1, 2):
        lobby.person(n).inside.send(pipe.Finished(Farewell.CANCELLED))
    lobby.person(3)
    assert noticeboard.endings(store) == {"cancelled": 2}


def test_a_person_whose_screen_failed_is_ended_counted_and_followed_by_the_next(lobby: Lobby, store: Store) -> None:
    lobby.person().inside.send(pipe.Shown(Notice()))
    wait_for(lambda: Notice() in lobby.screen.states)
    lobby.desk.abandon()
    assert noticeboard.endings(store) == {"not_saved": 1}
    lobby.person(2).inside.send(pipe.Shown(Attract()))
    wait_for(lambda: Attract() in lobby.screen.states)
    assert lobby.screen.states == [OutOfService(Fault.STARTING), Notice(), Attract()]


def test_a_call_for_a_helper_is_open_told_only_while_the_link_is_up_and_ends_with_the_person(
    lobby: Lobby, store: Store
) -> None:
    person = lobby.person()
    person.inside.send(pipe.HelpAsked(wanted=True))
    first = _open_call(store)
    assert person.inside.receive(0.5) is None
    noticeboard.pin(store, Topic.LINK, "up", device.wall_ms())
    person.inside.send(pipe.HelpAsked(wanted=True))
    assert person.inside.receive(10) == pipe.HelpTold()
    assert _open_call(store) != first, "each call has its own id"
    person.inside.send(pipe.Finished(Farewell.CANCELLED))
    wait_for(lambda: help_calls.called(store) is None)


def test_who_comes_is_brought_once_to_the_call_that_was_answered_and_erased_with_it(
    lobby: Lobby, store: Store, world: World
) -> None:
    person = lobby.person()
    person.inside.send(pipe.HelpAsked(wanted=True, number=1))
    call = _open_call(store)
    assert help_calls.keep(store, call, 1, _comes(world.receipt, call))
    assert person.heard() == pipe.HelperComes(1, "สมชาย", 180)
    assert help_calls.keep(store, call, 2, _comes(world.receipt, call, wait_s=0))
    assert person.heard() == pipe.HelperComes(1, "สมชาย", 0)
    assert help_calls.keep(store, call, 1, _comes(world.receipt, call, wait_s=600)), "an older one is left"
    person.inside.send(pipe.HelpAsked(wanted=False, number=1))
    wait_for(lambda: help_calls.called(store) is None)
    assert not help_calls.keep(store, call, 3, _comes(world.receipt, call))
    person.inside.send(pipe.HelpAsked(wanted=True, number=2))
    assert _open_call(store) != call
    assert person.inside.receive(0.5) is None, "nobody has answered the second call"
    assert "สมชาย".encode() not in store.path.read_bytes()


def test_a_captured_courier_names_nobody_on_the_screen(lobby: Lobby, store: Store, world: World) -> None:
    person = lobby.person()
    person.inside.send(pipe.HelpAsked(wanted=True))
    call = _open_call(store)
    impostor = SigningKey.generate(KeyId("controller#1"))
    for n, bad in enumerate(
        (
            _comes(impostor, call),
            _comes(world.receipt, "f" * 32),
            _comes(world.receipt, call, kiosk="k-loei-01"),
            _comes(world.receipt, call, expires_ms=1),
            b"junk",
        ),
        start=1,
    ):
        assert help_calls.keep(store, call, n, bad)
        assert person.inside.receive(0.4) is None
    assert help_calls.keep(store, call, 9, _comes(world.receipt, call))
    assert person.heard() == pipe.HelperComes(0, "สมชาย", 180)


def test_a_call_that_a_dead_screen_process_left_open_is_over_when_the_next_one_starts(
    filing: Filing, store: Store
) -> None:
    help_calls.begin(store, "1" * 32)
    running = Lobby(filing)
    wait_for(lambda: help_calls.called(store) is None)
    running.close()


def _open_call(store: Store) -> str:
    wait_for(lambda: help_calls.called(store) is not None)
    return help_calls.called(store) or ""


def _comes(key: SigningKey, call: str, *, wait_s: int = 180, kiosk: str = KIOSK, expires_ms: int = 10**14) -> bytes:
    body = HelpAcknowledged(v=1, kiosk=kiosk, call=call, name="สมชาย", wait_s=wait_s, at_ms=1, expires_ms=expires_ms)
    return seal_message(key, Kind.HELP, body)


def test_a_waiting_welcome_is_told_what_is_announced_and_when_that_changes_and_so_is_the_next_person(
    lobby: Lobby, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.records.desk._ANNOUNCE_EVERY_S", 0.01)
    lobby.announced = (("หนึ่ง", "one"),)
    person = lobby.person()
    assert person.inside.receive(0.5) is None, "a process that is not fit yet is told nothing"
    person.inside.send(pipe.Ready())
    assert person.heard() == pipe.Announced((("หนึ่ง", "one"),))
    lobby.announced = ()
    assert person.heard() == pipe.Announced(())
    lobby.announced = (("สอง", "two"),)
    assert person.heard() == pipe.Announced((("สอง", "two"),))
    person.inside.send(pipe.Finished(Farewell.CANCELLED))
    lobby.person(2).inside.send(pipe.Ready())
    assert lobby.person(2).heard() == pipe.Announced((("สอง", "two"),))


def test_who_is_being_served_is_not_told_of_announcements(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.records.desk._ANNOUNCE_EVERY_S", 0.01)
    person = lobby.person()
    person.inside.send(pipe.Ready())
    person.inside.send(pipe.Shown(Notice()))
    wait_for(lambda: Notice() in lobby.screen.states)
    lobby.announced = (("หนึ่ง", "one"),)
    assert person.inside.receive(0.5) is None
    person.inside.send(pipe.Shown(Attract()))
    assert person.heard() == pipe.Announced((("หนึ่ง", "one"),))


def test_an_opinion_is_counted_and_told_when_its_day_is_over(lobby: Lobby, store: Store) -> None:
    lobby.person().inside.send(pipe.Opined(Opinion.RATED_4))
    tomorrow_ms = device.wall_ms() + 86_400_000
    wait_for(lambda: opinions.told(store, tomorrow_ms) == {"rated_4": 1})
    assert opinions.told(store, device.wall_ms()) == {}


def test_how_a_read_went_is_noted_for_the_technician(lobby: Lobby, store: Store) -> None:
    lobby.person().inside.send(pipe.CardRead("card_removed", 11, 1, 40.5, 3100.0))
    wait_for(lambda: len(card_reads.newest(store)) == 1)
    (read,) = card_reads.newest(store)
    assert (read.code, read.commands, read.errors, read.ms_per_command) == ("card_removed", 11, 1, 40.5)


def test_states_reach_the_screen_and_touches_the_person_s_process(lobby: Lobby) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Notice()))
    person.inside.send(pipe.Previewed(2, 1, bytes(6)))
    person.inside.send(pipe.Measured(Meters(distance=8)))
    wait_for(lambda: lobby.screen.meters == [Meters(distance=8)])
    assert lobby.screen.previews == 1
    assert lobby.screen.states[-1] == Notice()
    lobby.desk.say(Intent.TICK)
    assert person.heard() == pipe.Said(Intent.TICK)


def test_the_screen_says_starting_until_a_process_is_fit(lobby: Lobby) -> None:
    lobby.person()
    assert lobby.screen.states == [OutOfService(Fault.STARTING)]


def test_the_highest_policy_that_served_is_the_lowest_that_may_serve_next(lobby: Lobby, store: Store) -> None:
    for n, version in ((1, 7), (2, 5), (3, 0)):
        lobby.person(n).inside.send(pipe.Ready(version))
        lobby.person(n).inside.send(pipe.Finished(Farewell.CANCELLED))
    lobby.person(4)
    assert lobby.told == [0, 7, 7, 7]
    assert policy_floor.read(store) == 7


def test_a_policy_that_is_not_trusted_is_told_to_the_fleet_where_it_looks_for_models(
    lobby: Lobby, store: Store
) -> None:
    lobby.person().inside.send(pipe.Broken(Fault.POLICY_OUTDATED, "Install the newest policy."))
    wait_for(lambda: noticeboard.read(store).get(Topic.SCREEN) is not None)
    assert noticeboard.read(store)[Topic.CAMERA].value == "policy_outdated"


def test_a_part_that_is_not_fit_is_shown_and_told_to_the_fleet(lobby: Lobby, store: Store) -> None:
    lobby.person().inside.send(pipe.Broken(Fault.READER_ABSENT, "Check the USB cable."))
    wait_for(lambda: OutOfService(Fault.READER_ABSENT) in lobby.screen.states)
    wait_for(lambda: noticeboard.read(store).get(Topic.SCREEN) is not None)
    assert noticeboard.read(store)[Topic.READER].value == "reader_absent"


def test_a_person_s_process_that_dies_in_a_session_is_counted_and_replaced(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Problem(Failure.NO_FACE)))
    wait_for(lambda: Problem(Failure.NO_FACE) in lobby.screen.states)
    person.inside.close()
    wait_for(lambda: OutOfService(Fault.PERSON_PROCESS_DIED) in lobby.screen.states)
    assert noticeboard.endings(store) == {"not_saved": 1}


def test_without_a_link_a_question_is_refused_at_once(lobby: Lobby, store: Store, world: World) -> None:
    person = lobby.person()
    person.inside.send(Session(world).ask())
    assert person.heard() == pipe.LinkDown()
    assert inbox.open_asks(store, 0) == []


@pytest.mark.parametrize(("value", "age_ms"), [("down", 0), ("up", 120_000)])
def test_a_link_that_is_down_or_silent_is_no_link(
    lobby: Lobby, store: Store, world: World, value: str, age_ms: int
) -> None:
    noticeboard.pin(store, Topic.LINK, value, device.wall_ms() - age_ms)
    person = lobby.person()
    person.inside.send(Session(world).ask())
    assert person.heard() == pipe.LinkDown()


def test_with_a_link_a_question_goes_out_and_its_answers_come_back_once(
    lobby: Lobby, store: Store, world: World
) -> None:
    noticeboard.pin(store, Topic.LINK, "up", device.wall_ms())
    person = lobby.person()
    question = Session(world).ask()
    person.inside.send(question)
    wait_for(lambda: len(inbox.open_asks(store, 0)) == 1)
    inbox.answered(store, inbox.open_asks(store, 0)[0].id, 1, b"sealed answer")
    assert person.heard() == pipe.AnswerCame(b"sealed answer")
    assert person.inside.receive(0.6) is None


def test_a_record_is_filed_confirmed_after_its_receipt_and_its_question_erased_at_the_end(
    lobby: Lobby, store: Store, world: World
) -> None:
    person = lobby.person()
    person.inside.send(pipe.CardSeen(Presence.PRESENT))
    person.inside.send(Session(world).file())
    assert isinstance(person.heard(), pipe.RecordFiled)
    (waiting,) = outbox.pending(store)
    with store.transaction() as connection:
        connection.execute("INSERT INTO mark (stream, acked, archived) VALUES (?, 1, 0)", (waiting.stream,))
    assert person.heard() == pipe.RecordConfirmed()
    person.inside.send(pipe.Shown(Attract()))
    person.inside.send(pipe.Finished(Farewell.FILED))
    lobby.person(2)
    assert inbox.open_asks(store, 0) == []
    assert noticeboard.endings(store) == {"filed": 1}


def test_a_record_that_cannot_be_stored_is_said_so(lobby: Lobby, store: Store, world: World) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Notice()))
    wait_for(lambda: lobby.screen.states[-1] == Notice())
    with store.transaction() as connection:
        connection.execute("DROP TABLE event")
        connection.execute("CREATE TABLE event (id TEXT)")  # opening anew mends a table that is missing, not this
    person.inside.send(Session(world).file())
    assert person.heard() == pipe.RecordNotFiled()


def test_a_process_that_does_not_speak_as_agreed_is_replaced(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Notice()))
    wait_for(lambda: lobby.screen.states[-1] == Notice())
    person.inside.send(pipe.Said(Intent.START))  # a word of the other direction
    wait_for(lambda: OutOfService(Fault.PERSON_PROCESS_DIED) in lobby.screen.states)
    assert noticeboard.endings(store) == {"not_saved": 1}


def test_a_part_that_fails_in_a_session_ends_it_and_is_counted(lobby: Lobby, store: Store) -> None:
    person = lobby.person()
    for message in (
        pipe.Shown(Notice()),
        pipe.Shown(OutOfService(Fault.CAMERA_ABSENT)),
        pipe.Broken(Fault.CAMERA_ABSENT, "Check the cable."),
    ):
        person.inside.send(message)
    wait_for(lambda: bool(noticeboard.endings(store)))
    assert noticeboard.endings(store) == {"not_saved": 1}


def test_a_process_that_dies_after_filing_is_counted_as_filed(lobby: Lobby, store: Store, world: World) -> None:
    person = lobby.person()
    person.inside.send(pipe.Shown(Notice()))
    person.inside.send(Session(world).file())
    assert isinstance(person.heard(), pipe.RecordFiled)
    person.inside.close()
    wait_for(lambda: bool(noticeboard.endings(store)))
    assert noticeboard.endings(store) == {"filed": 1}


class FullMachine:
    """People's processes, and room for none at first."""

    def __init__(self) -> None:
        self.started: list[ActedPerson] = []
        self.asked = 0

    def start(self, _: int) -> ActedPerson:
        self.asked += 1
        if self.asked == 1:
            raise OSError(errno.EAGAIN, "no more processes")
        self.started.append(ActedPerson())
        return self.started[-1]

    def prepare(self) -> None:
        raise AssertionError

    def dismiss(self) -> None:
        """Nobody was prepared."""


def test_a_process_that_cannot_be_started_is_tried_again(
    filing: Filing, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.records.desk._RETRY_S", 0.01)
    screen, people = Recorder(), FullMachine()
    calls = HelpCalls(store=filing.store, believes=world.receipt.public(), kiosk=filing.kiosk)
    controller = FromController(calls, orders_for(filing, world.receipt.public()), tuple, lambda: CENTRAL)
    desk = Desk(filing=filing, controller=controller, people=people, screen=screen, printer=NoPrinter())
    thread = threading.Thread(target=desk.run)
    thread.start()
    wait_for(lambda: len(people.started) == 1)
    assert screen.states[-1] == OutOfService(Fault.PERSON_PROCESS_DIED)
    desk.stop()
    thread.join(10)
    people.started[0].inside.close()


def test_the_next_persons_process_is_prepared_once_this_one_is_fit_and_dismissed_with_the_desk(lobby: Lobby) -> None:
    person = lobby.person()
    assert lobby.prepared == 0
    person.inside.send(pipe.Ready())
    wait_for(lambda: lobby.prepared == 1)
    lobby.close()
    assert lobby.prepared == 0


def test_a_store_that_went_away_and_came_back_is_used_again(
    filing: Filing, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.records.desk._RETRY_S", 0.01)
    away = store.path.parent.with_name(f"{store.path.parent.name}-away")
    store.path.parent.rename(away)
    running = Lobby(filing)
    wait_for(lambda: OutOfService(Fault.STORE_BROKEN) in running.screen.states)
    away.rename(store.path.parent)
    running.person()
    running.desk.stop()
    running.thread.join(10)
    running.people[0].inside.close()
