# SPDX-License-Identifier: Apache-2.0
"""The words of a hand-over's report: what was checked and what the kiosk's doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext, lazy_gettext

from fleet.web.wording import code_words
from wire.events import Profile
from wire.self_tests import Outcome

if TYPE_CHECKING:
    from wire.self_tests import Examined, Measured, SelfTest

STEPS = {
    "words": lazy_gettext("The words are the same"),
    "network": lazy_gettext("Network, clock, certificate"),
    "reader": lazy_gettext("Card reader"),
    "camera": lazy_gettext("Camera and light"),
    "touch": lazy_gettext("Touch, 5 points"),
    "sound": lazy_gettext("Sound"),
    "printer": lazy_gettext("Printer"),
    "privacy": lazy_gettext("Privacy notice"),
    "visit": lazy_gettext("One whole enrolment, in test mode"),
    "rehearsal": lazy_gettext("Without a network"),
}
OUTCOMES = {
    Outcome.WELL: lazy_gettext("well"),
    Outcome.CARE: lazy_gettext("needs care"),
    Outcome.ABSENT: lazy_gettext("there is none"),
}
PARTS = {
    "reader": lazy_gettext("Card reader"),
    "camera": lazy_gettext("Camera"),
    "screen": lazy_gettext("Screen"),
    "store": lazy_gettext("Local store"),
    "clock": lazy_gettext("Clock"),
    "network": lazy_gettext("Network"),
    "certificates": lazy_gettext("Certificates"),
    "disk": lazy_gettext("Disk"),
    "temperature": lazy_gettext("Temperature"),
    "power": lazy_gettext("Power"),
}
LEVELS = {
    "well": lazy_gettext("well"),
    "care": lazy_gettext("needs care"),
    "fault": lazy_gettext("broken: nobody can be enrolled"),
    "unknown": lazy_gettext("not known"),
}
PROFILES = {Profile.TEST: lazy_gettext("test mode"), Profile.LIVE: lazy_gettext("in service")}
_TONES = {"well": "ok", "care": "needs_care", "fault": "silent"}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report; `tone` colours its word, `more` are the lines below."""

    name: str
    word: str
    tone: str
    more: tuple[str, ...]


def step_rows(report: SelfTest) -> tuple[Row, ...]:
    """What the technician checked, in order."""
    return tuple(
        Row(
            str(STEPS.get(each.step, each.step)),
            str(OUTCOMES[each.outcome]),
            _TONES.get(each.outcome, "never_seen"),
            () if each.code is None else (code_words(each.code),),
        )
        for each in report.steps
    )


def part_rows(report: SelfTest) -> tuple[Row, ...]:
    """What the kiosk's doctor found of each part."""
    return tuple(_part(each) for each in report.parts)


def _part(found: Examined) -> Row:
    level = str(LEVELS.get(found.level, found.level))
    figures = tuple(f"{name}: {_written(value)}" for name, value in found.figures.items())
    said = () if found.code == "ok" else (code_words(found.code),)
    return Row(str(PARTS.get(found.part, found.part)), level, _TONES.get(found.level, "never_seen"), (*said, *figures))


def _written(figure: Measured) -> str:
    if isinstance(figure.value, bool):
        return str(gettext("yes") if figure.value else gettext("no"))
    return f"{figure.value} {figure.unit}".rstrip()
