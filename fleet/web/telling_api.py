# SPDX-License-Identifier: Apache-2.0
"""Who is told of alarms, and when nobody is, as JSON, and what a program may do about it."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from pydantic import BaseModel, ConfigDict, Field

from fleet.alerts.rules import Severity
from fleet.alerts.subscribers import ChannelKind
from fleet.store.hours import DAYS
from fleet.web.alerts_api import WindowAnswer, window_answer
from fleet.web.bodies import Body, Choice, MadeAnswer, Text
from fleet.web.deeds import telling as deeds
from fleet.web.iso import at, at_or_none
from fleet.web.telling import read_telling

pages = APIBlueprint("api_telling", __name__)
_PLACE = "two digits of a province, nation, or a health region as region:8"


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscriptionAnswer(_Answer):
    """An address at work that is told of a place, and what became of the latest letter to it."""

    number: int
    scope: str
    channel: ChannelKind
    address: str
    language: str
    least: Severity
    told_at: str | None
    sent_at: str | None
    gave_up_at: str | None


class HoursAnswer(_Answer):
    """When a facility is open that has hours of its own; minutes since midnight in Bangkok."""

    scope: str
    days: list[str]
    opens: int
    closes: int


class TellingAnswer(_Answer):
    """All three in the account's scope."""

    at: str
    scope: str
    subscriptions: list[SubscriptionAnswer]
    windows: list[WindowAnswer]
    hours: list[HoursAnswer]


class SubscriptionBody(Body):
    """Whom to tell of which place, and from which severity on."""

    province: Text | None = Field(default=None, description=_PLACE)
    facility: Text | None = None
    channel: Choice[ChannelKind] = Field(description="mail or line; webhooks are added on the controller")
    address: Text
    language: Text = Field(description="th or en")
    least: Choice[Severity]


class WindowBody(Body):
    """From when to when nobody is told of a place, and why; moments of Bangkok as 2026-12-01T18:00."""

    province: Text | None = Field(default=None, description=_PLACE)
    facility: Text | None = None
    first: Text | None = Field(default=None, description="left out: now")
    until: Text
    reason: Text


class HoursBody(Body):
    """When a facility is open: `days` as mon-fri, `opens` and `closes` as 08:30; no days: as the fleet again."""

    province: Text | None = None
    facility: Text | None = None
    days: Text = ""
    opens: Text = ""
    closes: Text = ""


@pages.get("/api/v1/alerts/telling")
@pages.output(TellingAnswer)
def overview() -> TellingAnswer:
    """Who is told of alarms in the account's scope, and when nobody is."""
    found = read_telling()
    subscriptions = []
    for each in found.subscriptions:
        sent = found.letters.get(each.id)
        subscriptions.append(
            SubscriptionAnswer(
                number=each.id,
                scope=str(each.scope),
                channel=each.channel,
                address=each.address,
                language=each.language,
                least=each.least,
                told_at=None if sent is None else at(sent.made_ms),
                sent_at=None if sent is None else at_or_none(sent.sent_ms),
                gave_up_at=None if sent is None else at_or_none(sent.gave_up_ms),
            )
        )
    return TellingAnswer(
        at=at(found.at_ms),
        scope=str(found.scope),
        subscriptions=subscriptions,
        windows=[window_answer(each) for each in found.windows],
        hours=[
            HoursAnswer(
                scope=str(site), days=[DAYS[day] for day in sorted(each.days)], opens=each.opens, closes=each.closes
            )
            for site, each in found.hours.items()
        ],
    )


@pages.post("/api/v1/alerts/subscriptions")
@pages.input(SubscriptionBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def subscribe(body: SubscriptionBody) -> MadeAnswer:
    """Tell an address of a place from now on."""
    return MadeAnswer(number=deeds.subscribe(body.typed()))


@pages.post("/api/v1/alerts/subscriptions/<int:number>/end")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def unsubscribe(number: int) -> str:
    """Tell an address no longer, and erase it."""
    deeds.unsubscribe(number)
    return ""


@pages.post("/api/v1/alerts/windows")
@pages.input(WindowBody, arg_name="body")
@pages.output(MadeAnswer, status_code=HTTPStatus.CREATED)
def add_window(body: WindowBody) -> MadeAnswer:
    """Tell nobody of a place for a while; what happens there is recorded."""
    return MadeAnswer(number=deeds.add_window(body.typed()))


@pages.post("/api/v1/alerts/windows/<int:number>/end")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def end_window(number: int) -> str:
    """End a window before its time: what stands there is told."""
    deeds.end_window(number)
    return ""


@pages.post("/api/v1/alerts/hours")
@pages.input(HoursBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def set_hours(body: HoursBody) -> str:
    """Say when a facility is open: outside of it a silent kiosk is no alarm."""
    deeds.set_hours(body.typed())
    return ""
