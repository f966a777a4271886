# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a file that somebody gives, told in both languages by its place and by the kind of value found.

A cell is never repeated: it may hold somebody's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fleet.errors import ImportRefusedError
from wire.announcements import holds_a_citizen_number, is_printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROBLEMS_SHOWN = 20
_LONGEST_FILE_NAME = 200


@dataclass(frozen=True, slots=True)
class Wording:
    """One phrase in both languages."""

    english: str
    thai: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one cell, by the kind of value found. `row` is the line as a spreadsheet numbers it."""

    row: int
    column: str
    found: Wording
    expected: Wording

    def in_english(self) -> str:
        """Say it in English."""
        return f"row {self.row}, column {self.column}: found {self.found.english}, expected {self.expected.english}"

    def in_thai(self) -> str:
        """Say it in Thai."""
        return f"แถวที่ {self.row} คอลัมน์ {self.column}: พบ{self.found.thai} ต้องเป็น{self.expected.thai}"


# The kinds of value a cell can hold, first match wins.
_KINDS: tuple[tuple[re.Pattern[str], Wording], ...] = (
    (re.compile(r""), Wording("nothing", "ช่องว่าง")),
    (re.compile(r"\s+"), Wording("spaces", "ช่องว่าง (เว้นวรรค)")),
    (re.compile(r"\s+\S.*|.*\S\s+", re.DOTALL), Wording("spaces around the value", "เว้นวรรคหน้าหรือหลังค่า")),
    (re.compile(r"-[0-9.]+"), Wording("a negative number", "จำนวนติดลบ")),
    (re.compile("[\u0e50-\u0e59]+"), Wording("Thai digits", "เลขไทย")),
    (re.compile(r"[0-9]{1,3}([, ][0-9]{3})+"), Wording("a number with separators", "ตัวเลขที่มีเครื่องหมายคั่นหลัก")),
    (re.compile(r"[0-9]*[.,][0-9]+"), Wording("a decimal number", "เลขทศนิยม")),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*|[0-9]{2}:[0-9]{2}.*"), Wording("a date or a time", "วันที่หรือเวลา")),
    (re.compile(r"[0-9]+"), Wording("a number out of range", "ตัวเลขนอกช่วงที่ใช้ได้")),
    (re.compile(r"[=+@].*", re.DOTALL), Wording("a formula", "สูตรคำนวณ")),
)
_TEXT = Wording("text", "ข้อความ")


def kind_of(cell: str) -> Wording:
    """Say what kind of value a cell holds, so that the value need not be said."""
    return next((wording for pattern, wording in _KINDS if pattern.fullmatch(cell)), _TEXT)


def bare_name(file_name: str) -> str:
    """Take a file's name without its folder; one that holds a citizen number is not told."""
    bare = file_name.replace("\\", "/").rpartition("/")[2][:_LONGEST_FILE_NAME]
    return "(withheld)" if holds_a_citizen_number(bare) or not is_printable(bare) else bare


def explained(file_name: str, problems: Sequence[Problem]) -> str:
    """Say in both languages what is wrong with a file, the first twenty problems one by one."""
    name = bare_name(file_name)
    lines = [
        f"{name}: {len(problems)} problem(s). Nothing was imported; correct the file and import it again.",
        f"พบปัญหา {len(problems)} จุด ยังไม่ได้นำเข้าข้อมูลใด โปรดแก้ไขไฟล์แล้วนำเข้าใหม่",
    ]
    for problem in problems[:_PROBLEMS_SHOWN]:
        lines += [f"  {problem.in_english()}", f"  {problem.in_thai()}"]
    if len(problems) > _PROBLEMS_SHOWN:
        rest = len(problems) - _PROBLEMS_SHOWN
        lines.append(f"  and {rest} more / และอีก {rest} จุด")
    return "\n".join(lines)


class FileRefusedError(ImportRefusedError):
    """A file has problems; nothing of it was stored. Carries them one by one."""

    def __init__(self, file_name: str, problems: Sequence[Problem]) -> None:
        super().__init__(explained(file_name, problems))
        self.problems = tuple(problems)
