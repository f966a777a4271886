# SPDX-License-Identifier: Apache-2.0
"""What a letter says, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet.alerts import messages
from fleet.alerts.judging import Alarm
from fleet.alerts.outbox import News
from fleet.alerts.rules import RULES, RuleId
from fleet.alerts.subjects import place
from fleet.store.scope import Scope
from tests.fleet.alerts.letters import alarm, letter
from tests.fleet.alerts.sights import NOW


def test_every_rule_can_be_told() -> None:
    assert set(RULES) == set(RuleId)


@pytest.mark.parametrize("rule", RuleId)
@pytest.mark.parametrize("language", ["th", "en"])
def test_every_rule_has_words_with_what_was_observed_and_one_action(rule: RuleId, language: str) -> None:
    said = messages.said(Alarm(rule, place(Scope.parse("province:41")), NOW, code="fork", n=1234, of=9), language)
    assert "{" not in said.what + said.action
    assert said.action
    assert any("\u0e00" <= letter <= "\u0e7f" for letter in said.what) == (language == "th")
    assert messages.said(Alarm(rule, place(Scope.parse("nation")), NOW), language)


@pytest.mark.parametrize(
    ("scope", "th", "en"),
    [
        ("facility:41/11013", "หน่วยบริการ 11013 จ.อุดรธานี", "Facility 11013, Udon Thani"),
        ("province:41", "จ.อุดรธานี", "Udon Thani"),
        ("region:8", "เขตสุขภาพที่ 8", "Health region 8"),
        ("nation", "ระบบกลาง", "Fleet controller"),
    ],
)
def test_a_place_has_its_name(scope: str, th: str, en: str) -> None:
    subject = place(Scope.parse(scope))
    assert (messages.where(subject, "th"), messages.where(subject, "en")) == (th, en)


def test_a_letter_says_where_what_since_when_and_what_to_do() -> None:
    assert messages.body(letter(), "https://console.example") == (
        "[Warning] k41-11013-01 (facility 11013, Udon Thani)\n"
        "Card reader: reader_absent\n"
        "Since 2027-01-15 15:00 (Bangkok)\n"
        "Do: Check the reader's cable and clean its contacts\n"
        "\n"
        "All of them: https://console.example/alerts\n"
    )
    assert "15/1/2570 15:00 น." in messages.body(letter(language="th"))
    over = letter(news=News.CLEARED)
    assert messages.heading(over).startswith("[Over] ")
    assert "Do:" not in messages.body(over)


def test_a_letter_of_many_lists_ten_and_says_how_many_more() -> None:
    many = letter(*(alarm(n) for n in range(14)))
    assert messages.heading(many) == "[Warning] 14 alerts"
    text = messages.body(many)
    assert text.count("Do:") == 10
    assert text.endswith("and 4 more\n")


def test_of_a_kiosks_word_no_link_is_made() -> None:
    assert "evil.example" not in messages.body(letter(replace(alarm(), code="evil.example")))
