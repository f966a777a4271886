# SPDX-License-Identifier: Apache-2.0
"""The outbox of notifications: at least once on the road, each letter with an id by which a receiver knows it again.

1. What is to be told is noted in the transaction that raised or ended the alarm.
2. Notices become letters. More than a few for one recipient are one letter, and nobody gets more than six letters in
   ten minutes: what comes after them waits, and goes as one.
3. A letter that was not taken is sent again, with pauses that grow and jitter; after a day it is given up, and that is
   an alarm of its own.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, select, update

from fleet.alerts import book
from fleet.alerts.subscribers import ChannelKind
from fleet.store.alert_tables import alert, alert_letter, alert_notice, alert_subscription
from fleet.store.session import insert

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement, Connection

    from fleet.alerts.book import Entry
    from fleet.alerts.subscribers import Subscription

LETTERS_AT_MOST = 6  # to one recipient in ten minutes
LETTERS_IN_MS = 10 * 60_000
ALONE_AT_MOST = 3  # notices that go as letters of their own
GIVE_UP_MS = 24 * 3_600_000  # LINE knows a retry key again for so long
_FIRST_PAUSE_MS = 30_000
_LONGEST_PAUSE_MS = 3_600_000
_AT_ONCE = 50  # letters of one round
_KEPT_MS = 90 * 24 * 3_600_000


class News(StrEnum):
    """What is told of an alarm."""

    RAISED = "raised"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Told:
    """One alarm in a letter."""

    news: News
    entry: Entry


@dataclass(frozen=True, slots=True, repr=False)
class Letter:
    """What is sent as one, to whom, and how often that was tried. Its address is no text for a log."""

    id: str
    channel: ChannelKind
    address: str
    language: str
    made_ms: int
    attempts: int
    told: tuple[Told, ...]


def note(connection: Connection, news: News, alerts: Iterable[int], to: Subscription, now_ms: int) -> None:
    """Note that somebody is to be told this of these alarms; a second time changes nothing."""  # 1
    rows = [{"alert": each, "subscription": to.id, "news": news, "made_ms": now_ms} for each in alerts]
    if rows:
        connection.execute(insert(connection, alert_notice).on_conflict_do_nothing(), rows)


def note_end(connection: Connection, number: int, now_ms: int) -> None:
    """Tell those who were told of an alarm that it is over; who was not told yet is not told at all."""
    mine = and_(alert_notice.c.alert == number, alert_notice.c.news == News.RAISED)
    connection.execute(delete(alert_notice).where(mine, alert_notice.c.letter.is_(None)))
    told = connection.execute(select(alert_notice.c.subscription).where(mine)).scalars().all()
    rows = [{"alert": number, "subscription": to, "news": News.CLEARED, "made_ms": now_ms} for to in told]
    if rows:
        connection.execute(insert(connection, alert_notice).on_conflict_do_nothing(), rows)


def write_letters(connection: Connection, now_ms: int) -> None:
    """Make letters of the notices that wait."""  # 2
    waiting = _waiting(connection)
    made = _made_lately(connection, now_ms)
    for recipient, notices in waiting.items():
        room = LETTERS_AT_MOST - made.get(recipient, 0)
        if room <= 0:
            continue
        alone = len(notices) <= min(ALONE_AT_MOST, room)
        for together in [[each] for each in notices] if alone else [notices]:
            _write_letter(connection, together, now_ms)


_Notice = tuple[int, int, str]  # alert, subscription, news


def _waiting(connection: Connection) -> dict[tuple[str, str], list[_Notice]]:
    asked = (
        select(alert_notice, alert_subscription.c.channel, alert_subscription.c.address)
        .join(alert_subscription, alert_subscription.c.id == alert_notice.c.subscription)
        .where(alert_notice.c.letter.is_(None), alert_subscription.c.ended_ms.is_(None))
        .order_by(alert_notice.c.made_ms, alert_notice.c.alert, alert_notice.c.news)
    )
    found: dict[tuple[str, str], list[_Notice]] = {}
    for row in connection.execute(asked):
        found.setdefault((row.channel, row.address), []).append((row.alert, row.subscription, row.news))
    return found


def _made_lately(connection: Connection, now_ms: int) -> dict[tuple[str, str], int]:
    recipient = (alert_subscription.c.channel, alert_subscription.c.address)
    asked = (
        select(*recipient, func.count().label("n"))
        .join_from(alert_letter, alert_subscription, alert_subscription.c.id == alert_letter.c.subscription)
        .where(alert_letter.c.made_ms > now_ms - LETTERS_IN_MS)
        .group_by(*recipient)
    )
    return {(row.channel, row.address): row.n for row in connection.execute(asked)}


def _write_letter(connection: Connection, notices: list[_Notice], now_ms: int) -> None:
    letter = str(uuid.uuid4())
    connection.execute(
        alert_letter.insert().values(id=letter, subscription=notices[0][1], made_ms=now_ms, due_ms=now_ms)
    )
    for number, to, news in notices:
        mine = and_(alert_notice.c.alert == number, alert_notice.c.subscription == to, alert_notice.c.news == news)
        connection.execute(update(alert_notice).where(mine).values(letter=letter))


def due(connection: Connection, now_ms: int) -> list[Letter]:
    """The letters to be sent now, oldest first, with what they tell: the most urgent first."""
    asked = (
        select(alert_letter, alert_subscription.c.channel, alert_subscription.c.address, alert_subscription.c.language)
        .join(alert_subscription, alert_subscription.c.id == alert_letter.c.subscription)
        .where(_unsent(), alert_letter.c.due_ms <= now_ms, alert_subscription.c.ended_ms.is_(None))
        .order_by(alert_letter.c.made_ms, alert_letter.c.id)
        .limit(_AT_ONCE)
    )
    return [
        Letter(
            id=row.id,
            channel=ChannelKind(row.channel),
            address=row.address,
            language=row.language,
            made_ms=row.made_ms,
            attempts=row.attempts,
            told=_told(connection, row.id),
        )
        for row in connection.execute(asked)
    ]


def _told(connection: Connection, letter: str) -> tuple[Told, ...]:
    asked = select(alert, alert_notice.c.news).join_from(alert_notice, alert, alert.c.id == alert_notice.c.alert)
    rows = connection.execute(asked.where(alert_notice.c.letter == letter))
    found = [Told(News(row.news), book.entry(row)) for row in rows]
    return tuple(sorted(found, key=lambda each: (-each.entry.severity.weight, each.news != News.RAISED, each.entry.id)))


def sent(connection: Connection, letter: Letter, now_ms: int) -> None:
    """The channel has taken it."""
    taken = {"sent_ms": now_ms, "attempts": letter.attempts + 1, "error": None}
    connection.execute(update(alert_letter).where(alert_letter.c.id == letter.id, _unsent()).values(**taken))


def failed(connection: Connection, letter: Letter, error: str, *, hopeless: bool, now_ms: int) -> None:
    """It was not taken: it is tried again later, or given up when that is hopeless or a day is over."""  # 3
    values = {"attempts": letter.attempts + 1, "error": error[:32], "due_ms": now_ms + _pause_ms(letter.attempts)}
    if hopeless or now_ms - letter.made_ms >= GIVE_UP_MS:
        values["gave_up_ms"] = now_ms
    connection.execute(update(alert_letter).where(alert_letter.c.id == letter.id, _unsent()).values(**values))


def _pause_ms(attempts: int) -> int:
    """Between half and the whole of what it could be, so that not all come back at once."""
    most = min(_LONGEST_PAUSE_MS, _FIRST_PAUSE_MS << min(attempts, 8))
    return most // 2 + secrets.randbelow(most // 2)


def given_up(connection: Connection, now_ms: int) -> dict[ChannelKind, tuple[int, int]]:
    """By channel how many letters of the last day were given up, and when first; those that ended do not count."""
    asked = (
        select(
            alert_subscription.c.channel, func.count().label("n"), func.min(alert_letter.c.gave_up_ms).label("first")
        )
        .join_from(alert_letter, alert_subscription, alert_subscription.c.id == alert_letter.c.subscription)
        .where(alert_letter.c.gave_up_ms > now_ms - GIVE_UP_MS, alert_subscription.c.ended_ms.is_(None))
        .group_by(alert_subscription.c.channel)
    )
    return {ChannelKind(row.channel): (row.n, row.first) for row in connection.execute(asked)}


def forget_old(connection: Connection, now_ms: int) -> None:
    """Delete what was told three months ago and more; the alarms stay."""
    before_ms = now_ms - _KEPT_MS
    old = select(alert_letter.c.id).where(alert_letter.c.made_ms < before_ms, ~_unsent())
    connection.execute(delete(alert_notice).where(alert_notice.c.letter.in_(old)))
    never = and_(alert_notice.c.letter.is_(None), alert_notice.c.made_ms < before_ms)
    connection.execute(delete(alert_notice).where(never))
    connection.execute(delete(alert_letter).where(alert_letter.c.made_ms < before_ms, ~_unsent()))


def _unsent() -> ColumnElement[bool]:
    return and_(alert_letter.c.sent_ms.is_(None), alert_letter.c.gave_up_ms.is_(None))
