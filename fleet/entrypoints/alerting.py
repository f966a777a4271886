# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet alert`: what stands, who looks after it, when nobody is told, and who is; JSON lines, audited.

An address that is told stands in the database and in `alert subscriptions`, and not in the audit log.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet import audit
from fleet.alerts import book, messages, schedule, subscribers
from fleet.alerts.windows import Window, moment
from fleet.devices import attention
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store.days import BANGKOK
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from fleet.alerts.book import Entry
    from fleet.alerts.subscribers import Subscription
    from fleet.config import Settings
    from fleet.store.scope import Scope

_Told = dict[str, str | int | None]
_LATELY_MS = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Work:
    """A maintenance window as it is typed: moments of Bangkok, as 2026-12-01T18:00; no beginning means now."""

    scope: Scope
    first: str
    until: str
    reason: str


def show(settings: Settings, scope: Scope, *, cleared: bool) -> None:
    """List what is open, or what ended in the last seven days."""
    with _reading(settings) as connection:
        if cleared:
            found = book.read_cleared(connection, scope, now_ms() - _LATELY_MS)
        else:
            found = book.read_open(connection, scope)
    for entry in found:
        _tell(_described(entry))


def acknowledge(settings: Settings, number: int) -> None:
    """Say that whoever types this looks after an alarm.

    Raises:
        AlertRefusedError: it is not open, or somebody has it already.
    """
    with _act(settings, audit.Act.ALERT_ACKNOWLEDGED, str(number)) as (connection, at_ms):
        book.acknowledge(connection, number, account(), NATION, at_ms)
    _tell({"alert": number, "acknowledged": True})


def clear(settings: Settings, number: int) -> None:
    """End an alarm that does not end by itself.

    Raises:
        AlertRefusedError: it is not open, or ends by itself.
    """
    with _act(settings, audit.Act.ALERT_CLEARED, str(number)) as (connection, at_ms):
        ended = book.clear(connection, number, account(), NATION, at_ms)
        attention.look_at(connection, ended.alarm.subject.name, at_ms)
    _tell({"alert": number, "cleared": True})


def add_window(settings: Settings, work: Work) -> None:
    """Write a maintenance window down.

    Raises:
        WindowRefusedError: it would silence by mistake.
    """
    at_ms = now_ms()
    first_ms = moment("from", work.first) if work.first else at_ms
    window = Window(0, work.scope, first_ms, moment("until", work.until), work.reason, account())
    with _act(settings, audit.Act.WINDOW_ADDED, str(work.scope), until=work.until) as (connection, _):
        number = schedule.add_window(connection, window, at_ms)
    _tell({"window": number, "until": _said(window.until_ms)})


def end_window(settings: Settings, number: int) -> None:
    """End a window before its time.

    Raises:
        WindowRefusedError: none of this number is running or to come.
    """
    with _act(settings, audit.Act.WINDOW_ENDED, str(number)) as (connection, at_ms):
        schedule.end_window(connection, number, NATION, at_ms)
    _tell({"window": number, "ended": True})


def show_windows(settings: Settings) -> None:
    """List the windows that run or are to come."""
    with _reading(settings) as connection:
        found = schedule.read_windows(connection, NATION, now_ms())
    for each in found:
        told: _Told = {"window": each.id, "scope": str(each.scope), "reason": each.reason, "by": each.by}
        _tell(told | {"from": _said(each.first_ms), "until": _said(each.until_ms)})


def subscribe(settings: Settings, wanted: Subscription) -> None:
    """Tell an address from now on.

    Raises:
        SubscriptionRefusedError: it is none, or is subscribed already.
    """
    subject = f"{wanted.channel} {wanted.scope}"
    with _act(settings, audit.Act.SUBSCRIPTION_ADDED, subject) as (connection, at_ms):
        number = subscribers.subscribe(connection, wanted, account(), at_ms)
    _tell({"subscription": number})


def unsubscribe(settings: Settings, number: int) -> None:
    """Tell an address no longer, and erase it.

    Raises:
        SubscriptionRefusedError: there is none of this number.
    """
    with _act(settings, audit.Act.SUBSCRIPTION_ENDED, str(number)) as (connection, at_ms):
        subscribers.unsubscribe(connection, number, NATION, at_ms)
    _tell({"subscription": number, "ended": True})


def show_subscriptions(settings: Settings) -> None:
    """List who is told."""
    with _reading(settings) as connection:
        found = subscribers.read(connection, NATION)
    for each in found:
        told: _Told = {"subscription": each.id, "scope": str(each.scope), "channel": each.channel}
        _tell(told | {"address": each.address, "language": each.language, "least": each.least})


def set_hours(settings: Settings, site: Scope, hours: tuple[str, str, str] | None) -> None:
    """Say when a facility is open; None: as the fleet.

    Raises:
        HoursRefusedError, WindowRefusedError: they are no hours, or it is no facility.
    """
    said = "as the fleet" if hours is None else " ".join(hours)
    with _act(settings, audit.Act.HOURS_SET, str(site), hours=said) as (connection, _):
        schedule.set_hours(connection, site, hours)
    _tell({"facility": str(site), "hours": said})


@contextmanager
def _act(settings: Settings, act: audit.Act, subject: str, **detail: audit.Fact) -> Iterator[tuple[Connection, int]]:
    """One unit of work with its line in the audit log."""
    engine, at_ms = open_engine(settings.database_url), now_ms()
    try:
        with unit_of_work(engine) as connection:
            yield connection, at_ms
            audit.record(connection, act, who=account(), subject=subject, at_ms=at_ms, detail=detail)
    finally:
        engine.dispose()


@contextmanager
def _reading(settings: Settings) -> Iterator[Connection]:
    engine = open_engine(settings.database_url)
    try:
        with reading(engine) as connection:
            yield connection
    finally:
        engine.dispose()


def _described(entry: Entry) -> _Told:
    alarm, words = entry.alarm, messages.said(entry.alarm, "en")
    told: _Told = {
        "alert": entry.id,
        "severity": entry.severity,
        "rule": alarm.rule,
        "subject": str(alarm.subject),
        "what": words.what,
        "action": words.action,
        "since": _said(alarm.since_ms),
        "part_of": None if alarm.part_of is None else str(alarm.part_of),
        "window": alarm.window,
        "acknowledged_by": entry.acknowledged_by,
    }
    if alarm.cleared_ms is not None:
        told |= {"cleared": _said(alarm.cleared_ms), "cleared_by": entry.cleared_by}
    return told


def _said(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(BANGKOK).isoformat(timespec="seconds")


def _tell(what: _Told) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
