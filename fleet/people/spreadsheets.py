# SPDX-License-Identifier: Apache-2.0
"""Strict reading of a small CSV: bounded, exact header, every problem found and named, no cell repeated."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGEST_BYTES = 1024 * 1024
MOST_ROWS = 5_000
_PROBLEMS_SHOWN = 20
_MOST_PROBLEMS = 1_000  # past this the file is not what it says it is; reading stops
LARGEST_COUNT = 100_000_000  # more than live in Thailand
_YEARS = (2560, 2600)  # B.E.; catches C.E. years
_INTEGER = re.compile(r"[0-9]{1,9}", re.ASCII)

Row: TypeAlias = dict[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Wording:
    """One phrase in both languages."""

    english: str
    thai: str


@dataclass(frozen=True, slots=True)
class Key:
    """A column that says what a row is about. `parse` gives its value, or None for a cell that is none."""

    name: str
    expected: Wording
    parse: Callable[[str], int | str | None]


_ONCE = Wording("each row once a year and period", "หนึ่งแถวต่อปีและรอบ")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file, in their order: the keys, then words, then the counts, which may be empty.

    `once` says what the keys are for: a row that has those of another is refused.
    """

    kind: str
    keys: tuple[Key, ...]
    counts: tuple[str, ...] = ()
    words: tuple[Key, ...] = ()
    once: Wording = _ONCE

    @property
    def key_names(self) -> tuple[str, ...]:
        """What a row is known by."""
        return tuple(key.name for key in self.keys)

    @property
    def header(self) -> tuple[str, ...]:
        """The first line."""
        return (*self.key_names, *(each.name for each in self.words), *self.counts)


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


_WHOLE_NUMBER = Wording(
    f"a whole number 0 to {LARGEST_COUNT}, or nothing if unknown", "จำนวนเต็มตั้งแต่ 0 หรือเว้นว่างถ้าไม่ทราบ"
)


def _year(cell: str) -> int | None:
    return int(cell) if _INTEGER.fullmatch(cell) and _YEARS[0] <= int(cell) <= _YEARS[1] else None


def _one_of(*months: int) -> Callable[[str], int | None]:
    return {str(each): each for each in months}.get


YEAR = Key(
    "fiscal_year", Wording(f"a fiscal year in B.E., {_YEARS[0]} to {_YEARS[1]}", "ปีงบประมาณ พ.ศ. เช่น 2569"), _year
)
HALF_YEAR = Key("period", Wording("6 or 12 (months)", "6 หรือ 12 (เดือน)"), _one_of(6, 12))
QUARTER = Key("period", Wording("3, 6, 9 or 12 (months)", "3, 6, 9 หรือ 12 (เดือน)"), _one_of(3, 6, 9, 12))
PROVINCE = Key(
    "province",
    Wording("one of the 77 two-digit province codes", "รหัสจังหวัด 2 หลัก"),
    lambda cell: cell if cell in PROVINCES else None,
)
# The kinds of value a cell can hold, first match wins.
_KINDS: tuple[tuple[re.Pattern[str], Wording], ...] = (
    (re.compile(r""), Wording("nothing", "ช่องว่าง")),
    (re.compile(r"\s+"), Wording("spaces", "ช่องว่าง (เว้นวรรค)")),
    (re.compile(r"\s+\S.*|.*\S\s+", re.DOTALL), Wording("spaces around the value", "เว้นวรรคหน้าหรือหลังค่า")),
    (re.compile(r"-[0-9.]+"), Wording("a negative number", "จำนวนติดลบ")),
    (re.compile("[\u0e50-\u0e59]+"), Wording("Thai digits", "เลขไทย")),
    (re.compile(r"[0-9]{1,3}([, ][0-9]{3})+"), Wording("a number with separators", "ตัวเลขที่มีเครื่องหมายคั่นหลัก")),
    (re.compile(r"[0-9]*[.,][0-9]+"), Wording("a decimal number", "เลขทศนิยม")),
    (re.compile(r"[0-9]+"), Wording("a number out of range", "ตัวเลขนอกช่วงที่ใช้ได้")),
    (re.compile(r"[=+@].*", re.DOTALL), Wording("a formula", "สูตรคำนวณ")),
)
_TEXT = Wording("text", "ข้อความ")


def read_rows(content: bytes, layout: Layout) -> tuple[tuple[Row, ...], tuple[Problem, ...]]:
    """Read a whole file; with any problem the rows must not be used."""
    opened = _text(content)
    if isinstance(opened, Problem):
        return (), (opened,)
    reader = csv.reader(io.StringIO(opened, newline=""), strict=True)
    rows: list[Row] = []
    problems: list[Problem] = []
    first_seen: dict[tuple[int | str | None, ...], int] = {}
    try:
        problems += _header_problems(next(reader, []), layout)
        if problems:
            return (), tuple(problems)
        for cells in reader:
            if not cells:
                continue
            row, wrong = _row(reader.line_num, cells, layout)
            if not wrong:
                key = tuple(row[name] for name in layout.key_names)
                wrong = _twice(reader.line_num, first_seen.setdefault(key, reader.line_num), layout)
            rows.append(row)
            problems += wrong
            if len(rows) > MOST_ROWS or len(problems) > _MOST_PROBLEMS:
                problems.append(_too_many(reader.line_num))
                break
    except csv.Error:
        problems.append(_not_csv(reader.line_num))
    if not rows and not problems:
        first = layout.keys[0]
        problems.append(Problem(2, first.name, Wording("no row", "ไม่มีข้อมูล"), first.expected))
    return tuple(rows), tuple(problems)


def explained(file_name: str, problems: Sequence[Problem]) -> str:
    """Say in both languages what is wrong with a file, the first twenty problems one by one."""
    name = file_name.replace("\\", "/").rpartition("/")[2]
    lines = [f"{name}: {len(problems)} problem(s). Nothing was imported; correct the file and import it again."]
    lines.append(f"พบปัญหา {len(problems)} จุด ยังไม่ได้นำเข้าข้อมูลใด โปรดแก้ไขไฟล์แล้วนำเข้าใหม่")
    for problem in problems[:_PROBLEMS_SHOWN]:
        lines += [f"  {problem.in_english()}", f"  {problem.in_thai()}"]
    if len(problems) > _PROBLEMS_SHOWN:
        rest = len(problems) - _PROBLEMS_SHOWN
        lines.append(f"  and {rest} more / และอีก {rest} จุด")
    return "\n".join(lines)


def _text(content: bytes) -> str | Problem:
    if len(content) > LARGEST_BYTES:
        found = Wording(f"more than {LARGEST_BYTES} bytes", "ไฟล์ใหญ่เกินไป")
        return Problem(1, "*", found, Wording("a small CSV", "ไฟล์ CSV ขนาดเล็ก"))
    utf8 = Wording("CSV UTF-8 (as Excel calls it)", "ไฟล์ CSV UTF-8 (ตามที่ Excel เรียก)")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Problem(line, "*", Wording("another encoding", "การเข้ารหัสตัวอักษรแบบอื่น"), utf8)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        return Problem(line, "*", Wording("a null character", "อักขระว่าง (NUL)"), utf8)
    return text


def _header_problems(cells: list[str], layout: Layout) -> list[Problem]:
    if tuple(cells) == layout.header:
        return []
    line = ",".join(layout.header)
    found = Wording("another header", "หัวตารางแบบอื่น")
    return [Problem(1, "*", found, Wording(f"exactly {line}", f" {line} เท่านั้น"))]


def _row(line: int, cells: list[str], layout: Layout) -> tuple[Row, list[Problem]]:
    if len(cells) != len(layout.header):
        found = Wording(f"{len(cells)} cells", f" {len(cells)} ช่อง")
        width = len(layout.header)
        return {}, [Problem(line, "*", found, Wording(f"{width} cells", f" {width} ช่อง"))]
    row: Row = {}
    problems = []
    told = (*layout.keys, *layout.words)
    for key, cell in zip(told, cells, strict=False):
        row[key.name] = key.parse(cell)
        if row[key.name] is None:
            problems.append(Problem(line, key.name, _kind(cell), key.expected))
    for column, cell in zip(layout.counts, cells[len(told) :], strict=True):
        row[column], good = _count(cell)
        if not good:
            problems.append(Problem(line, column, _kind(cell), _WHOLE_NUMBER))
    return row, problems


def _count(cell: str) -> tuple[int | None, bool]:
    if cell == "":
        return None, True
    good = _INTEGER.fullmatch(cell) is not None and int(cell) <= LARGEST_COUNT
    return (int(cell), True) if good else (None, False)


def _kind(cell: str) -> Wording:
    return next((wording for pattern, wording in _KINDS if pattern.fullmatch(cell)), _TEXT)


def _twice(line: int, first: int, layout: Layout) -> list[Problem]:
    if line == first:
        return []
    found = Wording(f"the same key as row {first}", f"ข้อมูลชุดเดียวกับแถวที่ {first}")
    return [Problem(line, "*", found, layout.once)]


def _too_many(line: int) -> Problem:
    found = Wording("too many rows or problems", "แถวหรือปัญหามากเกินไป")
    return Problem(line, "*", found, Wording(f"at most {MOST_ROWS} rows", f"ไม่เกิน {MOST_ROWS} แถว"))


def _not_csv(line: int) -> Problem:
    found = Wording("a broken quotation or an overlong cell", "เครื่องหมายคำพูดไม่ครบหรือช่องยาวเกินไป")
    return Problem(line, "*", found, Wording("plain CSV", "CSV ปกติ"))
