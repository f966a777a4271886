# SPDX-License-Identifier: Apache-2.0
"""Tables as files: what the page shows, whole numbers and exact fractions, and no cell that a spreadsheet runs."""

from __future__ import annotations

import csv
import io
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from python_calamine import CalamineWorkbook

from tests.fleet.books import bring, bring_samples, count, work

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"


def rows_of(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.OK, "text/csv")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_a_row_holds_whole_numbers_the_exact_share_and_the_cut_percentage(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", f"{OFFICIAL}2566,12,41,15000,30001,4,8\n")
    (row,) = [
        each
        for each in rows_of(client, "/exports/coverage.csv?year=2566&figures=official&lang=en")
        if each["Code"] == "41"
    ]
    staff = [row[f"57.1 Staff {part}"] for part in ("A", "B", "A/B", "%", "· Still needed")]
    assert staff == ["15000", "30001", "15000/30001", "49.99", "1"]
    assert (row["Verdict"], row["Figures"], row["Made-up figures"]) == (
        "Fail",
        "Official (ministry)",
        "no",
    )
    assert row["Counted up to the end of"] == "30\u00a0Sep\u00a02023"


def test_what_is_missing_is_an_empty_cell_and_no_zero(client: FlaskClient) -> None:
    first = rows_of(client, "/exports/coverage.csv?year=2566&figures=official&lang=en")[0]
    assert [first[f"57.2 People {part}"] for part in ("A", "B", "A/B", "%")] == ["", "", "", ""]


def test_every_row_of_made_up_figures_says_so_in_thai_with_its_year_of_the_buddhist_era(
    client: FlaskClient, books: Engine
) -> None:
    bring_samples(books)
    rows = rows_of(client, "/exports/coverage.csv?year=2569&figures=official&region=8")
    assert {row["ตัวเลขสมมติ"] for row in rows} == {"ใช่"}
    assert {row["นับถึงสิ้นวันที่"] for row in rows} == {"30\u00a0ก.ย.\u00a02569"}
    assert len(rows) == 7


def test_the_workbook_holds_what_the_csv_holds(client: FlaskClient, books: Engine) -> None:
    bring_samples(books)
    asked = "year=2569&figures=official&lang=en"
    answer = client.get(f"/exports/coverage.xlsx?{asked}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="coverage-2569-12-official.xlsx"'
    (sheet,) = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).sheet_names
    found = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_name(sheet).to_python()
    written = list(csv.reader(io.StringIO(client.get(f"/exports/coverage.csv?{asked}").data.decode("utf-8-sig"))))
    assert [[_shown(cell) for cell in row] for row in found] == written


def test_a_source_that_looks_like_a_formula_is_text(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", f"{OFFICIAL}2566,12,41,1,2,3,4\n", source='=HYPERLINK("http://x")')
    text = client.get("/exports/coverage.csv?year=2566&figures=official").data.decode("utf-8-sig")
    assert "'=HYPERLINK" in text
    assert ",=" not in text


def test_the_funnel_is_given_by_province_and_says_that_it_is_test_data(client: FlaskClient, books: Engine) -> None:
    work(books, "41", "11013", "2026-11-01", 20, profile="test")
    count(books, "41", "activated", "2026-11-02", 7, profile="test")
    (row,) = rows_of(client, "/exports/funnel.csv?figures=proxy-test&lang=en")
    assert (row["Captured at kiosks"], row["Active"], row["Figures"]) == ("20", "7", "Our test data")


@pytest.mark.parametrize("kind", ["pdf", "exe", "CSV"])
def test_another_kind_of_file_is_not_there(client: FlaskClient, kind: str) -> None:
    assert client.get(f"/exports/coverage.{kind}").status_code == HTTPStatus.NOT_FOUND


def _shown(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) else str(cell)
