# SPDX-License-Identifier: Apache-2.0
"""Excel workbooks: the same rows as of CSV; whatever could run, reach out or swell is refused before it is opened."""

from __future__ import annotations

import io
import tracemalloc
import warnings
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.people import packages
from fleet.people.columns import Columns
from fleet.people.imports import DENOMINATORS
from fleet.people.parts import MOST_COLUMNS, MOST_ROWS
from fleet.people.spreadsheets import Read, read_rows
from fleet.people.workbooks import read_workbook
from fleet.people.writing import written_workbook
from tests.fleet.people.excel import NAMESPACE, SHEET, altered, member_of, replaced, sheet_of, workbook

if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = ("fiscal_year", "province", "b1", "b2")
GOOD = workbook([HEADER, (2570, "41", 120, 8)])


def read(content: bytes, **columns: Any) -> Read:  # noqa: ANN401 - what Columns takes
    return read_rows(content, DENOMINATORS, Columns(**columns))


def found(content: bytes, **columns: Any) -> tuple[str, str]:  # noqa: ANN401 - likewise
    """The first problem: its place, and what was found."""
    done = read(content, **columns)
    assert done.problems, done.rows
    first = done.problems[0]
    assert first.found.thai
    assert first.expected.thai
    return f"{first.column}{first.row}", first.found.english


def test_a_workbook_gives_the_rows_that_the_same_csv_gives() -> None:
    csv = b"fiscal_year,province,b1,b2\n2570,41,120,8\n2570,42,,0\n"
    book = workbook([HEADER, (2570, "41", 120, 8), (2570, 42, None, 0)])
    assert read(book).rows == read(csv).rows
    assert read(book).lines == (2, 3)


def test_excel_s_whole_numbers_are_whole_and_empty_lines_are_no_rows() -> None:
    book = workbook([HEADER, (), (2570.0, "41", 120.0, 3.0), (), (None, None, None, None)])
    assert read(book).rows == ({"fiscal_year": 2570, "province": "41", "b1": 120, "b2": 3},)
    assert read(book).lines == (3,)


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (1.5, "a decimal number"),
        (-3, "a negative number"),
        ("1,200", "a number with separators"),
        ("\u0e51\u0e52", "Thai digits"),
        (date(2026, 4, 1), "a date or a time"),
        (True, "text"),
        (3100600445636, "a number out of range"),
        (" 5", "spaces around the value"),
        (1e300, "a number out of range"),
    ],
)
def test_a_bad_cell_is_told_by_line_letter_and_kind_and_never_repeated(cell: object, kind: str) -> None:
    done = read(workbook([HEADER, (2570, "41", cell, 1)]))
    (problem,) = done.problems
    assert (problem.row, problem.column, problem.found.english) == (2, "b1 (C)", kind)
    assert "3100600445636" not in problem.in_english() + problem.in_thai()


def test_a_province_typed_as_a_number_of_one_digit_is_explained() -> None:
    (problem,) = read(workbook([HEADER, (2570, 8, 1, 1)])).problems
    assert problem.in_english() == (
        "row 2, column province (B): found a number out of range, "
        "expected one of the 77 two-digit province codes, or a province's name"
    )


def test_every_formula_and_error_value_is_told_by_its_cell_with_what_to_do() -> None:
    book = workbook([HEADER, (2570, "41", "=100+20", 8), (2570, "42", 1, "=NA()")])
    done = read(book)
    assert [(each.row, each.column, each.found.english) for each in done.problems] == [
        (2, "C", "a formula"),
        (3, "D", "a formula"),
    ]
    assert "paste it as values" in done.problems[0].in_english()
    assert "วางแบบเฉพาะค่า" in done.problems[0].in_thai()
    error = altered(GOOD, members={SHEET: sheet_of('<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row>')})
    assert found(error) == ("A1", "an error value")


def test_a_formula_in_another_sheet_is_refused_and_says_where() -> None:
    assert found(workbook([HEADER, (2570, "41", 1, 1)], [("=1+1",)]), sheet=1) == ("A1", "a formula (sheet2)")


def test_a_formula_under_another_prefix_is_found() -> None:
    part = (
        f'<x:worksheet xmlns:x="{NAMESPACE}"><x:sheetData><x:row r="4"><x:c r="B4"><x:f>1+1</x:f><x:v>2</x:v></x:c>'
        "</x:row></x:sheetData></x:worksheet>"
    )
    assert found(altered(GOOD, members={SHEET: part.encode()})) == ("B4", "a formula")


def test_very_many_formulas_end_the_reading() -> None:
    book = workbook([HEADER, *((2570, "41", "=1", "=2") for _ in range(40))])
    assert len(read(book).problems) == 20


def test_the_one_sheet_with_cells_is_read_and_a_choice_must_be_made_between_several() -> None:
    rows = [HEADER, (2570, "41", 1, 2)]
    assert read(workbook([], rows)).rows == read(workbook(rows)).rows
    assert read(workbook(rows, [("a note",)], hidden=2)).rows == read(workbook(rows)).rows
    assert found(workbook([("a note",)], rows)) == ("*1", "2 sheets with cells")
    assert read(workbook([("a note",)], rows), sheet=2).rows == read(workbook(rows)).rows
    assert found(workbook(rows), sheet=2) == ("*1", "1 sheet(s)")


def test_an_empty_workbook_has_another_header() -> None:
    assert found(workbook([])) == ("*1", "another header")


def test_cells_behind_the_header_are_refused_and_empty_ones_are_not() -> None:
    assert found(workbook([HEADER, (2570, "41", 1, 2, "x")])) == ("*2", "5 cells")
    assert not read(workbook([HEADER, (2570, "41", 1, 2, " "[:0])])).problems


def member(name: str, part: bytes = b"x") -> bytes:
    return altered(GOOD, members={name: part})


def twice() -> bytes:
    again = io.BytesIO(GOOD)
    with warnings.catch_warnings(), zipfile.ZipFile(again, "a") as package:
        warnings.simplefilter("ignore")
        package.writestr(SHEET, sheet_of(""))
    return again.getvalue()


def flagged(flag: int) -> bytes:
    """Set a flag of the first member in its header and in the directory."""
    content = bytearray(GOOD)
    content[6] |= flag
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= flag
    return bytes(content)


RELATIONSHIPS = "xl/_rels/workbook.xml.rels"
OUTSIDE = (
    '<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
    'relationships"><Relationship Id="r1" Type="http://x/{kind}" Target="https://example.org/" TargetMode="External"/>'
    "</Relationships>"
)
SHEET_LINKS = "xl/worksheets/_rels/sheet1.xml.rels"
ENTITIES = '<!DOCTYPE worksheet [<!ENTITY a "{a}"><!ENTITY b "&a;&a;">]>'

HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "macro": (lambda: member("xl/vbaProject.bin"), "macros"),
    "macro elsewhere": (lambda: member("xl/odd/VBAPROJECT.BIN"), "macros"),
    "macro type": (
        lambda: replaced(GOOD, "spreadsheetml.sheet.main+xml", "x.macroEnabled.main+xml", "[Content_Types].xml"),
        "macros",
    ),
    "excel 4 macro": (lambda: member("xl/macrosheets/sheet1.xml", b"<a/>"), "macros"),
    "active x": (lambda: member("xl/activeX/activeX1.xml", b"<a/>"), "macros"),
    "external link": (lambda: member("xl/externalLinks/externalLink1.xml", b"<a/>"), "links to other files or data"),
    "connection": (lambda: member("xl/connections.xml", b"<a/>"), "links to other files or data"),
    "embedded object": (lambda: member("xl/embeddings/oleObject1.bin"), "links to other files or data"),
    "relationship": (
        lambda: member(SHEET_LINKS, OUTSIDE.format(kind="oleObject").encode()),
        "links to other files or data",
    ),
    "twice": (twice, "a part that is there twice"),
    "twice by case": (lambda: member(SHEET.upper(), b"<a/>"), "a part that is there twice"),
    "above": (lambda: member("xl/../../etc/passwd"), "a part that leaves its folder"),
    "absolute": (lambda: member("/etc/passwd"), "a part that leaves its folder"),
    "drive": (lambda: member("C:\\x.xml"), "a part that leaves its folder"),
    "many": (
        lambda: altered(GOOD, members={f"xl/media/{n}.png": b"x" for n in range(packages.MOST_MEMBERS)}),
        "too many parts",
    ),
    "password": (lambda: flagged(1), "a file with a password"),
    "dtd": (
        lambda: replaced(GOOD, "<worksheet", ENTITIES.format(a="x" * 9) + "<worksheet"),
        "a document type definition (DTD) inside",
    ),
    "external dtd": (
        lambda: replaced(GOOD, "<worksheet", '<!DOCTYPE worksheet SYSTEM "file:///etc/passwd"><worksheet'),
        "a document type definition (DTD) inside",
    ),
    "utf-16": (
        lambda: altered(GOOD, members={SHEET: member_of(GOOD, SHEET).decode().encode("utf-16")}),
        "another encoding inside",
    ),
    "latin": (lambda: replaced(GOOD, 'encoding="UTF-8"', 'encoding="ISO-8859-1"'), "another encoding inside"),
    "broken xml": (lambda: replaced(GOOD, "</sheetData>", ""), "a damaged workbook"),
    "cut": (lambda: GOOD[: len(GOOD) // 2], "a damaged workbook"),
    "no workbook": (lambda: altered(GOOD, without=("xl/workbook.xml",)), "a zip that is no workbook"),
    "ods": (
        lambda: member("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        "an OpenDocument (.ods) file",
    ),
    "xlsb": (lambda: member("xl/workbook.bin"), "a binary workbook (.xlsb)"),
    "xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "an old .xls, or a file with a password"),
    "far row": (
        lambda: altered(GOOD, members={SHEET: sheet_of('<row r="1048576"><c r="A1048576"><v>1</v></c></row>')}),
        "cells too far away",
    ),
    "far cell": (
        lambda: altered(GOOD, members={SHEET: sheet_of('<row r="1"><c r="XFD1048576"><v>1</v></c></row>')}),
        "cells too far away",
    ),
    "many unnamed rows": (
        lambda: altered(GOOD, members={SHEET: sheet_of("<row/>" * (MOST_ROWS + 1))}),
        "cells too far away",
    ),
    "many unnamed cells": (
        lambda: altered(GOOD, members={SHEET: sheet_of("<row>" + "<c/>" * (MOST_COLUMNS + 1) + "</row>")}),
        "cells too far away",
    ),
    "odd cell": (lambda: replaced(GOOD, 'r="A1"', 'r="1A"'), "a damaged workbook"),
    "large": (lambda: GOOD + bytes(packages.LARGEST_BYTES), "a file that is too large"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_run_reach_out_or_confuse_is_refused(name: str) -> None:
    make, kind = HOSTILE[name]
    assert found(make()) == ("*1", kind)


def test_a_hyperlink_is_not_followed_and_does_not_hinder() -> None:
    assert not read(member(SHEET_LINKS, OUTSIDE.format(kind="hyperlink").encode())).problems


def bomb(mebibytes: int) -> bytes:
    """A sheet that is nothing but zeros once unpacked."""
    again = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as old, zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        with new.open("xl/worksheets/sheet2.xml", "w", force_zip64=True) as opened:
            for _ in range(mebibytes):
                opened.write(bytes(1024 * 1024))
    return again.getvalue()


@pytest.mark.parametrize("mebibytes", [10, 60])
def test_a_bomb_is_refused_without_being_unpacked(mebibytes: int) -> None:
    content = bomb(mebibytes)
    tracemalloc.start()
    try:
        assert found(content) == ("*1", "a file that unpacks to far more than it is")
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_bomb_that_declares_little_is_not_read_beyond_what_it_declares() -> None:
    content = bytearray(bomb(10))
    entry = content.rindex(b"PK\x01\x02", 0, content.rindex(b"xl/worksheets/sheet2.xml"))
    content[entry + 24 : entry + 28] = (100).to_bytes(4, "little")  # APPNOTE.TXT 4.4.9, uncompressed size
    tracemalloc.start()
    try:
        assert found(bytes(content)) == ("*1", "a damaged workbook")
        assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_a_long_text_that_very_many_cells_share_is_refused() -> None:
    shared = f'<sst xmlns="{NAMESPACE}"><si><t>{"x" * 30_000}</t></si></sst>'
    numbers = iter(n * 7919 % 9973 for n in range(MOST_COLUMNS * 60))  # varied, or the zip would be too steep
    row = "<row>" + "".join('<c t="s" s="{}"><v>0</v></c>' for _ in range(MOST_COLUMNS)) + "</row>"
    rows = (row * 60).format(*numbers)
    content = altered(GOOD, members={"xl/sharedStrings.xml": shared.encode(), SHEET: sheet_of(rows)})
    assert found(content) == ("*1", "a text that is too long")


@given(st.data())
def test_no_damage_makes_the_reader_raise(data: st.DataObject) -> None:
    content = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    done = read(bytes(content))
    assert done.rows or done.problems


@given(st.text(max_size=60))
def test_no_xml_inside_makes_the_reader_raise(text: str) -> None:
    content = altered(
        GOOD, members={SHEET: sheet_of("").replace(b"<sheetData>", b"<sheetData>" + text.encode("utf-8", "replace"))}
    )
    done = read(content)
    assert done.rows or done.problems


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", " =", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_what_we_write_is_never_a_formula(begin: str) -> None:
    text = f"{begin}HYPERLINK(1)"
    content = written_workbook("x", [("a",), (text,), (5,), (None,)])
    assert b"<f>" not in member_of(content, SHEET)
    table = read_workbook(content)
    assert not isinstance(table, tuple)
    assert [line.cells[0][:1] for line in table.lines] == ["a", "'", "5"]
