# SPDX-License-Identifier: Apache-2.0
"""A file as lines of text cells, whatever it was written as; and the CSV that becomes one.

A line keeps the number that a spreadsheet shows beside it. Nothing is interpreted here: an empty cell is empty text.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from string import ascii_uppercase

from fleet.people.problems import Problem, Wording

LARGEST_CSV_BYTES = 1024 * 1024
_WHOLE_FILE = "*"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `number` counts from 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file in their order; `lettered` if its columns have letters, as a workbook's do.

    `broken` says where reading had to stop: what comes after is not known.
    """

    lines: tuple[Line, ...]
    lettered: bool = False
    broken: Problem | None = None


def letters(column: int) -> str:
    """Name a column, counted from 0, as a spreadsheet does: A, B, ... Z, AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, len(ascii_uppercase))
        name = ascii_uppercase[rest] + name
    return name


def read_csv(content: bytes, most_lines: int) -> Table | Problem:
    """Read CSV UTF-8, with or without a byte order mark, `most_lines` at most; lines without any cell are left out."""
    text = _text(content)
    if isinstance(text, Problem):
        return text
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[Line] = []
    broken = None
    try:
        for cells in reader:
            if cells:
                lines.append(Line(reader.line_num, tuple(cells)))
            if len(lines) >= most_lines:
                break
    except csv.Error:
        broken = _not_csv(reader.line_num)
    return Table(tuple(lines), broken=broken)


def _text(content: bytes) -> str | Problem:
    if len(content) > LARGEST_CSV_BYTES:
        found = Wording(f"more than {LARGEST_CSV_BYTES} bytes", "ไฟล์ใหญ่เกินไป")
        return Problem(1, _WHOLE_FILE, found, Wording("a small CSV", "ไฟล์ CSV ขนาดเล็ก"))
    utf8 = Wording("CSV UTF-8 (as Excel calls it)", "ไฟล์ CSV UTF-8 (ตามที่ Excel เรียก)")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return Problem(line, _WHOLE_FILE, Wording("another encoding", "การเข้ารหัสตัวอักษรแบบอื่น"), utf8)
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        return Problem(line, _WHOLE_FILE, Wording("a null character", "อักขระว่าง (NUL)"), utf8)
    return text


def _not_csv(line: int) -> Problem:
    found = Wording("a broken quotation or an overlong cell", "เครื่องหมายคำพูดไม่ครบหรือช่องยาวเกินไป")
    return Problem(line, _WHOLE_FILE, found, Wording("plain CSV", "CSV ปกติ"))
