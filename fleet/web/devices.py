# SPDX-License-Identifier: Apache-2.0
"""The devices page: the kiosks looked for, those that need somebody first, and what was refused of strangers."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import render_template

from fleet.devices.health import Care, Condition
from fleet.devices.help_calls import waits
from fleet.devices.park import EVERYTHING, read_park
from fleet.web import gate
from fleet.web.questions import DevicesQuestion
from fleet.web.reach import looking
from fleet.web.refusals import asked
from fleet.web.supplies import now_ms
from fleet.web.wording import in_reading_order, province_name

pages = APIBlueprint("devices", __name__, enable_openapi=False)


@pages.get("/devices")
def overview() -> str:
    """Show the kiosks, a page at a time."""
    question = asked(DevicesQuestion)
    moment = now_ms()
    with looking() as (connection, scope):
        park = read_park(connection, moment, question.within(scope), question.number, question.sought)
        helpers = waits(connection, [device.kiosk for device in park.devices], moment)
    return render_template(
        "devices.html",
        question=question,
        park=park,
        everything=question.sought == EVERYTHING and question.province is None,
        helpers=helpers,
        now_ms=moment,
        conditions=tuple(Condition),
        cares=tuple(Care),
        provinces=sorted(gate.scope().provinces, key=lambda code: in_reading_order(province_name(code))),
    )
