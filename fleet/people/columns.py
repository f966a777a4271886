# SPDX-License-Identifier: Apache-2.0
"""Which column of a file is which of ours: by our names, by names that are known elsewhere, or as a person says.

No template of the NHSO, of HROPS or of the ministry's idpadmin is public. What is known of them are the fields of the
ministry's interface for staff (`update_moph_personnel`); the Thai names below are this software's own. A file with
other headers needs its columns named. A header is compared without regard to case and spaces, and never repeated.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from fleet.errors import ImportRefusedError
from fleet.people.cells import letters
from fleet.people.problems import Problem, Wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from fleet.people.cells import Line, Table

_FARTHEST_HEADER = 100  # lines of titles above a header
_ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "fiscal_year": ("ปีงบประมาณ",),
        "period": ("รอบ", "รอบเดือน"),
        "province": ("รหัสจังหวัด", "จังหวัด"),
        "figure": ("รหัสตัวชี้วัด",),
        "b1": ("บุคลากร",),
        "b2": ("ประชากร",),
        "a1": ("บุคลากรที่มี Health ID",),
        "a2": ("ประชากรที่มี Health ID",),
        "num": ("ตัวตั้ง",),
        "den": ("ตัวหาร",),
        "citizen_number": ("cid", "เลขประจำตัวประชาชน", "เลขบัตรประชาชน"),
        "facility": ("hospital_code", "รหัสหน่วยบริการ"),
        "unit": ("department_name", "หน่วยงาน"),
        "position": ("position_name", "ตำแหน่ง"),
        "admin": ("ผู้ดูแลรายชื่อ",),
    }
)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a person says of a file's columns: the header of a field, or one value for every row; which sheet it is.

    `header_line` is as a spreadsheet numbers it; None is the first line that is not empty.
    """

    named: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    sheet: int | None = None
    header_line: int | None = None

    @classmethod
    def typed(
        cls, columns: Iterable[str], values: Iterable[str], sheet: int | None = None, header_line: int | None = None
    ) -> Columns:
        """Read `field=header` and `field=value` as they are typed.

        Raises:
            ImportRefusedError: one of them has another shape.
        """
        return cls(dict(map(_pair, columns)), dict(map(_pair, values)), sheet, header_line)


AS_THEY_ARE = Columns()


@dataclass(frozen=True, slots=True)
class Header:
    """Where each field stands: a position, or the value that it has in every row. `unread` columns are nobody's."""

    line: int
    width: int
    at: Mapping[str, int]
    given: Mapping[str, str]
    unread: int
    lettered: bool

    def label(self, name: str) -> str:
        """Name a column so that it is found: by our name, and in a workbook by its letter."""
        return f"{name} ({letters(self.at[name])})" if self.lettered and name in self.at else name

    def cell(self, name: str, cells: Sequence[str]) -> str:
        """Take a field's cell of a line."""
        return self.given[name] if name in self.given else cells[self.at[name]]


def find_header(table: Table, fields: Sequence[str], columns: Columns) -> Header | tuple[Problem, ...]:
    """Find each field's column in the header, or say what is missing."""
    unknown = [name for name in (*columns.named, *columns.given) if name not in fields]
    if unknown or not 1 <= (columns.header_line or 1) <= _FARTHEST_HEADER:
        return (_no_such_field(fields),)
    line = _header_line(table, columns.header_line)
    if line is None:
        return (_another_header(1, fields, fields),)
    headers = [_plain(cell) for cell in line.cells]
    width = len(headers)
    if table.lettered:  # a sheet is as wide as its widest line
        width = max((n for n, each in enumerate(headers, start=1) if each), default=0)
    at: dict[str, int] = {}
    twice: list[str] = []
    for name in (each for each in fields if each not in columns.given):
        found = _positions(headers, _names(name, columns))
        at |= {name: found[0]} if found else {}
        twice += [name] if len(found) > 1 else []
    missing = [name for name in fields if name not in at and name not in columns.given]
    if missing:
        return (_another_header(line.number, fields, missing),)
    if twice or len(set(at.values())) < len(at):
        return (_used_twice(line.number, twice or list(at)),)
    return Header(line.number, width, at, columns.given, width - len(at), table.lettered)


def _pair(text: str) -> tuple[str, str]:
    name, mark, value = text.partition("=")
    if not mark or not name or not value:
        message = "--column and --value are given as field=header and field=value. Nothing was imported."
        raise ImportRefusedError(message)
    return name, value


def _names(name: str, columns: Columns) -> tuple[str, ...]:
    return (columns.named[name],) if name in columns.named else (name, *_ALSO.get(name, ()))


def _positions(headers: Sequence[str], names: Iterable[str]) -> list[int]:
    """Find the first of these names that there is, wherever it stands."""
    for name in map(_plain, names):
        found = [n for n, each in enumerate(headers) if each == name]
        if found:
            return found
    return []


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", "".join(text.split())).casefold()


def _header_line(table: Table, number: int | None) -> Line | None:
    if number is None:
        return table.lines[0] if table.lines else None
    return next((line for line in table.lines if line.number == number), None)


def _another_header(line: int, fields: Sequence[str], missing: Sequence[str]) -> Problem:
    english = f"the columns {','.join(fields)}, or name yours; missing: {', '.join(missing)}"
    thai = f"หัวตารางที่มี {','.join(fields)} หรือระบุคอลัมน์ของคุณเอง ยังขาด: {', '.join(missing)}"
    return Problem(line, "*", Wording("another header", "หัวตารางแบบอื่น"), Wording(english, thai))


def _used_twice(line: int, names: Sequence[str]) -> Problem:
    which = ", ".join(names)
    found = Wording(f"the same header twice: {which}", f"หัวคอลัมน์ซ้ำกัน: {which}")
    return Problem(line, "*", found, Wording("each column once", "คอลัมน์ละหนึ่งครั้ง"))


def _no_such_field(fields: Sequence[str]) -> Problem:
    found = Wording("columns named for what this file does not have", "การระบุคอลัมน์ที่ไม่มีในไฟล์ชนิดนี้")
    fits = f"{', '.join(fields)}; the header's line 1 to {_FARTHEST_HEADER}"
    return Problem(1, "*", found, Wording(fits, f" {', '.join(fields)} และบรรทัดหัวตาราง 1 ถึง {_FARTHEST_HEADER}"))
