# SPDX-License-Identifier: Apache-2.0
"""What a program may do about one kiosk: read its hand-over, name a helper, report it lost, which another confirms."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint
from flask import abort
from pydantic import BaseModel

from fleet.devices import self_tests
from fleet.devices.health import read_device
from fleet.devices.losses import Kind
from fleet.web.bodies import Body, Choice, Text
from fleet.web.deeds import kiosks as deeds
from fleet.web.iso import at
from fleet.web.reach import looking
from fleet.web.supplies import now_ms
from wire.events import Profile
from wire.self_tests import Outcome

pages = APIBlueprint("api_kiosk", __name__)


class CheckedAnswer(BaseModel):
    """One step of the commissioning; `code` says what needs care."""

    step: str
    outcome: Outcome
    at: str
    code: str | None


class ExaminedAnswer(BaseModel):
    """What the kiosk's doctor found of one part; figures by name, each with its unit where it has one."""

    part: str
    level: str
    code: str
    figures: dict[str, str]


class SelfTestAnswer(BaseModel):
    """The last hand-over's report, as the kiosk signed it. `tested_at` is by the kiosk's clock."""

    kiosk: str
    facility: str
    profile: Profile
    release: str
    tested_at: str
    received_at: str
    needs_care: bool
    steps: list[CheckedAnswer]
    parts: list[ExaminedAnswer]


@pages.get("/api/v1/devices/<name>/self-test")
@pages.output(SelfTestAnswer)
def self_test(name: str) -> SelfTestAnswer:
    """What was checked when the kiosk was handed over; 404 where no report has come."""
    who = deeds.known(name)
    with looking() as (connection, scope):
        found = read_device(connection, who, now_ms(), scope)
        kept = None if found is None else self_tests.read_latest(connection, who)
    if kept is None:
        abort(HTTPStatus.NOT_FOUND)
    report = kept.report
    return SelfTestAnswer(
        kiosk=report.kiosk,
        facility=report.facility,
        profile=report.profile,
        release=report.release,
        tested_at=at(report.at_ms),
        received_at=at(kept.received_ms),
        needs_care=report.needs_care,
        steps=[
            CheckedAnswer(step=each.step, outcome=each.outcome, at=at(each.at_ms), code=each.code)
            for each in report.steps
        ],
        parts=[
            ExaminedAnswer(
                part=each.part,
                level=each.level,
                code=each.code,
                figures={name: f"{figure.value} {figure.unit}".rstrip() for name, figure in each.figures.items()},
            )
            for each in report.parts
        ],
    )


class HelperBody(Body):
    """Who comes, as the screen shows it, and in how many minutes."""

    helper: Text
    minutes: int


class LossBody(Body):
    """What happened to the kiosk."""

    kind: Choice[Kind]


class ConfirmBody(Body):
    """Whoever confirms knows that it cannot be undone."""

    sure: bool


@pages.post("/api/v1/devices/<name>/helper")
@pages.input(HelperBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def name_helper(name: str, body: HelperBody) -> str:
    """Tell whoever waits at the kiosk who comes, and when."""
    deeds.name_helper(deeds.known(name), body.helper, body.minutes)
    return ""


@pages.post("/api/v1/devices/<name>/loss")
@pages.input(LossBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def report_loss(name: str, body: LossBody) -> str:
    """Report that the kiosk is gone; another person has to confirm."""
    deeds.report_loss(deeds.known(name), body.kind)
    return ""


@pages.post("/api/v1/devices/<name>/loss/confirm")
@pages.input(ConfirmBody, arg_name="body")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def confirm_loss(name: str, body: ConfirmBody) -> str:
    """Confirm what another person reported: from now on nothing of the kiosk is believed."""
    deeds.confirm_loss(deeds.known(name), sure=body.sure)
    return ""


@pages.post("/api/v1/devices/<name>/loss/withdraw")
@pages.output({}, status_code=HTTPStatus.NO_CONTENT)
def withdraw_loss(name: str) -> str:
    """Take an open report back."""
    deeds.withdraw_loss(deeds.known(name))
    return ""
