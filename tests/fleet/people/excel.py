# SPDX-License-Identifier: Apache-2.0
"""Real workbooks, and real workbooks with a part changed, added or taken away."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import xlsxwriter

if TYPE_CHECKING:
    from collections.abc import Sequence

SHEET = "xl/worksheets/sheet1.xml"
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(*sheets: Sequence[Sequence[Any]], hidden: int | None = None) -> bytes:
    """Write sheets as Excel would; a text that begins with `=` is a formula."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        for number, rows in enumerate(sheets, start=1):
            page = book.add_worksheet()
            if number == hidden:
                page.hide()
            for line, row in enumerate(rows):
                page.write_row(line, 0, row)
    return content.getvalue()


def altered(content: bytes, *, members: dict[str, bytes] | None = None, without: tuple[str, ...] = ()) -> bytes:
    """Pack it again with other members."""
    kept = dict.fromkeys(members or {})
    again = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in kept and name not in without:
                new.writestr(name, old.read(name))
        for name, part in (members or {}).items():
            new.writestr(name, part)
    return again.getvalue()


def replaced(content: bytes, old: str, new: str, member: str = SHEET) -> bytes:
    """Change a text inside one member."""
    part = member_of(content, member)
    assert old.encode() in part
    return altered(content, members={member: part.replace(old.encode(), new.encode())})


def member_of(content: bytes, name: str) -> bytes:
    """Take one member out."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return package.read(name)


def sheet_of(cells: str) -> bytes:
    """Write the XML of a sheet by hand."""
    head = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{NAMESPACE}">'
    return f"{head}<sheetData>{cells}</sheetData></worksheet>".encode()
