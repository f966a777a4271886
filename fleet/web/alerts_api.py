# SPDX-License-Identifier: Apache-2.0
"""Alerts as JSON: what the page shows, and what a program may do about one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict

from fleet.alerts.rules import RuleId, Severity
from fleet.web import gate
from fleet.web.alerts import read_board, said
from fleet.web.deeds import alerts as deeds
from fleet.web.iso import at, at_or_none

if TYPE_CHECKING:
    from fleet.alerts.book import Entry
    from fleet.alerts.windows import Window


pages = APIBlueprint("api_alerts", __name__)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class AlertAnswer(_Answer):
    """One alarm. `what` and `action` are words in the language asked for; `part_of` is the outage it belongs to.

    `n` and `of` are kiosks, records, MiB or hours, by the rule. `window` is the maintenance for which nobody is told.
    """

    id: int
    rule: RuleId
    severity: Severity
    subject: str
    province: str | None
    facility: str | None
    region: int | None
    code: str | None
    n: int | None
    of: int | None
    what: str
    action: str
    since: str
    raised_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None
    cleared_at: str | None
    part_of: str | None
    window: int | None


class WindowAnswer(_Answer):
    """Maintenance for which nobody is told, in this scope."""

    id: int
    scope: str
    first_at: str
    until_at: str
    reason: str
    by: str


class AlertsAnswer(_Answer):
    """The alarms of a scope. `silent` says that nothing was judged lately; `looked_at` is when it last was."""

    at: str
    scope: str
    silent: bool
    looked_at: str | None
    open: list[AlertAnswer]
    windows: list[WindowAnswer]
    cleared: list[AlertAnswer]


@pages.get("/api/v1/alerts")
@pages.output(AlertsAnswer)
def overview() -> AlertsAnswer:
    """The open alarms, the most urgent first, maintenance, and what ended in the last seven days."""
    board = read_board()
    return AlertsAnswer(
        at=at(board.at_ms),
        scope=str(gate.scope()),
        silent=board.heartbeat.is_silent(board.at_ms),
        looked_at=at_or_none(board.heartbeat.beat_ms),
        open=[_alert(each) for each in board.standing],
        windows=[window_answer(each) for each in board.windows],
        cleared=[_alert(each) for each in board.cleared],
    )


@pages.post("/api/v1/alerts/<int:number>/acknowledge")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def acknowledge(number: int) -> str:
    """Say that the account looks after an alarm."""
    deeds.acknowledge(number)
    return ""


@pages.post("/api/v1/alerts/<int:number>/clear")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def clear(number: int) -> str:
    """End a security alarm that somebody has looked at."""
    deeds.clear(number)
    return ""


def window_answer(window: Window) -> WindowAnswer:
    """Write one."""
    return WindowAnswer(
        id=window.id,
        scope=str(window.scope),
        first_at=at(window.first_ms),
        until_at=at(window.until_ms),
        reason=window.reason,
        by=window.by,
    )


def _alert(entry: Entry) -> AlertAnswer:
    alarm, words = entry.alarm, said(entry.alarm)
    return AlertAnswer(
        id=entry.id,
        rule=alarm.rule,
        severity=entry.severity,
        subject=str(alarm.subject),
        province=alarm.subject.scope.province,
        facility=alarm.subject.scope.facility,
        region=alarm.subject.region,
        code=alarm.code,
        n=alarm.n,
        of=alarm.of,
        what=words.what,
        action=words.action,
        since=at(alarm.since_ms),
        raised_at=at_or_none(alarm.raised_ms),
        acknowledged_at=at_or_none(entry.acknowledged_ms),
        acknowledged_by=entry.acknowledged_by,
        cleared_at=at_or_none(alarm.cleared_ms),
        part_of=None if alarm.part_of is None else str(alarm.part_of),
        window=alarm.window,
    )
