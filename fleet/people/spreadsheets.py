# SPDX-License-Identifier: Apache-2.0
"""Strict reading of a small file of rows, CSV or Excel: one path from bytes to rows, every problem found and named.

bytes -> table of text cells (`cells`, `workbooks`) -> which column is which (`columns`) -> rows by a layout, here.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from fleet.people.cells import LARGEST_CSV_BYTES, read_csv
from fleet.people.columns import AS_THEY_ARE, find_header
from fleet.people.packages import LARGEST_BYTES
from fleet.people.problems import Problem, Wording, kind_of
from fleet.people.workbooks import is_workbook, read_workbook
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from collections.abc import Callable

    from fleet.people.cells import Line, Table
    from fleet.people.columns import Columns, Header

LARGEST_UPLOAD_BYTES = max(LARGEST_BYTES, LARGEST_CSV_BYTES)
MOST_ROWS = 5_000
_MOST_LINES = MOST_ROWS + 102  # one more than a file may have, and titles above its header
_MOST_PROBLEMS = 1_000  # past this the file is not what it says it is; reading stops
LARGEST_COUNT = 100_000_000  # more than live in Thailand
_YEARS = (2560, 2600)  # B.E.; catches C.E. years
_THIRTEEN = re.compile(r"[0-9]{13}", re.ASCII)
_INTEGER = re.compile(r"[0-9]{1,9}", re.ASCII)

Row: TypeAlias = dict[str, int | str | None]


@dataclass(frozen=True, slots=True)
class Key:
    """A column that says what a row is about. `parse` gives its value, or None for a cell that is none."""

    name: str
    expected: Wording
    parse: Callable[[str], int | str | None]


_ONCE = Wording("each row once a year and period", "หนึ่งแถวต่อปีและรอบ")


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one kind of file: the keys, then words, then the counts, which may be empty.

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
        """The first line, as a template has it."""
        return (*self.key_names, *(each.name for each in self.words), *self.counts)


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds. With any problem the rows must not be used.

    `lines` says on which line each row stands, `unread` how many columns were nobody's.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    lines: tuple[int, ...] = ()
    unread: int = 0


_WHOLE_NUMBER = Wording(
    f"a whole number 0 to {LARGEST_COUNT}, or nothing if unknown", "จำนวนเต็มตั้งแต่ 0 หรือเว้นว่างถ้าไม่ทราบ"
)


def _year(cell: str) -> int | None:
    return int(cell) if _INTEGER.fullmatch(cell) and _YEARS[0] <= int(cell) <= _YEARS[1] else None


def _one_of(*months: int) -> Callable[[str], int | None]:
    return {str(each): each for each in months}.get


def _name(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(text.split())).casefold().removeprefix("จังหวัด")


_PROVINCE_NAMES = MappingProxyType(
    {_name(name): code for code, each in PROVINCES.items() for name in (each.name_th, each.name_en)}
)


def _province(cell: str) -> str | None:
    return cell if cell in PROVINCES else _PROVINCE_NAMES.get(_name(cell)) if cell == cell.strip() else None


YEAR = Key(
    "fiscal_year", Wording(f"a fiscal year in B.E., {_YEARS[0]} to {_YEARS[1]}", "ปีงบประมาณ พ.ศ. เช่น 2569"), _year
)
HALF_YEAR = Key("period", Wording("6 or 12 (months)", "6 หรือ 12 (เดือน)"), _one_of(6, 12))
QUARTER = Key("period", Wording("3, 6, 9 or 12 (months)", "3, 6, 9 หรือ 12 (เดือน)"), _one_of(3, 6, 9, 12))
NUMBER = Key(
    "citizen_number",
    Wording("13 digits, the column formatted as text", "เลข 13 หลัก ตั้งรูปแบบคอลัมน์เป็นข้อความ"),
    lambda cell: cell if _THIRTEEN.fullmatch(cell) else None,
)
PROVINCE = Key(
    "province",
    Wording("one of the 77 two-digit province codes, or a province's name", "รหัสจังหวัด 2 หลัก หรือชื่อจังหวัด"),
    _province,
)


def read_rows(content: bytes, layout: Layout, columns: Columns = AS_THEY_ARE) -> Read:
    """Read a whole file, CSV UTF-8 or .xlsx."""
    opened = read_workbook(content, columns.sheet) if is_workbook(content) else read_csv(content, _MOST_LINES)
    if isinstance(opened, Problem):
        return Read((), (opened,))
    if isinstance(opened, tuple):
        return Read((), opened)
    header = find_header(opened, layout.header, columns)
    if isinstance(header, tuple):
        return Read((), header)
    return _read_lines(opened, layout, header)


def _read_lines(table: Table, layout: Layout, header: Header) -> Read:
    rows: list[Row] = []
    lines: list[int] = []
    problems: list[Problem] = []
    first_seen: dict[tuple[int | str | None, ...], int] = {}
    for line in (each for each in table.lines if each.number > header.line):
        row, wrong = _row(line, layout, header)
        if not wrong:
            key = tuple(row[name] for name in layout.key_names)
            wrong = _twice(line.number, first_seen.setdefault(key, line.number), layout)
        rows.append(row)
        lines.append(line.number)
        problems += wrong
        if len(rows) > MOST_ROWS or len(problems) > _MOST_PROBLEMS:
            problems.append(_too_many(line.number))
            break
    if table.broken is not None:
        problems.append(table.broken)
    if not rows and not problems:
        first = layout.keys[0]
        problems.append(Problem(header.line + 1, first.name, Wording("no row", "ไม่มีข้อมูล"), first.expected))
    return Read(tuple(rows), tuple(problems), tuple(lines), header.unread)


def _row(line: Line, layout: Layout, header: Header) -> tuple[Row, list[Problem]]:
    misfit = _misfit(line, header)
    if misfit is not None:
        return {}, [misfit]
    row: Row = {}
    problems = []
    for key in (*layout.keys, *layout.words):
        cell = header.cell(key.name, line.cells)
        row[key.name] = key.parse(cell)
        if row[key.name] is None:
            problems.append(Problem(line.number, header.label(key.name), kind_of(cell), key.expected))
    for column in layout.counts:
        cell = header.cell(column, line.cells)
        row[column], good = _count(cell)
        if not good:
            problems.append(Problem(line.number, header.label(column), kind_of(cell), _WHOLE_NUMBER))
    return row, problems


def _misfit(line: Line, header: Header) -> Problem | None:
    """Tell a line that is shorter or longer than the header; a sheet fills its lines up by itself."""
    width = len(line.cells)
    if header.lettered:
        width = max((n for n, cell in enumerate(line.cells, start=1) if cell), default=0)
        width = max(width, header.width)
    if width == header.width:
        return None
    found = Wording(f"{width} cells", f" {width} ช่อง")
    return Problem(line.number, "*", found, Wording(f"{header.width} cells", f" {header.width} ช่อง"))


def _count(cell: str) -> tuple[int | None, bool]:
    if cell == "":
        return None, True
    good = _INTEGER.fullmatch(cell) is not None and int(cell) <= LARGEST_COUNT
    return (int(cell), True) if good else (None, False)


def _twice(line: int, first: int, layout: Layout) -> list[Problem]:
    if line == first:
        return []
    found = Wording(f"the same key as row {first}", f"ข้อมูลชุดเดียวกับแถวที่ {first}")
    return [Problem(line, "*", found, layout.once)]


def _too_many(line: int) -> Problem:
    found = Wording("too many rows or problems", "แถวหรือปัญหามากเกินไป")
    return Problem(line, "*", found, Wording(f"at most {MOST_ROWS} rows", f"ไม่เกิน {MOST_ROWS} แถว"))
