# SPDX-License-Identifier: Apache-2.0
"""The page of alerts: what is open with cause and action, who looks after it, when nobody is told, and what is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from apiflask import APIBlueprint
from flask import Response, make_response, redirect, render_template, url_for

from fleet.alerts import book, messages, schedule, watch
from fleet.alerts.rules import Severity
from fleet.alerts.subjects import SubjectKind
from fleet.web.deeds import alerts as deeds
from fleet.web.reach import RefusedError, looking
from fleet.web.supplies import now_ms
from fleet.web.wording import code_words, language

if TYPE_CHECKING:
    from werkzeug import Response as AnyResponse

    from fleet.alerts.book import Entry
    from fleet.alerts.judging import Alarm
    from fleet.alerts.rules import Words
    from fleet.alerts.subjects import Subject
    from fleet.alerts.watch import Heartbeat
    from fleet.alerts.windows import Window

pages = APIBlueprint("alerts", __name__, enable_openapi=False)
CLEARED_DAYS = 7
_CLEARED_SHOWN = 100
_DAY_MS = 24 * 3_600_000
_TONES = {Severity.CRITICAL: "silent", Severity.WARNING: "needs_care", Severity.NOTICE: "never_seen"}


@dataclass(frozen=True, slots=True)
class Board:
    """What the page and its JSON show of a scope at a moment."""

    at_ms: int
    heartbeat: Heartbeat
    standing: tuple[Entry, ...]
    windows: tuple[Window, ...]
    cleared: tuple[Entry, ...]

    @property
    def by_themselves(self) -> list[Entry]:
        """The open alarms that are no part of an outage that is shown too."""
        shown = {each.alarm.subject for each in self.standing}
        return [each for each in self.standing if each.alarm.part_of not in shown]

    def parts_of(self, subject: Subject) -> list[Entry]:
        """The kiosks of an outage."""
        return [each for each in self.standing if each.alarm.part_of == subject]


@pages.get("/alerts")
def overview() -> Response:
    """Show what is open."""
    return _page()


@pages.post("/alerts/<int:number>/acknowledge")
def acknowledge(number: int) -> AnyResponse:
    """Say that the account looks after an alarm."""
    deeds.acknowledge(number)
    return _back()


@pages.post("/alerts/<int:number>/clear")
def clear(number: int) -> AnyResponse:
    """End a security alarm that somebody has looked at."""
    deeds.clear(number)
    return _back()


@pages.errorhandler(RefusedError)
def refused(error: RefusedError) -> Response:
    """Say it above the alarms."""
    return _page(error.words)


def read_board() -> Board:
    """Read what lies in the scope of whoever asks."""
    moment = now_ms()
    with looking() as (connection, scope):
        return Board(
            at_ms=moment,
            heartbeat=watch.read(connection),
            standing=tuple(book.read_open(connection, scope)),
            windows=tuple(schedule.read_windows(connection, scope, moment)),
            cleared=tuple(book.read_cleared(connection, scope, moment - CLEARED_DAYS * _DAY_MS, _CLEARED_SHOWN)),
        )


def said(alarm: Alarm) -> Words:
    """What is amiss and what to do, in the language of this answer and with words for the codes."""
    codes = None if alarm.code is None else ", ".join(code_words(each) for each in alarm.code.split(", "))
    return messages.said(replace(alarm, code=codes), language())


def urgency(severity: Severity) -> str:
    """How soon somebody must look, in the language of this answer."""
    return messages.urgency(severity, language())


def where(subject: Subject) -> str:
    """The name of what an alarm is about."""
    return messages.where(subject, language())


def _page(refused: str = "") -> Response:
    page = render_template(
        "alerts.html",
        board=read_board(),
        refused=refused,
        said=said,
        where=where,
        kiosk_kind=SubjectKind.KIOSK,
        urgency=urgency,
        tones=_TONES,
        cleared_days=CLEARED_DAYS,
        silent_minutes=watch.SILENT_AFTER_MS // 60_000,
    )
    return make_response(page, HTTPStatus.CONFLICT if refused else HTTPStatus.OK)


def _back() -> AnyResponse:
    return redirect(url_for("alerts.overview"), HTTPStatus.SEE_OTHER)
