# SPDX-License-Identifier: Apache-2.0
"""Imports: the whole file or nothing, and every problem told by its place."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from fleet.errors import ImportRefusedError
from fleet.people.cells import LARGEST_CSV_BYTES
from fleet.people.imports import DENOMINATORS, OFFICIAL, Attribution, Upload, import_at_once
from fleet.people.spreadsheets import MOST_ROWS, read_rows
from fleet.store.tables import denominator, import_batch, official
from tests.fleet.books import NOW_MS, SAMPLES
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from sqlalchemy import Engine

HEADER = "fiscal_year,province,b1,b2\n"
WHO = Attribution(source="a register", by="tester", made_up=False, imported_ms=NOW_MS)


@pytest.fixture
def books(engine: Engine) -> Engine:
    return engine


def stored(books: Engine) -> list[tuple[object, ...]]:
    with books.connect() as connection:
        return [tuple(row) for row in connection.execute(select(denominator).order_by(denominator.c.province))]


def refused(books: Engine, content: bytes) -> str:
    with pytest.raises(ImportRefusedError) as caught:
        import_at_once(books, DENOMINATORS, Upload("b.csv", content), WHO, is_test=True)
    assert stored(books) == []
    with books.connect() as connection:
        assert connection.execute(select(import_batch)).first() is None
    return str(caught.value)


def test_rows_are_stored_with_the_batch_they_came_from(books: Engine) -> None:
    content = (HEADER + "2570,41,120,8\n2570,42,,0\n").encode()
    done = import_at_once(books, DENOMINATORS, Upload("folder/b.csv", content), WHO, is_test=True)
    assert stored(books) == [(2570, "41", 120, 8, done.batch), (2570, "42", None, 0, done.batch)]
    with books.connect() as connection:
        batch = connection.execute(select(import_batch)).one()
    assert (batch.kind, batch.file_name, batch.source, batch.imported_by) == (
        "denominators",
        "b.csv",
        "a register",
        "tester",
    )
    assert batch.file_sha256 == done.file_sha256 == hashlib.sha256(content).hexdigest()
    assert (batch.made_up, batch.imported_ms, done.rows) == (False, NOW_MS, 2)


def test_a_byte_order_mark_and_windows_line_ends_are_read(books: Engine) -> None:
    import_at_once(
        books,
        DENOMINATORS,
        Upload("b.csv", b"\xef\xbb\xbffiscal_year,province,b1,b2\r\n2570,41,1,2\r\n"),
        WHO,
        is_test=True,
    )
    assert [row[:4] for row in stored(books)] == [(2570, "41", 1, 2)]


def test_a_later_import_replaces_the_rows_it_names_and_leaves_the_others(books: Engine) -> None:
    first = import_at_once(
        books, DENOMINATORS, Upload("b.csv", (HEADER + "2570,41,1,2\n2570,42,3,4\n").encode()), WHO, is_test=True
    )
    second = import_at_once(books, DENOMINATORS, Upload("b.csv", (HEADER + "2570,41,,9\n").encode()), WHO, is_test=True)
    assert second.batch != first.batch
    assert stored(books) == [(2570, "41", None, 9, second.batch), (2570, "42", 3, 4, first.batch)]


def test_official_figures_are_kept_by_period(books: Engine) -> None:
    text = "fiscal_year,period,province,a1,b1,a2,b2\n2569,6,41,1,2,3,4\n2569,12,41,5,,7,8\n"
    done = import_at_once(books, OFFICIAL, Upload("o.csv", text.encode()), WHO, is_test=True)
    with books.connect() as connection:
        rows = connection.execute(select(official).order_by(official.c.period)).all()
    assert [tuple(row) for row in rows] == [
        (2569, 6, "41", 1, 2, 3, 4, done.batch),
        (2569, 12, "41", 5, None, 7, 8, done.batch),
    ]


@pytest.mark.parametrize(
    ("line", "column", "found_en", "found_th"),
    [
        ("2026,41,1,2", "fiscal_year", "a number out of range", "ตัวเลขนอกช่วงที่ใช้ได้"),
        (",41,1,2", "fiscal_year", "nothing", "ช่องว่าง"),
        ("2570,78,1,2", "province", "a number out of range", "ตัวเลขนอกช่วงที่ใช้ได้"),
        ("2570,Udon,1,2", "province", "text", "ข้อความ"),
        ("2570,41,-1,2", "b1", "a negative number", "จำนวนติดลบ"),
        ('2570,41,"1,200",2', "b1", "a number with separators", "ตัวเลขที่มีเครื่องหมายคั่นหลัก"),
        ("2570,41,1.0,2", "b1", "a decimal number", "เลขทศนิยม"),
        ("2570,41,1,\u0e51\u0e52", "b2", "Thai digits", "เลขไทย"),
        ("2570,41,1, 2", "b2", "spaces around the value", "เว้นวรรคหน้าหรือหลังค่า"),
        ("2570,41,1,=1+1", "b2", "a formula", "สูตรคำนวณ"),
        ("2570,41,1,999999999999", "b2", "a number out of range", "ตัวเลขนอกช่วงที่ใช้ได้"),
        ("2570,41,1", "*", "3 cells", "3 ช่อง"),
        (",,,", "fiscal_year", "nothing", "ช่องว่าง"),
    ],
)
def test_a_bad_cell_is_told_by_row_column_and_kind_in_both_languages(
    books: Engine, line: str, column: str, found_en: str, found_th: str
) -> None:
    message = refused(books, (HEADER + "2570,40,1,2\n" + line + "\n").encode())
    assert f"row 3, column {column}: found {found_en}, expected" in message
    assert f"แถวที่ 3 คอลัมน์ {column}: พบ" in message
    assert found_th in message


def test_every_bad_row_is_told_at_once(books: Engine) -> None:
    message = refused(books, (HEADER + "2570,99,1,2\n2570,41,x,y\n").encode())
    assert "3 problem(s)" in message
    assert all(place in message for place in ("row 2, column province", "row 3, column b1", "row 3, column b2"))


def test_the_cell_itself_is_never_repeated(books: Engine) -> None:
    assert "3100600445636" not in refused(books, (HEADER + "2570,41,3100600445636,1\n").encode())


def test_a_province_that_stands_twice_is_refused(books: Engine) -> None:
    message = refused(books, (HEADER + "2570,41,1,2\n2570,41,1,3\n").encode())
    assert "row 3, column *: found the same key as row 2" in message


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "another header"),
        (HEADER.encode(), "no row"),
        (b"fiscal_year;province;b1;b2\n", "another header"),
        (HEADER.encode("utf-16"), "another encoding"),
        (HEADER.encode() + "2570,41,1,จังหวัด\n".encode("cp874"), "another encoding"),
        (HEADER.encode() + b"2570,41,1,\x00\n", "a null character"),
        (HEADER.encode() + b'2570,41,1,"2\n', "a broken quotation"),
        (HEADER.encode() + b"2" * LARGEST_CSV_BYTES, "more than 1048576 bytes"),
        (HEADER.encode() + b"2570,41,1,2\n" * (MOST_ROWS + 2), "the same key"),
    ],
    ids=["empty", "header-only", "semicolons", "utf-16", "cp874", "null", "quotation", "size", "rows"],
)
def test_a_file_of_another_shape_is_refused(books: Engine, content: bytes, found: str) -> None:
    assert f"found {found}" in refused(books, content)


def test_a_long_list_of_problems_is_cut_and_counted(books: Engine) -> None:
    message = refused(books, (HEADER + "x,x,x,x\n" * 40).encode())
    assert "160 problem(s)" in message
    assert "and 140 more" in message


@pytest.mark.parametrize(
    ("source", "by"),
    [("", "me"), ("x", " "), ("x" * 201, "me"), ("x", "m" * 65), ("x", "3100600445636"), ("a\x00", "me")],
)
def test_figures_that_nobody_stands_for_are_refused(source: str, by: str) -> None:
    with pytest.raises(ImportRefusedError, match="Nothing was imported"):
        Attribution(source=source, by=by, made_up=False, imported_ms=NOW_MS)


@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: (HEADER + text).encode("utf-8", "replace"))
    )
)
def test_no_file_makes_the_reader_raise(content: bytes) -> None:
    read = read_rows(content, DENOMINATORS)
    assert read.rows or read.problems
    if not read.problems:
        assert all(row["province"] in PROVINCES for row in read.rows)


def test_the_samples_name_every_province_and_move_with_five_people(books: Engine) -> None:
    import_at_once(
        books, DENOMINATORS, Upload("s.csv", (SAMPLES / "made-up-denominators.csv").read_bytes()), WHO, is_test=True
    )
    import_at_once(books, OFFICIAL, Upload("o.csv", (SAMPLES / "made-up-official.csv").read_bytes()), WHO, is_test=True)
    with books.connect() as connection:
        rows = connection.execute(select(denominator)).all()
        periods = connection.execute(select(official.c.fiscal_year, official.c.period).distinct()).all()
    for year in (2569, 2570):
        assert {row.province for row in rows if row.fiscal_year == year} == set(PROVINCES)
    small = {row.province: row.b2 for row in rows if row.fiscal_year == 2570 and row.b2 < 100}
    assert small == {"41": 8, "43": 7, "47": 6}
    assert sorted(tuple(row) for row in periods) == [(2569, 6), (2569, 12)]
