# SPDX-License-Identifier: Apache-2.0
"""Who is told, how many letters that makes, and what becomes of one that is not taken."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.alerts import book, outbox, subscribers
from fleet.alerts.delivery import Absent, UndeliveredError, deliver
from fleet.alerts.judging import Alarm
from fleet.alerts.outbox import GIVE_UP_MS, LETTERS_AT_MOST, LETTERS_IN_MS, News
from fleet.alerts.rules import RuleId, Severity
from fleet.alerts.subjects import place
from fleet.alerts.subscribers import ChannelKind, SubscriptionRefusedError, concerned
from fleet.store.alert_tables import alert_letter, alert_subscription
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from tests.fleet.alerts.letters import SOMEBODY, alarm, due, subscribe, subscription, tell
from tests.fleet.alerts.sights import MINUTE, NOW, kiosk
from tests.fleet.road import Clock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.alerts.outbox import Letter

UDON = Scope.parse("province:41")


class Taker:
    """A channel that takes letters, or fails as it is told."""

    def __init__(self) -> None:
        self.taken: list[Letter] = []
        self.error: UndeliveredError | None = None

    def send(self, letter: Letter) -> None:
        if self.error is not None:
            raise self.error
        self.taken.append(letter)


def send(engine: Engine, taker: Taker, at_ms: int, *, goes_on: bool = True) -> None:
    channels = {each: Absent() for each in ChannelKind} | {ChannelKind.MAIL: taker}
    deliver(engine, channels, Clock(at_ms), lambda: goes_on)


def test_an_alarm_is_one_letter_and_is_sent_once(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    taker = Taker()
    for _ in range(2):
        send(engine, taker, NOW)
    (letter,) = taker.taken
    assert (letter.address, [each.entry.alarm.subject for each in letter.told]) == (SOMEBODY, [kiosk(1)])
    assert due(engine, NOW + GIVE_UP_MS) == []


def test_many_at_once_are_one_letter_with_the_most_urgent_first(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [*(alarm(n) for n in range(40)), alarm(50, RuleId.SECURITY)])
    (letter,) = due(engine)
    assert len(letter.told) == 41
    assert letter.told[0].entry.severity is Severity.CRITICAL


def test_nobody_gets_more_than_six_letters_in_ten_minutes_and_the_rest_comes_as_one(engine: Engine) -> None:
    subscribe(engine, subscription(), subscription("other@udon.example"))
    for n in range(20):
        tell(engine, [alarm(n)], NOW + n)
    mine = [each for each in due(engine, NOW + 20) if each.address == SOMEBODY]
    assert [len(each.told) for each in mine] == [1] * LETTERS_AT_MOST
    tell(engine, [], NOW + LETTERS_IN_MS)
    mine = [each for each in due(engine, NOW + LETTERS_IN_MS) if each.address == SOMEBODY]
    assert [len(each.told) for each in mine] == [1] * LETTERS_AT_MOST + [20 - LETTERS_AT_MOST]


def test_a_letter_that_is_not_taken_comes_again_as_the_same_and_later_each_time(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    taker, at_ms, pauses = Taker(), NOW, []
    taker.error = UndeliveredError("no_connection")
    (first,) = due(engine)
    for _ in range(6):
        send(engine, taker, at_ms)
        with reading(engine) as connection:
            row = connection.execute(select(alert_letter)).one()
        assert (row.error, row.gave_up_ms) == ("no_connection", None)
        pauses.append(row.due_ms - at_ms)
        send(engine, taker, row.due_ms - 1)
        at_ms = row.due_ms
    for n, pause in enumerate(pauses):
        assert 15_000 << n <= pause <= 30_000 << n
    taker.error = None
    send(engine, taker, at_ms)
    assert [(each.id, each.attempts) for each in taker.taken] == [(first.id, 6)]


def test_a_letter_is_given_up_after_a_day_and_that_is_told_by_its_channel(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    taker = Taker()
    taker.error = UndeliveredError("smtp_451")
    send(engine, taker, NOW)
    with reading(engine) as connection:
        assert outbox.given_up(connection, NOW) == {}
    send(engine, taker, NOW + GIVE_UP_MS)
    assert due(engine, NOW + 2 * GIVE_UP_MS) == []
    with reading(engine) as connection:
        assert outbox.given_up(connection, NOW + GIVE_UP_MS) == {ChannelKind.MAIL: (1, NOW + GIVE_UP_MS)}
        assert outbox.given_up(connection, NOW + 2 * GIVE_UP_MS) == {}


def test_what_is_hopeless_is_given_up_at_once(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    taker = Taker()
    taker.error = UndeliveredError("recipient_refused", hopeless=True)
    send(engine, taker, NOW)
    assert due(engine, NOW + MINUTE * 60) == []


def test_a_channel_that_nobody_has_set_up_keeps_its_letters_until_somebody_does(engine: Engine) -> None:
    subscribe(engine, subscription("U" + "0" * 32, channel=ChannelKind.LINE))
    tell(engine, [alarm()])
    send(engine, Taker(), NOW)
    with reading(engine) as connection:
        assert connection.execute(select(alert_letter.c.error)).scalar_one() == "not_set_up"
    assert len(due(engine, NOW + MINUTE)) == 1


def test_a_sender_that_has_lost_the_watch_sends_nothing_more(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    taker = Taker()
    send(engine, taker, NOW, goes_on=False)
    assert (taker.taken, len(due(engine))) == ([], 1)


def test_the_end_is_told_to_those_who_were_told_of_the_beginning(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm()])
    with unit_of_work(engine) as connection:
        subscribers.subscribe(connection, subscription("late@udon.example"), "tester", NOW)
        (entry,) = book.read_open(connection, NATION)
        for _ in range(2):
            outbox.note_end(connection, entry.id, NOW)
        outbox.write_letters(connection, NOW)
        letters = outbox.due(connection, NOW)
    assert sorted((each.address, each.told[0].news) for each in letters) == [
        (SOMEBODY, News.CLEARED),
        (SOMEBODY, News.RAISED),
    ]


def test_what_ended_before_it_was_told_is_not_told(engine: Engine) -> None:
    (number,) = subscribe(engine, subscription())
    with unit_of_work(engine) as connection:
        book.add(connection, alarm())
        (entry,) = book.read_open(connection, NATION)
        outbox.note(connection, News.RAISED, [entry.id], replace(subscription(), id=number), NOW)
        outbox.note_end(connection, entry.id, NOW)
        outbox.write_letters(connection, NOW)
        assert outbox.due(connection, NOW) == []


def test_who_has_unsubscribed_is_told_nothing_more_and_their_address_is_gone(engine: Engine) -> None:
    (number,) = subscribe(engine, subscription(scope=UDON))
    tell(engine, [alarm()])
    with unit_of_work(engine) as connection:
        with pytest.raises(SubscriptionRefusedError, match="subscriptions"):
            subscribers.unsubscribe(connection, number, Scope.parse("province:42"), NOW)
        subscribers.unsubscribe(connection, number, UDON, NOW)
        assert outbox.due(connection, NOW) == []
        assert connection.execute(select(alert_subscription.c.address)).scalar_one() == ""
        assert subscribers.read(connection, NATION) == []


def test_letters_are_forgotten_after_three_months_and_alarms_are_not(engine: Engine) -> None:
    subscribe(engine, subscription())
    tell(engine, [alarm(1)])
    send(engine, Taker(), NOW)
    later = NOW + 91 * 24 * 60 * MINUTE
    tell(engine, [alarm(2)], later)
    with unit_of_work(engine) as connection:
        outbox.forget_old(connection, later)
        assert len(connection.execute(select(alert_letter)).all()) == 1
        assert len(book.read_open(connection, NATION)) == 2


@pytest.mark.parametrize(
    ("scope", "rule", "least", "wants"),
    [
        ("nation", RuleId.READER, Severity.NOTICE, True),
        ("nation", RuleId.READER, Severity.CRITICAL, False),
        ("nation", RuleId.SECURITY, Severity.CRITICAL, True),
        ("region:8", RuleId.READER, Severity.NOTICE, True),
        ("province:41", RuleId.READER, Severity.WARNING, True),
        ("province:42", RuleId.READER, Severity.NOTICE, False),
        ("facility:41/11013", RuleId.READER, Severity.NOTICE, True),
        ("facility:41/11014", RuleId.READER, Severity.NOTICE, False),
    ],
)
def test_somebody_is_told_of_their_own_place_from_a_severity_on(
    scope: str, rule: RuleId, least: Severity, *, wants: bool
) -> None:
    each = subscription(scope=Scope.parse(scope), least=least)
    assert each.wants(alarm(1, rule), ()) is wants


def test_who_looks_after_a_part_of_an_outage_is_told_of_the_whole() -> None:
    whole = Alarm(RuleId.SILENT_TOGETHER, place(UDON), NOW, raised_ms=NOW)
    part = alarm(1, RuleId.SILENT, part_of=place(UDON))
    mine = subscription(scope=Scope.parse("facility:41/11013"))
    theirs = subscription("other@udon.example", scope=Scope.parse("facility:41/11014"))
    assert concerned([mine, theirs], whole, [part]) == [mine]


def test_who_has_two_subscriptions_is_told_once() -> None:
    both = [subscription(), subscription(scope=UDON)]
    assert concerned(both, alarm(), ()) == both[:1]


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        (ChannelKind.MAIL, "no address"),
        (ChannelKind.MAIL, "a@b.example\nBcc: c@d.example"),
        (ChannelKind.MAIL, "<a@b.example>"),
        (ChannelKind.MAIL, "a" * 64 + "@" + "b" * 190 + ".example"),
        (ChannelKind.WEBHOOK, "http://ops.example/hook"),
        (ChannelKind.WEBHOOK, "https://ops.example/a b"),
        (ChannelKind.LINE, "somchai"),
        (ChannelKind.LINE, "U" + "G" * 32),
    ],
)
def test_what_is_no_address_is_refused(engine: Engine, channel: ChannelKind, address: str) -> None:
    with unit_of_work(engine) as connection, pytest.raises(SubscriptionRefusedError, match="address"):
        subscribers.subscribe(connection, subscription(address, channel=channel), "tester", NOW)


def test_a_language_that_is_not_spoken_and_a_second_subscription_are_refused(engine: Engine) -> None:
    subscribe(engine, subscription())
    with unit_of_work(engine) as connection:
        with pytest.raises(SubscriptionRefusedError, match="th, en"):
            subscribers.subscribe(connection, subscription("b@c.example", language="fr"), "tester", NOW)
        with pytest.raises(SubscriptionRefusedError, match="already"):
            subscribers.subscribe(connection, subscription(), "tester", NOW)
        assert subscribers.read(connection, UDON) == []
