# SPDX-License-Identifier: Apache-2.0
"""An Excel workbook (.xlsx) as lines of text cells. It is judged first; nothing is opened that was not.

A whole number is written without a point (Excel keeps 8 as 8.0), a date in ISO 8601, and a number that stands as text
as it stands. The only importer of python-calamine.
"""

from __future__ import annotations

import io
from datetime import date, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from fleet.people.cells import Line, Table
from fleet.people.packages import repacked
from fleet.people.parts import DAMAGED, XLSX
from fleet.people.problems import Problem, Wording

_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # MS-CFB 2.2


def is_workbook(content: bytes) -> bool:
    """Tell whether this is a workbook of any kind, also one that is refused, and no text."""
    return content.startswith((_ZIP, _OLE, b"PK\x05\x06"))


def read_workbook(content: bytes, sheet: int | None = None) -> Table | tuple[Problem, ...]:
    """Read one sheet.

    Args:
        content: the file.
        sheet: which, counted from 1 as its tabs stand; None is the only one that is seen and not empty.

    Returns:
        Its lines without the empty ones, or what is wrong.
    """
    if content.startswith(_OLE):
        found = Wording("an old .xls, or a file with a password", "ไฟล์ .xls แบบเก่า หรือไฟล์ที่มีรหัสผ่าน")
        saved = Wording(
            "a file saved as .xlsx (Excel Workbook) without a password", "ไฟล์ที่บันทึกเป็น .xlsx (สมุดงาน Excel) โดยไม่มีรหัสผ่าน"
        )
        return (Problem(1, "*", found, saved),)
    clean = repacked(content)
    if not isinstance(clean, bytes):
        return clean
    try:
        return _read(clean, sheet)
    except (CalamineError, OSError, ValueError):
        return (_damaged(),)
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # pyo3's, for a slip in Rust; it derives from BaseException
            raise
        return (_damaged(),)


def _read(clean: bytes, sheet: int | None) -> Table | tuple[Problem, ...]:
    with CalamineWorkbook.from_filelike(io.BytesIO(clean)) as book:
        if sheet is not None:
            if not 1 <= sheet <= len(book.sheet_names):
                found = Wording(f"{len(book.sheet_names)} sheet(s)", f" {len(book.sheet_names)} แผ่นงาน")
                return (Problem(1, "*", found, Wording(f"a sheet {sheet}", f"แผ่นงานที่ {sheet}")),)
            return _table(book.get_sheet_by_index(sheet - 1))
        seen = [
            n
            for n, each in enumerate(book.sheets_metadata)
            if each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
        ]
        tables = [table for table in (_table(book.get_sheet_by_index(n)) for n in seen) if table.lines]
    if len(tables) > 1:
        found = Wording(f"{len(tables)} sheets with cells", f" {len(tables)} แผ่นงานที่มีข้อมูล")
        one = Wording("one sheet; choose it by its number", "แผ่นงานเดียว โปรดเลือกด้วยลำดับที่")
        return (Problem(1, "*", found, one),)
    return tables[0] if tables else Table((), lettered=True)


def _table(sheet: CalamineSheet) -> Table:
    rows = sheet.to_python(skip_empty_area=False)
    lines = (Line(number, tuple(_text(cell) for cell in row)) for number, row in enumerate(rows, start=1))
    return Table(tuple(line for line in lines if any(line.cells)), lettered=True)


def _text(cell: float | str | bool | time | date | timedelta) -> str:  # noqa: FBT001 - a cell may hold one
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, date | time):  # a datetime is a date
        return cell.isoformat()
    return str(cell)


def _damaged() -> Problem:
    return Problem(1, "*", DAMAGED, XLSX)
