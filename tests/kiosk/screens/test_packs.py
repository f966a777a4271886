# SPDX-License-Identifier: Apache-2.0
"""A third language as a file: shown whole, or refused with its reason before anybody sees a box."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import Attract, OutOfService
from kiosk.entrypoints.fonts import without_a_font
from kiosk.screens.packs import Packs, add_packs
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.conftest import running

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = load_wordings()
FOR_TECHNICIANS = re.compile(r"\.technician$|^(fault|doctor|reader_event)\.|^header\.(name|language)$")
NAME = "Third"
BURMESE, KHMER, LAO = "မြန်မာ", "ខ្មែរ", "ລາວ"


def _pack(folder: Path, *, name: str = NAME, reviewed_by: str = "", **changed: str) -> Path:
    """A pack with the English sentences in brackets, but for those that are changed (`__` stands for the dot)."""
    said = {key: f"[{text}]" for key, text in SHIPPED["en"].sentences.items() if not FOR_TECHNICIANS.search(key)}
    said |= {key.replace("__", "."): text for key, text in changed.items()}
    lines = [f'pack.name = "{name}"'] + ([f'pack.reviewed_by = "{reviewed_by}"'] if reviewed_by else [])
    lines += [f"{key} = '''{text}'''" for key, text in said.items() if text]
    folder.mkdir(exist_ok=True)
    (folder / "xx.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def _added(folder: Path, *, live: bool = False) -> Packs:
    return add_packs(SHIPPED, folder, without_a_font=without_a_font, live=live)


async def test_a_third_language_is_the_next_touch_and_says_every_screen(tmp_path: Path) -> None:
    packs = _added(_pack(tmp_path / "packs"))
    assert packs.refused == ()
    assert list(packs.wordings) == ["th", "en", "xx"]
    async with running(wordings=packs.wordings) as kiosk:
        await kiosk.show(Attract())
        for label, words in (("English", "แตะหน้าจอ"), (NAME, "Touch to start"), ("ไทย", "[Touch to start]")):
            shown = "".join(kiosk.lines)
            assert label in shown
            assert words in shown
            await kiosk.pilot.click("#language")
            await kiosk.pilot.pause()
        await kiosk.pilot.click("#language")
        await kiosk.pilot.click("#language")
        await kiosk.show(OutOfService(Fault.CAMERA_FROZEN))
        assert "Unplug and plug in the camera" in " ".join("".join(kiosk.lines).split()), "technicians read English"


def test_without_packs_there_are_two_languages_and_each_names_the_other() -> None:
    packs = add_packs(SHIPPED, None, without_a_font=without_a_font, live=True)
    assert [wording.text("header.language") for wording in packs.wordings.values()] == ["English", "ไทย"]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"attract__title": ""}, "attract.title"),
        ({"attract__extra": "more"}, "attract.extra"),
        ({"still_there__body": "no blank"}, "other blanks"),
        ({"attract__title": BURMESE}, r"U\+102C .*width"),
        ({"attract__title": KHMER}, r"U\+17C2\): .*width"),
        ({"attract__title": "\U00013000"}, "no font"),
    ],
)
def test_a_pack_that_cannot_be_shown_whole_is_refused_and_says_why(
    tmp_path: Path, changed: dict[str, str], reason: str
) -> None:
    packs = _added(_pack(tmp_path / "packs", **changed))
    assert list(packs.wordings) == ["th", "en"]
    assert len(packs.refused) == 1
    assert re.search(reason, packs.refused[0]), packs.refused[0]


def test_a_pack_whose_own_name_cannot_be_shown_is_refused_too(tmp_path: Path) -> None:
    assert list(_added(_pack(tmp_path / "packs", name=BURMESE)).wordings) == ["th", "en"]


def test_a_pack_that_nobody_has_read_serves_no_patient(tmp_path: Path) -> None:
    assert "reviewed_by" in _added(_pack(tmp_path / "unread"), live=True).refused[0]
    assert _added(_pack(tmp_path / "read", reviewed_by="the interpreters' office"), live=True).refused == ()


@pytest.mark.parametrize("content", ["no toml", "pack = 1", "\udcff"])
def test_a_file_that_is_no_pack_is_refused_and_stops_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "xx.toml").write_bytes(content.encode("utf-8", "surrogateescape"))
    packs = _added(tmp_path)
    assert (list(packs.wordings), len(packs.refused)) == (["th", "en"], 1)


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="fontconfig says which letters a font has")
def test_the_letters_that_ship_have_a_font_here_and_a_private_letter_has_none() -> None:
    thai = frozenset("".join(SHIPPED["th"].sentences.values())) - frozenset("\u200b\n")
    assert without_a_font(frozenset(letter for letter in thai if not letter.isascii())) == frozenset()
    assert without_a_font(frozenset("\ue000")) == {"\ue000"}


def test_where_fontconfig_cannot_be_asked_no_letter_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")  # a kiosk without fontconfig
    assert without_a_font(frozenset(LAO)) == frozenset(LAO)
