# SPDX-License-Identifier: Apache-2.0
"""Columns in any order, under our names, under known ones or as a person says; a header is never repeated."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.errors import ImportRefusedError
from fleet.people.cells import letters
from fleet.people.columns import Columns
from fleet.people.imports import DENOMINATORS
from fleet.people.roster import ROSTER
from fleet.people.spreadsheets import Read, read_rows
from tests.fleet.people.excel import workbook
from wire.provinces import PROVINCES

ROW = {"fiscal_year": 2570, "province": "41", "b1": 120, "b2": 8}


def read(text: str, **columns: Any) -> Read:  # noqa: ANN401 - what Columns takes
    return read_rows(text.encode(), DENOMINATORS, Columns(**columns))


@given(st.permutations([("fiscal_year", "2570"), ("province", "41"), ("b1", "120"), ("b2", "8"), ("note", "x")]))
def test_columns_may_stand_in_any_order_beside_others_that_nobody_reads(columns: list[tuple[str, str]]) -> None:
    header, row = zip(*columns, strict=True)
    done = read(f"{','.join(header)}\n{','.join(row)}\n")
    assert (done.rows, done.problems, done.unread) == ((ROW,), (), 1)


def test_known_thai_headers_are_understood_regardless_of_case_and_spaces() -> None:
    assert read("ปีงบประมาณ, รหัสจังหวัด ,บุคลากร,ประชากร\n2570,41,120,8\n").rows == (ROW,)
    assert read("Fiscal_Year,PROVINCE,B1,b2\n2570,41,120,8\n").rows == (ROW,)


def test_the_fields_of_the_ministry_s_own_interface_name_the_columns_of_a_roster() -> None:
    text = (
        "cid,prefix,hospital_code,department_name,position_name,ผู้ดูแลรายชื่อ\n0000000000000,x,10670,งาน,พยาบาล,งานบุคคล\n"
    )
    done = read_rows(text.encode(), ROSTER)
    assert [row["facility"] for row in done.rows] == ["10670"]
    assert (done.problems, done.unread) == ((), 1)


def test_a_person_names_columns_gives_what_stands_in_no_column_and_where_the_header_is() -> None:
    text = "ประชากรตามทะเบียน,,\n\nจว.,สสจ.,pop\nอุดรธานี,120,8\n"
    columns = {"named": {"province": "จว.", "b1": "สสจ.", "b2": "pop"}, "given": {"fiscal_year": "2570"}}
    assert read(text, **columns, header_line=3).rows == (ROW,)
    assert read(text, **columns).problems[0].found.english == "another header"


def test_a_name_that_a_person_gives_is_the_only_one_that_is_looked_for() -> None:
    (problem,) = read("fiscal_year,province,b1,b2\n2570,41,1,2\n", named={"b1": "สสจ."}).problems
    assert "missing: b1" in problem.in_english()
    assert "ยังขาด: b1" in problem.in_thai()


@pytest.mark.parametrize(
    ("text", "columns", "found"),
    [
        ("fiscal_year,province,b1\n", {}, "another header"),
        ("", {}, "another header"),
        ("fiscal_year,province,b1,b1,b2\n", {}, "the same header twice: b1"),
        ("fiscal_year,province,x,y\n", {"named": {"b1": "x", "b2": "x"}}, "the same header twice"),
        ("fiscal_year,province,b1,b2\n", {"named": {"b3": "x"}}, "columns named for what this file does not have"),
        ("fiscal_year,province,b1,b2\n", {"given": {"b3": "1"}}, "columns named for what this file does not have"),
        ("fiscal_year,province,b1,b2\n", {"header_line": 101}, "columns named for what this file does not have"),
    ],
)
def test_a_header_that_does_not_fit_is_explained(text: str, columns: dict[str, Any], found: str) -> None:
    (problem,) = read(text, **columns).problems
    assert problem.found.english.startswith(found)
    assert problem.found.thai


def test_a_header_is_never_repeated() -> None:
    (problem,) = read("3100600445636,province,b1,b2\n").problems
    assert "3100600445636" not in problem.in_english() + problem.in_thai()


def test_a_value_for_every_row_is_judged_like_a_cell() -> None:
    (problem,) = read("province,b1,b2\n41,1,2\n", given={"fiscal_year": "2026"}).problems
    assert problem.in_english().startswith("row 2, column fiscal_year: found a number out of range")


@pytest.mark.parametrize("cell", [name for each in PROVINCES.values() for name in (each.name_th, each.name_en)])
def test_every_province_is_known_by_its_names(cell: str) -> None:
    (row,) = read(f"fiscal_year,province,b1,b2\n2570,{cell},1,2\n").rows
    assert cell in (PROVINCES[code].name_th for code in PROVINCES if code == row["province"]) or cell in (
        PROVINCES[code].name_en for code in PROVINCES if code == row["province"]
    )


def test_a_province_s_name_is_read_with_its_title_and_not_twice_under_two_names() -> None:
    assert read("fiscal_year,province,b1,b2\n2570,จังหวัดอุดรธานี,120,8\n").rows == (ROW,)
    (problem,) = read("fiscal_year,province,b1,b2\n2570,41,1,2\n2570,udon thani,1,2\n").problems
    assert problem.found.english == "the same key as row 2"


def test_in_a_workbook_the_columns_have_letters_and_the_header_any_place() -> None:
    book = workbook([("title",), (), ("note", "b2", "b1", "province", "fiscal_year"), ("x", 8, "y", 41, 2570)])
    (problem,) = read_rows(book, DENOMINATORS, Columns(header_line=3)).problems
    assert (problem.row, problem.column) == (4, "b1 (C)")


@pytest.mark.parametrize(("n", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")])
def test_letters_are_those_of_a_spreadsheet(n: int, name: str) -> None:
    assert letters(n) == name


@pytest.mark.parametrize("text", ["b1", "=x", "b1=", ""])
def test_what_is_typed_must_be_a_field_and_what_it_is(text: str) -> None:
    with pytest.raises(ImportRefusedError, match="field=header"):
        Columns.typed((text,), ())
    assert Columns.typed(("b1=a=b",), ("b2=3",)) == Columns({"b1": "a=b"}, {"b2": "3"})
