# SPDX-License-Identifier: Apache-2.0
"""The devices page: every kiosk, those that need somebody first, and what was refused of strangers."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template

from fleet.devices.health import Condition, read_park
from fleet.devices.help_calls import waits
from fleet.web.questions import PageQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now_ms

pages = APIBlueprint("devices", __name__, enable_openapi=False)


@pages.get("/devices")
def overview() -> str:
    """Show the kiosks, a page at a time."""
    question = asked(PageQuestion)
    moment = now_ms()
    with looking() as (connection, scope):
        park = read_park(connection, moment, scope, question.number)
        helpers = waits(connection, [device.kiosk for device in park.devices], moment)
    return render_template("devices.html", park=park, helpers=helpers, now_ms=moment, conditions=tuple(Condition))
