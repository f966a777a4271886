# SPDX-License-Identifier: Apache-2.0
"""The texts: complete in both languages, short, and in words that a tired person understands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from kiosk.card.watcher import ReaderEvent
from kiosk.enrollment.failures import Failure, Fault
from kiosk.enrollment.states import Farewell, Prompt
from kiosk.screens.wording import load_wordings
from wire.lettering.texts import WordingError
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from pathlib import Path

WORDINGS = load_wordings()
LARGE = re.compile(r"\.(title|body)$|^(prompt|farewell)\.|\.(sandbox|until|number|code)$")
FLOWING = {"notice.body"}  # the notice is read at leisure, wrapped to the screen
FOR_THE_EAR = ("spoken.", "aloud.")  # stands on no line
JARGON = {
    "th": ("ไบโอเมตริก", "ยืนยันตัวตน", "ล้มเหลว", "ผิดพลาด", "อัลกอริทึม", "เซิร์ฟเวอร์", "ค่ะ", "ครับ"),
    "en": ("biometric", "liveness", "failed", "error", "invalid", "authenticat", "verif", "server", "spoof"),
}
FOR_TECHNICIANS = re.compile(r"\.technician$|^(fault|doctor)\.")


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_code_has_its_words(language: str) -> None:
    needed = [f"failure.{failure}.{part}" for failure in Failure for part in ("title", "body", "technician")]
    needed += [f"fault.{fault}" for fault in Fault] + [f"prompt.{prompt}" for prompt in Prompt]
    needed += [f"farewell.{farewell}" for farewell in Farewell]
    assert [key for key in needed if key not in WORDINGS[language].sentences] == []


@pytest.mark.parametrize("language", ["th", "en"])
def test_no_words_are_left_over_from_a_code_that_is_gone(language: str) -> None:
    known = {f"failure.{code}" for code in Failure} | {f"fault.{code}" for code in Fault}
    known |= {f"prompt.{code}" for code in Prompt} | {f"farewell.{code}" for code in Farewell}
    known |= {f"reader_event.{code}" for code in ReaderEvent}
    tables = ("failure.", "fault.", "prompt.", "farewell.", "reader_event.")
    keys = [key for key in WORDINGS[language].sentences if key.startswith(tables)]
    assert [key for key in keys if ".".join(key.split(".")[:2]) not in known] == []


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_technician_reads_a_sentence_of_its_own_for_every_fault(language: str) -> None:
    sentences = [WORDINGS[language].text(f"fault.{fault}") for fault in Fault]
    assert len(set(sentences)) == len(Fault)


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_event_of_the_reader_has_sentences_of_its_own_for_the_person_and_the_technician(language: str) -> None:
    words = [WORDINGS[language].reader_event(event) for event in ReaderEvent]
    assert len({word.person for word in words}) == len({word.technician for word in words}) == len(ReaderEvent)
    assert WORD_MARK not in "".join(word.person + word.technician for word in words)


def test_an_event_that_nobody_knows_has_no_words() -> None:
    with pytest.raises(WordingError, match=r"reader_event\.card_swallowed"):
        WORDINGS["th"].reader_event("card_swallowed")


def test_a_large_thai_line_has_at_most_28_columns() -> None:
    long = [
        (key, line)
        for key, sentence in WORDINGS["th"].sentences.items()
        if LARGE.search(key) and key not in FLOWING and not key.startswith(FOR_THE_EAR)
        for line in sentence.replace(WORD_MARK, "").split("\n")
        if cell_len(line) > 28
    ]
    assert long == []


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_person_meets_no_jargon_and_no_blame(language: str) -> None:
    spoken = {key: text.replace(WORD_MARK, "") for key, text in WORDINGS[language].sentences.items()}
    met = [
        (key, word)
        for key, text in spoken.items()
        if not FOR_TECHNICIANS.search(key)
        for word in JARGON[language]
        if word in text.casefold()
    ]
    assert met == []


def test_only_an_activated_health_id_is_called_done() -> None:
    assert [key for key, text in WORDINGS["th"].sentences.items() if text.startswith("สำเร็จ")] == ["activated.title"]


@pytest.mark.parametrize(
    ("thai", "english", "complaint"),
    [
        ("a = 'ก'", "b = 'k'", "en.toml has no 'a'"),
        ("a = 'ก'", "a = 'k'\nb = 'k'", "th.toml has no 'b'"),
        ("a = 'ก {x}'", "a = 'k {y}'", "a fills other blanks"),
        ("a = ' '", "a = 'k'", "th.toml: a is ' '"),
        ("a = 1", "a = 'k'", "th.toml: a is 1"),
    ],
)
def test_texts_that_do_not_match_stop_the_start(tmp_path: Path, thai: str, english: str, complaint: str) -> None:
    (tmp_path / "th.toml").write_text(thai, encoding="utf-8")
    (tmp_path / "en.toml").write_text(english, encoding="utf-8")
    with pytest.raises(WordingError, match=complaint):
        load_wordings(tmp_path)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(WordingError, match=r"th\.toml has no 'nowhere'"):
        WORDINGS["th"].text("nowhere")
