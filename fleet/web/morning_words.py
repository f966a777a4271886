# SPDX-License-Identifier: Apache-2.0
"""The morning page's words: what is amiss with its figures, the one thing to do, whom it touches, and where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import lazy_gettext

from fleet.devices.health import DISK_LOW_MIB, OUTBOX_OLD_S, Condition
from fleet.devices.help_calls import Standing
from fleet.web import gate
from fleet.web.agenda import Cause, Counted
from fleet.web.wording import age, code_words, number

if TYPE_CHECKING:
    from flask import Flask

from fleet.web.agenda import Task

WHAT = {
    Cause.ALARM: lazy_gettext("Security alarm: %(code)s"),
    Cause.HELP: lazy_gettext("A person waits for a helper: %(standing)s"),
    Cause.SCREEN: lazy_gettext("The kiosk is not serving: %(code)s"),
    Cause.READER: lazy_gettext("Card reader: %(code)s"),
    Cause.CAMERA: lazy_gettext("Camera: %(code)s"),
    Cause.OUTBOX_OLD: lazy_gettext("%(n)s records unsent, the oldest for %(age)s (limit %(limit)s)"),
    Cause.DISK_LOW: lazy_gettext("%(n)s MiB free (at least %(least)s are needed)"),
    Cause.CLOCK: lazy_gettext("Clock not synchronised"),
    Cause.SILENT: lazy_gettext("Not heard from for %(age)s"),
    Cause.NEVER_SEEN: lazy_gettext("Registered %(age)s ago and never heard from"),
    Cause.QUARANTINED: lazy_gettext("%(n)s records set aside: %(code)s"),
    Cause.LAPSED: lazy_gettext("%(n)s requests expired before they could be sent"),
    Cause.CERTIFICATE: lazy_gettext("Certificates end within %(days)s days: %(n)s kiosks"),
    Cause.CODE_UNUSED: lazy_gettext("Code not used for 1 day: %(one)s, 3 days: %(three)s, 7 days: %(seven)s"),
    Cause.COMPLAINTS: lazy_gettext("%(n)s complaints overdue, the longest for %(age)s"),
}
_SILENT_TOGETHER = lazy_gettext("%(n)s of %(all)s kiosks silent, the longest for %(age)s")
ACTIONS = {
    Cause.ALARM: lazy_gettext("Call the fleet team; leave the kiosk switched on"),
    Cause.HELP: lazy_gettext("Send a helper there and name who comes"),
    Cause.SCREEN: lazy_gettext("Look at the kiosk's screen and do what it says"),
    Cause.READER: lazy_gettext("Check the reader's cable and clean its contacts"),
    Cause.CAMERA: lazy_gettext("Check the camera's cable and wipe its lens"),
    Cause.OUTBOX_OLD: lazy_gettext("Ask the facility's IT to open port 8883"),
    Cause.DISK_LOW: lazy_gettext("Free space on the kiosk's data partition"),
    Cause.CLOCK: lazy_gettext("Let the kiosk reach its time server"),
    Cause.SILENT: lazy_gettext("Check power and network there"),
    Cause.NEVER_SEEN: lazy_gettext("Finish the kiosk's installation"),
    Cause.QUARANTINED: lazy_gettext("Tell the fleet team the kiosk's name"),
    Cause.LAPSED: lazy_gettext("Mend the network there"),
    Cause.CERTIFICATE: lazy_gettext("Renew the certificates and bring them to the kiosks"),
    Cause.CODE_UNUSED: lazy_gettext("Remind people to enter their code in Mor Prom"),
    Cause.COMPLAINTS: lazy_gettext("Take the oldest complaint and answer it"),
}
# Headings of docs/operations.md that describe it.
_MORNING = "The morning check"
HEADINGS = {
    Cause.ALARM: _MORNING,
    Cause.HELP: "When somebody asks for a helper",
    Cause.SCREEN: "Read the logs",
    Cause.READER: "Examine a card reader",
    Cause.CAMERA: _MORNING,
    Cause.OUTBOX_OLD: "A way around a closed port",
    Cause.DISK_LOW: "When a kiosk's store fails",
    Cause.CLOCK: _MORNING,
    Cause.SILENT: _MORNING,
    Cause.NEVER_SEEN: "Make a fleet and a kiosk",
    Cause.QUARANTINED: _MORNING,
    Cause.LAPSED: "Take requests without a network",
    Cause.CERTIFICATE: "Renew",
    Cause.CODE_UNUSED: _MORNING,
    Cause.COMPLAINTS: "Complaints, satisfaction and help numbers",
}
COUNTED = {
    Counted.VISITS: lazy_gettext("who come on a usual day"),
    Counted.VISITS_OF_FACILITY: lazy_gettext("at most: who come to the facility on a usual day"),
    Counted.RECORDS: lazy_gettext("at most: one a record"),
    Counted.WAITING: lazy_gettext("waiting there now"),
    Counted.CODES: lazy_gettext("with a code that is not used"),
    Counted.COMPLAINTS: lazy_gettext("who complained"),
}
STANDINGS = {
    Standing.WAITING: lazy_gettext("nobody has been named"),
    Standing.ACKNOWLEDGED: lazy_gettext("somebody has been named"),
    Standing.LINK_LOST: lazy_gettext("the kiosk's link is lost"),
    Standing.WITHOUT_NAME: lazy_gettext("the kiosk cannot show a name"),
}


def say_mornings(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.globals.update(
        what=what, whom=whom, headings=HEADINGS, actions=ACTIONS, source_of=source_of, visits_of=visits_of
    )


def what(task: Task) -> str:
    """Say what is amiss, with its own figure and what it is held against."""
    words = _SILENT_TOGETHER if task.cause is Cause.SILENT and task.kiosk is None else WHAT[task.cause]
    return str(words) % {
        "code": code_words(task.code),
        "n": _or_dash(task.figure),
        "all": _or_dash(task.of),
        "age": "—" if task.age_s is None else age(task.age_s),
        "limit": age(OUTBOX_OLD_S),
        "least": number(DISK_LOW_MIB),
        "standing": _standing(task),
        "days": _or_dash(task.days),
        **_unused(task),
    }


def _or_dash(value: int | None) -> str:
    return "—" if value is None else number(value)


def _unused(task: Task) -> dict[str, str]:
    codes = task.codes
    if codes is None:
        return {}
    return {"one": number(codes.one_day), "three": number(codes.three_days), "seven": number(codes.seven_days)}


def _standing(task: Task) -> str:
    return str(STANDINGS[Standing(task.code)]) if task.cause is Cause.HELP and task.code else ""


def whom(task: Task) -> str:
    """Say where the figure of people comes from; nothing where there is none."""
    return "" if task.counted is None else str(COUNTED[task.counted])


def source_of(task: Task, figures: str) -> str:
    """Give the page of the console that a task comes from."""
    if task.kiosk:
        return url_for("kiosk.overview", name=task.kiosk, _anchor="alarms" if task.cause is Cause.ALARM else None)
    if task.cause in (Cause.LAPSED, Cause.CODE_UNUSED) and gate.may("funnel.overview"):
        return url_for("funnel.overview", figures=figures)
    if task.cause is Cause.COMPLAINTS:
        return url_for("complaints.overview", province=task.province, figures=figures)
    silent = Condition.SILENT if task.cause is Cause.SILENT else None
    return url_for("devices.overview", condition=silent, province=task.province, facility=task.facility)


def visits_of(task: Task, figures: str) -> str:
    """Give the page that the figure of people comes from."""
    is_of_visits = task.counted in (Counted.VISITS, Counted.VISITS_OF_FACILITY)
    if is_of_visits and task.province and gate.may("coverage.province"):
        return url_for("coverage.province", code=task.province, figures=figures, _anchor="work")
    return source_of(task, figures)
