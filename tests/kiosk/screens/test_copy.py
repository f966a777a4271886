# SPDX-License-Identifier: Apache-2.0
"""The copy linter: what a person reads is short, has one word for one thing, and blames nobody (journeys)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk.screens.wording import LANGUAGES, load_wordings
from wire.lettering.thai import WORD_MARK

FOR_TECHNICIANS = re.compile(r"\.technician$|^(fault|doctor)\.|^reader_event\.")
SHIPPED = Path(__file__).parents[3] / "kiosk"

# One word for one thing: the word that is used, and those that would be a second one for it.
SAME_WORD = {
    "th": {
        "เจ้าหน้าที่": "พนักงาน|บุคลากร",
        "สมาร์ตโฟน, โทรศัพท์": "สมาร์ทโฟน|มือถือ",
        "รหัส": r"\bPIN\b|พิน|โค้ด",
        "Health ID": "HealthID|Health Id|Health id|เฮลท์ไอดี",
        "หมอพร้อม": "หมอพรอม|Mor ?Prom|Moh ?Prom",
        "ใบหน้า": "หน้าตา",
        "เครื่อง": "ตู้|คีออส",
        "เสียบบัตร": "สอดบัตร|ใส่บัตร",
        "เคาน์เตอร์": "เค้าน์เตอร์|เคาเตอร์",
    },
    "en": {
        "staff": "officer|personnel|employee|attendant",
        "code": r"\bPIN\b|passcode|password",
        "Health ID": "HealthID|Health Id|health id",
        "Mor Prom": "MorProm|Moh ?Prom|Mohprom",
        "ID card": "identity card|identification card|smart ?card",
        "smartphone, phone": "mobile|cell ?phone|handset",
    },
}
BLAME = {
    "th": "ผิด|ปลอม|ทุจริต|ปฏิเสธ|ห้าม|ต้องสงสัย|โกง|ไม่อนุญาต",
    "en": r"fake|fraud|reject|denied|deny|suspici|forbidden|not allowed|your fault|you failed|wrong (?!way)",
}
STATUS = {"th": "ต่างด้าว|แรงงาน|สัญชาติ|ไร้สัญชาติ|ลี้ภัย", "en": "alien|migrant|nationality|stateless|refugee|immigra"}
UNTIDY = re.compile(r"(?<![\] [])  |!| [,.?]|[\u0e50-\u0e59]|\s$", re.MULTILINE)


def read(language: str) -> dict[str, str]:
    """What a person reads, by key, as it stands on the screen."""
    sentences = load_wordings()[language].sentences
    return {key: text.replace(WORD_MARK, "") for key, text in sentences.items() if not FOR_TECHNICIANS.search(key)}


def found(language: str, pattern: str | re.Pattern[str]) -> list[tuple[str, str]]:
    """Where a pattern is met, and what it met."""
    met = ((key, re.search(pattern, text)) for key, text in read(language).items())
    return [(key, match.group()) for key, match in met if match]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_thing_has_one_word(language: str) -> None:
    second = {used: found(language, others) for used, others in SAME_WORD[language].items()}
    assert {used: met for used, met in second.items() if met} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_blamed(language: str) -> None:
    assert found(language, BLAME[language]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_nobody_is_told_what_they_are(language: str) -> None:
    assert found(language, STATUS[language]) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_are_tidy_and_the_numerals_arabic(language: str) -> None:
    assert found(language, UNTIDY) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_button_says_it_in_two_lines_at_most(language: str) -> None:
    buttons = [key for key in read(language) if re.match(r"button\.|complaint\.about|menu\.(enroll|check|staff)$", key)]
    assert len(buttons) > 10
    assert [key for key in buttons if len(read(language)[key]) > 28 or read(language)[key].count("\n") > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_hint_before_the_camera_is_read_at_a_glance(language: str) -> None:
    hints = {key: text for key, text in read(language).items() if key.startswith("prompt.")}
    assert [key for key, text in hints.items() if len(text) > 50 or text.count("\n") > 1] == []


def test_a_misprinted_address_of_the_seeds_is_shipped_nowhere() -> None:
    misprint = "provider.in" + ".th"
    files = [path for path in SHIPPED.rglob("*") if path.suffix in {".py", ".toml", ".tcss", ".sql", ".json"}]
    assert [str(path) for path in files if misprint in path.read_text(encoding="utf-8")] == []
