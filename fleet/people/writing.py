# SPDX-License-Identifier: Apache-2.0
"""Writes CSV and Excel that a spreadsheet opens as text: no cell of ours is ever run. The only importer of XlsxWriter.

A text that begins as a formula would gets an apostrophe before it, which a spreadsheet does not show in Excel files.
Source: security design, section 6; OWASP "CSV Injection".
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, TypeAlias

from xlsxwriter import Workbook

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Cell: TypeAlias = str | int | None

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full width counts too
_WIDTH = 18  # letters, as wide as a column is drawn
_INERT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}


def inert(text: str) -> str:
    """Give a text as no spreadsheet runs it, also behind spaces."""
    return f"'{text}" if text.lstrip(" \u3000\u00a0").startswith(_BEGINS_A_FORMULA) else text


def written_csv(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write CSV UTF-8 with a byte order mark, as Excel wants it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([_shown(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def written_workbook(sheet: str, rows: Iterable[Sequence[Cell]]) -> bytes:
    """Write one sheet whose first line stays in sight; texts as texts, numbers as numbers, nothing as an empty cell."""
    content = io.BytesIO()
    with Workbook(content, _INERT) as book:
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        as_text = book.add_format({"num_format": "@"})
        for line, row in enumerate(rows):
            page.set_column(0, len(row) - 1, _WIDTH)
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    page.write_string(line, column, inert(cell), as_text)
                elif cell is not None:
                    page.write_number(line, column, cell)
    return content.getvalue()


def _shown(cell: Cell) -> Cell:
    return inert(cell) if isinstance(cell, str) else cell
