# SPDX-License-Identifier: Apache-2.0
"""What may be announced on the welcome screen, by whom, and until when."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kiosk.config import ConfigError
from kiosk.entrypoints import announcements

if TYPE_CHECKING:
    from pathlib import Path

LAST_EVENING = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Bangkok
NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
ONE = """
[[announcement]]
th = "ฉีดวัคซีนฟรี"
en = "Free vaccination"
approved_by = "PR office"
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "announcements.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_announcement_is_read_in_both_languages(tmp_path: Path) -> None:
    assert announcements.read(_file(tmp_path, ONE), NEW_YEAR) == (("ฉีดวัคซีนฟรี", "Free vaccination"),)


def test_its_last_day_ends_in_bangkok(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{ONE}until = 2026-12-31")
    assert len(announcements.read(path, LAST_EVENING)) == 1
    assert announcements.read(path, NEW_YEAR) == ()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ONE.replace("approved_by", "made_by"), "approved_by"),
        (ONE.replace('en = "Free vaccination"', ""), "en"),
        (ONE.replace("ฟรี", "ฟรี" * 60), "th"),
        (ONE.replace("Free", "\\u001b[2JFree"), "en"),
        (ONE * 11, "announcement"),
        ("not toml", "announcements.toml"),
    ],
)
def test_a_file_that_is_wrong_announces_nothing_and_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        announcements.read(_file(tmp_path, text), NEW_YEAR)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        announcements.read(tmp_path / "nowhere.toml", NEW_YEAR)
