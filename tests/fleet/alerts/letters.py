# SPDX-License-Identifier: Apache-2.0
"""Alarms that stand, who is told of them, and the letters that come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet.alerts import book, outbox, subscribers
from fleet.alerts.book import Entry
from fleet.alerts.delivery import UndeliveredError
from fleet.alerts.judging import Alarm
from fleet.alerts.outbox import Letter, News, Told
from fleet.alerts.rules import RULES, RuleId, Severity
from fleet.alerts.subscribers import ChannelKind, Subscription
from fleet.store.scope import NATION, Scope
from fleet.store.session import unit_of_work
from tests.fleet.alerts.sights import NOW, kiosk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Engine

    from fleet.alerts.delivery import Channel
    from fleet.alerts.subjects import Subject

SOMEBODY = "it@udon.example"


def alarm(n: int = 1, rule: RuleId = RuleId.READER, **more: object) -> Alarm:
    subject: Subject = kiosk(n)
    return Alarm(rule, subject, NOW, code="reader_absent", raised_ms=NOW, **more)  # type: ignore[arg-type]


def letter(*alarms: Alarm, news: News = News.RAISED, address: str = SOMEBODY, language: str = "en") -> Letter:
    told = tuple(Told(news, _entry(n, each)) for n, each in enumerate(alarms or (alarm(),), start=1))
    return Letter("b7f0e0a1-7a34-4b1e-9d6e-0d8f6a3f0001", ChannelKind.MAIL, address, language, NOW, 0, told)


def _entry(number: int, each: Alarm) -> Entry:
    return Entry(number, each, RULES[each.rule].severity, None, None, None)


def subscription(
    address: str = SOMEBODY,
    *,
    scope: Scope = NATION,
    channel: ChannelKind = ChannelKind.MAIL,
    language: str = "en",
    least: Severity = Severity.NOTICE,
) -> Subscription:
    return Subscription(0, scope, channel, address, language, least)


def subscribe(engine: Engine, *wanted: Subscription) -> list[int]:
    with unit_of_work(engine) as connection:
        return [subscribers.subscribe(connection, each, "tester", NOW) for each in wanted]


def tell(engine: Engine, alarms: Iterable[Alarm], now_ms: int = NOW) -> None:
    """Write these alarms, note them for everybody, and make letters of what waits."""
    with unit_of_work(engine) as connection:
        everybody = subscribers.everybody(connection)
        before = {each.alarm.key for each in book.read_open(connection, NATION)}
        for each in alarms:
            assert each.key not in before
            book.add(connection, each)
        for entry in book.read_open(connection, NATION):
            if entry.alarm.key not in before:
                for to in subscribers.concerned(everybody, entry.alarm, ()):
                    outbox.note(connection, News.RAISED, [entry.id], to, now_ms)
        outbox.write_letters(connection, now_ms)


def due(engine: Engine, now_ms: int = NOW) -> list[Letter]:
    with unit_of_work(engine) as connection:
        return outbox.due(connection, now_ms)


def refusal(channel: Channel, sent: Letter) -> tuple[str, bool]:
    with pytest.raises(UndeliveredError) as caught:
        channel.send(sent)
    assert sent.address not in str(caught.value)
    return caught.value.kind, caught.value.hopeless
