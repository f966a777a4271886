# SPDX-License-Identifier: Apache-2.0
"""Who is told of what: a scope, a channel, an address, a language, and from which severity on.

An address is a person's at work. It goes when the subscription ends.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from fleet.alerts.places import columns_of, within
from fleet.alerts.rules import RULES, RuleId, Severity
from fleet.errors import FleetError
from fleet.store.alert_tables import alert_letter, alert_subscription
from fleet.store.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.alerts.judging import Alarm

LANGUAGES = ("th", "en")
_ADDRESS_AT_MOST = 254  # RFC 5321, 4.5.3.1.3, without its brackets


class Why(StrEnum):
    """Why nothing changed about who is told."""

    UNKNOWN = "unknown"  # no such subscription here
    NO_PLACE = "no_place"
    ADDRESS = "address"
    LANGUAGE = "language"
    THERE = "there"
    CHANNEL = "channel"  # not one that a console may add


class SubscriptionRefusedError(FleetError):
    """Nobody was subscribed, or no subscription ended; says why."""

    def __init__(self, why: Why, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


class ChannelKind(StrEnum):
    """By what somebody is told."""

    MAIL = "mail"
    WEBHOOK = "webhook"
    LINE = "line"


_SHAPES = {
    ChannelKind.MAIL: (
        re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
        "an address as it@hospital.example",
    ),
    ChannelKind.WEBHOOK: (re.compile(r"https://[\x21-\x7e]{1,240}"), "an address that begins with https://"),
    # LINE's documentation, "Get user IDs": U, C (a group) or R (a room) and 32 hexadecimal digits.
    ChannelKind.LINE: (re.compile(r"[UCR][0-9a-f]{32}"), "the id of a user, group or room, as LINE's webhook tells it"),
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """One of them. `id` is 0 while it is not written down."""

    id: int
    scope: Scope
    channel: ChannelKind
    address: str
    language: str
    least: Severity

    @property
    def recipient(self) -> tuple[ChannelKind, str]:
        """Whom it reaches: one who has several subscriptions is told once."""
        return self.channel, self.address

    def wants(self, alarm: Alarm, parts: Collection[Scope]) -> bool:
        """Whether it is about this alarm; `parts` is where the kiosks of an outage stand.

        Who looks after a part of an outage is told of the whole: the kiosks themselves are not told of.
        """
        if RULES[alarm.rule].severity.weight < self.least.weight:
            return False
        return any(self.scope.holds(each) for each in (alarm.subject.scope, *parts))


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a letter: sent, given up, or still on its way where both are None."""

    made_ms: int
    sent_ms: int | None
    gave_up_ms: int | None


def subscribe(connection: Connection, wanted: Subscription, by: str, now_ms: int) -> int:
    """Write a subscription down; its number.

    Raises:
        SubscriptionRefusedError: its address or language is none, or there is one like it.
    """
    shape, said = _SHAPES[wanted.channel]
    if not shape.fullmatch(wanted.address) or len(wanted.address) > _ADDRESS_AT_MOST:
        message = f"address: this is none for {wanted.channel}. Give {said}."
        raise SubscriptionRefusedError(Why.ADDRESS, message)
    if wanted.language not in LANGUAGES:
        message = f"language: {wanted.language!r}. Give one of {', '.join(LANGUAGES)}."
        raise SubscriptionRefusedError(Why.LANGUAGE, message)
    if any(each.recipient == wanted.recipient and each.scope == wanted.scope for each in everybody(connection)):
        message = f"{wanted.scope}: this address is subscribed already. End that subscription first."
        raise SubscriptionRefusedError(Why.THERE, message)
    values = {
        "scope": str(wanted.scope),
        **columns_of(wanted.scope),
        "channel": wanted.channel,
        "address": wanted.address,
        "language": wanted.language,
        "least": wanted.least,
        "made_ms": now_ms,
        "made_by": by,
    }
    made = alert_subscription.insert().values(**values).returning(alert_subscription.c.id)
    return int(connection.execute(made).scalar_one())


def unsubscribe(connection: Connection, number: int, scope: Scope, now_ms: int) -> None:
    """End a subscription and erase its address; what is on its way to it is not sent.

    Raises:
        SubscriptionRefusedError: there is none of this number in this scope.
    """
    there = (
        alert_subscription.c.id == number,
        within(scope, alert_subscription),
        alert_subscription.c.ended_ms.is_(None),
    )
    ended = update(alert_subscription).where(*there).values(ended_ms=now_ms, address="")
    if connection.execute(ended).rowcount != 1:
        message = f"subscription {number}: there is none here. `dipchip-fleet alert subscriptions` shows them."
        raise SubscriptionRefusedError(Why.UNKNOWN, message)


def read(connection: Connection, scope: Scope) -> list[Subscription]:
    """The subscriptions of a scope."""
    running = alert_subscription.c.ended_ms.is_(None)
    asked = select(alert_subscription).where(running, within(scope, alert_subscription))
    return [_subscription(row) for row in connection.execute(asked.order_by(alert_subscription.c.id))]


def latest_letters(connection: Connection, scope: Scope) -> dict[int, Sent]:
    """What became of the latest letter of each subscription of a scope that got one."""
    letter, known = alert_letter.c, alert_subscription
    newest = func.row_number().over(partition_by=letter.subscription, order_by=letter.made_ms.desc())
    told = select(letter.subscription, letter.made_ms, letter.sent_ms, letter.gave_up_ms, newest.label("nth"))
    found = told.join_from(alert_letter, known).where(known.c.ended_ms.is_(None), within(scope, known)).subquery()
    rows = connection.execute(select(found).where(found.c.nth == 1))
    return {row.subscription: Sent(row.made_ms, row.sent_ms, row.gave_up_ms) for row in rows}


def everybody(connection: Connection) -> list[Subscription]:
    """All of them: what the loop needs."""
    running = select(alert_subscription).where(alert_subscription.c.ended_ms.is_(None))
    return [_subscription(row) for row in connection.execute(running.order_by(alert_subscription.c.id))]


def concerned(subscriptions: Iterable[Subscription], alarm: Alarm, standing: Iterable[Alarm]) -> list[Subscription]:
    """Who is told of an alarm: each recipient once, by the first subscription that wants it."""
    parts: set[Scope] = set()
    if alarm.rule is RuleId.SILENT_TOGETHER:
        parts = {each.subject.scope for each in standing if each.part_of == alarm.subject}
    found: dict[tuple[ChannelKind, str], Subscription] = {}
    for each in subscriptions:
        if each.wants(alarm, parts):
            found.setdefault(each.recipient, each)
    return list(found.values())


def _subscription(row: Row[Any]) -> Subscription:
    return Subscription(
        id=row.id,
        scope=Scope.parse(row.scope),
        channel=ChannelKind(row.channel),
        address=row.address,
        language=row.language,
        least=Severity(row.least),
    )
