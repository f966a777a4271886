# SPDX-License-Identifier: Apache-2.0
"""Every word of the console has its Thai, and every code its words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from fleet.coverage.figures import Absence, Mode
from fleet.coverage.kpi57 import Flag, Met, Verdict
from fleet.devices.health import Care, Condition
from fleet.web import wording
from kiosk.enrollment.failures import Fault
from kiosk.enrollment.ports import Presence
from tests.fleet.web.conftest import WORDS
from wire.chain import Alarm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from enum import StrEnum

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]


def catalogue() -> dict[object, object]:
    with WORDS.open("rb") as source:
        return {message.id: message.string for message in read_po(source, locale="th") if message.id}


def used() -> set[object]:
    keywords: dict[str, tuple[int, ...] | None] = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
    found = extract_from_dir(str(wording.TRANSLATIONS.parent), METHODS, keywords=keywords)
    return {message for _, _, message, _, _ in found}


def test_every_word_has_its_thai_and_no_thai_is_left_over() -> None:
    assert used() == set(catalogue())


def test_no_thai_is_empty_and_every_placeholder_is_kept() -> None:
    for source, target in catalogue().items():
        english = source[-1] if isinstance(source, (tuple, list)) else str(source)
        thai = target[0] if isinstance(target, (tuple, list)) else str(target)
        assert thai
        assert sorted(re.findall(r"%\(\w+\)[sd]|%%", english)) == sorted(re.findall(r"%\(\w+\)[sd]|%%", thai))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Verdict, wording.VERDICTS),
        (Met, wording.MET),
        (Absence, wording.ABSENCES),
        (Flag, wording.FLAGS),
        (Mode, wording.MODES),
        (Condition, wording.CONDITIONS),
        (Care, wording.CARES),
    ],
)
def test_every_value_has_words(kind: type[StrEnum], words: Mapping[StrEnum, object]) -> None:
    assert set(kind) == set(words)


def test_every_alarm_has_words() -> None:
    assert {kind.value for kind in Alarm} <= set(wording.CODES)


def test_every_code_a_kiosk_can_say_has_words() -> None:
    assert {*(fault.value for fault in Fault), *(presence.value for presence in Presence), "ok"} <= set(wording.CODES)
