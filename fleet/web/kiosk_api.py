# SPDX-License-Identifier: Apache-2.0
"""What a program may do about one kiosk: name a helper, and report it lost, which another confirms."""

from __future__ import annotations

from http import HTTPStatus

from apiflask import APIBlueprint

from fleet.devices.losses import Kind
from fleet.web.bodies import Body, Choice, Text
from fleet.web.deeds import kiosks as deeds

pages = APIBlueprint("api_kiosk", __name__)


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
