# SPDX-License-Identifier: Apache-2.0
"""Thai in cells: what is drawn, what stays together, where lines break."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from wire.lettering.thai import WORD_MARK, clusters, drawable, wrap

THAI = st.text(st.characters(min_codepoint=0x0E01, max_codepoint=0x0E5B), max_size=80)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("น้ำ", "น\u0e4d\u0e49า"),
        ("ทำ", "ท\u0e4dา"),
        ("กำลังทำน้ำ", "ก\u0e4dาลังท\u0e4dาน\u0e4d\u0e49า"),
    ],
)
def test_sara_am_is_drawn_as_nikhahit_and_sara_aa_with_the_tone_between(written: str, shown: str) -> None:
    assert drawable(written) == shown
    assert cell_len(shown) == cell_len(written)


def test_controls_and_direction_marks_are_dropped() -> None:
    assert drawable("\x1b[31mก\u202eข\u2066ค\ud800\x00") == "[31mกขค"


def test_towers_of_marks_are_cut_down() -> None:
    assert drawable("ก" + "\u0e49" * 9 + "ข") == "ก" + "\u0e49" * 3 + "ข"


def test_a_vowel_stays_with_its_consonant() -> None:
    assert clusters(drawable("เกาะน้ำใจ")) == ["เกาะ", "น\u0e4d\u0e49า", "ใจ"]


def test_words_break_at_marks_and_spaces_only() -> None:
    assert wrap(f"บัตร{WORD_MARK}ประชาชน ใบเดียว", 8) == ["บัตร", "ประชาชน", "ใบเดียว"]


def test_a_line_end_always_breaks() -> None:
    assert wrap("หันชิปขึ้น\nดันเข้า", 40) == ["หันชิปขึ้น", "ดันเข้า"]


def test_text_beyond_its_lines_ends_in_an_ellipsis() -> None:
    assert wrap("ก" * 100, 10, max_lines=2) == ["ก" * 10, "ก" * 9 + "…"]


@given(THAI, st.integers(min_value=4, max_value=46))
def test_no_line_is_wider_than_asked_and_no_letter_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert max(cell_len(line) for line in lines) <= width
    assert "".join(lines) == drawable(text)
    assert "\u0e33" not in "".join(lines)
