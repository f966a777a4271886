# SPDX-License-Identifier: Apache-2.0
"""Complaints on the console: entered, seen to, reviewed by week and unit, and told in the morning and on Friday."""

from __future__ import annotations

import csv
import io
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest

from fleet import audit
from fleet.operators.accounts import Role
from fleet.store.complaint_tables import complaint
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.web.complaints import SHOWN
from tests.fleet.books import NOW_MS, add_kiosk
from tests.fleet.web.signed_in import Clock, Visitor, closed

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

UDON, HOSPITAL = Scope.parse("province:41"), Scope.parse("facility:41/10661")
SAID = {"words": "เครื่องอ่านบัตรหลวม", "category": "card", "term": "short", "source": "phone", "province": "41"}
DAY_MS = 86_400_000
THIS_WEEK = "ending=2026-11-20"


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, "udon-01", facility="10661")
    return closed(books, Clock())


@pytest.fixture
def somsri(console: APIFlask, books: Engine) -> Visitor:
    return Visitor.signed_in(console, books, "somsri", Role.OPERATOR, UDON)


def came(books: Engine, number: str, *, age_ms: int = 0, profile: str = "live", **changes: Any) -> None:  # noqa: ANN401 - columns
    """One that a kiosk sent so long ago."""
    opened_ms = NOW_MS - age_ms
    row: dict[str, Any] = {
        "number": number,
        "profile": profile,
        "province": "41",
        "facility": "10661",
        "kiosk": "udon-01",
        "ident": number.rjust(32, "0"),
        "source": "kiosk",
        "category": "face",
        "term": "short",
        "state": "new",
        "words": "",
        "codes": '{"screen": "ok", "reader": "absent", "camera": "ok", "link": "up", "place": "menu"}',
        "said_day": "2026-11-23",
        "opened_ms": opened_ms,
        "due_ms": opened_ms + DAY_MS,
        "answer": "",
        "reopened": 0,
    }
    with unit_of_work(books) as connection:
        connection.execute(complaint.insert().values(row | changes))


def test_what_was_said_by_phone_is_entered_taken_answered_closed_and_opened_again(
    somsri: Visitor, books: Engine
) -> None:
    entered = somsri.post("/complaints", **SAID)
    assert (entered.status_code, entered.headers["Location"]) == (HTTPStatus.SEE_OTHER, "/complaints/1")
    page = somsri.get("/complaints/1?lang=en").text
    assert "เครื่องอ่านบัตรหลวม" in page
    assert "Close it" not in page
    for deed, form in (("take", {"term": "long"}), ("answer", {"words": "ขันแน่นแล้ว"}), ("close", {}), ("reopen", {})):
        assert somsri.post(f"/complaints/1/{deed}", **form).status_code == HTTPStatus.SEE_OTHER, deed
    page = somsri.get("/complaints/1?lang=en").text
    assert "Long term, development" in page
    assert "opened again 1 times" in page
    with reading(books) as connection:
        acts = [(entry.who, entry.act, dict(entry.detail)) for entry in audit.entries(connection)]
    assert [act for _, act, _ in acts] == [
        f"complaint.{each}" for each in ("entered", "taken", "answered", "closed", "reopened")
    ]
    assert {who for who, _, _ in acts} == {"somsri"}
    assert all(detail == {} for _, _, detail in acts), "the log repeats no words"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"words": ""}, "Say it in a sentence."),
        ({"words": "บัตร 1101700203451"}, "13 digits"),
        ({"words": "๑-๑๐๑๗-๐๐๒๐๓-๔๕-๑"}, "13 digits"),
        ({"words": "x" * 301}, "at most 300 letters"),
        ({"words": "x\u202ey"}, "Give plain words."),
        ({"category": "gossip"}, "Choose what it is about"),
        ({"source": "kiosk"}, "Say where"),
        ({"facility": "1"}, "Say where"),
    ],
)
def test_what_cannot_be_written_down_is_refused_with_words_and_nothing_is_kept(
    somsri: Visitor, books: Engine, wrong: dict[str, str], says: str
) -> None:
    answer = somsri.post("/complaints?lang=en", **(SAID | wrong))
    assert (answer.status_code, says in answer.text) == (HTTPStatus.CONFLICT, True)
    with reading(books) as connection:
        assert connection.execute(complaint.select()).all() == []


def test_an_answer_names_nobody_and_says_something_and_comes_in_its_turn(somsri: Visitor, books: Engine) -> None:
    came(books, "48217306")
    for deed, words, says in (
        ("answer", "", "Say it in a sentence."),
        ("answer", "คุณ 1-1017-00203-45-1", "13 digits"),
        ("close", "", "Somebody has changed it meanwhile."),
        ("reopen", "", "Somebody has changed it meanwhile."),
    ):
        answer = somsri.post(f"/complaints/1/{deed}?lang=en", words=words)
        assert (answer.status_code, says in answer.text) == (HTTPStatus.CONFLICT, True), deed
    assert somsri.post("/complaints/99/take").status_code == HTTPStatus.NOT_FOUND


def test_a_facility_sees_to_its_own_and_a_viewer_looks(console: APIFlask, books: Engine) -> None:
    came(books, "48217306")
    came(books, "11111111", facility="11013", ident="2" * 32)
    unit = Visitor.signed_in(console, books, "unit", Role.OPERATOR, HOSPITAL)
    assert "4821-7306" in (page := unit.get("/complaints?lang=en").text)
    assert "1111-1111" not in page
    assert unit.post("/complaints/1/take").status_code == HTTPStatus.SEE_OTHER
    assert unit.post("/complaints/2/take").status_code == HTTPStatus.NOT_FOUND
    assert unit.post("/complaints", **{**SAID, "province": "42"}).status_code == HTTPStatus.SEE_OTHER
    with reading(books) as connection:
        assert connection.execute(complaint.select()).all()[-1].facility == "10661"
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER, UDON)
    assert viewer.post("/complaints/1/answer", words="done").status_code == HTTPStatus.FORBIDDEN
    assert "Enter one" not in viewer.get("/complaints?lang=en").text


def test_a_number_that_somebody_asks_by_is_found_also_when_two_have_it(somsri: Visitor, books: Engine) -> None:
    came(books, "48217306")
    came(books, "48217306", ident="2" * 32)
    assert somsri.get("/complaints?number=4821-7306&lang=en").text.count("/complaints/2") >= 1
    assert "No complaint here has this number" in somsri.get("/complaints?number=0000-0000&lang=en").text
    assert "No complaint here has this number" in somsri.get("/complaints?number=abc&lang=en").text


def test_the_week_counts_what_came_waits_is_overdue_and_was_closed_by_unit_and_category(
    somsri: Visitor, books: Engine
) -> None:
    came(books, "00000001", age_ms=5 * DAY_MS)  # last Thursday: overdue
    came(books, "00000002", age_ms=20 * DAY_MS, category="words", term="long", due_ms=NOW_MS + DAY_MS)
    came(books, "00000003", age_ms=6 * DAY_MS, state="closed", closed_ms=NOW_MS - 4 * DAY_MS, facility="11013")
    came(books, "00000004", profile="test", age_ms=5 * DAY_MS)
    found = somsri.get(f"/api/v1/complaints?{THIS_WEEK}").json
    assert found is not None
    figures = {name: found[name] for name in ("new", "open", "overdue", "open_over_seven_days", "closed")}
    assert figures == {"new": 2, "open": 2, "overdue": 1, "open_over_seven_days": 1, "closed": 1}
    assert found["categories"] == {"face": 2, "words": 1}
    units = {each["facility"]: (each["new"], each["open"], each["closed"]) for each in found["units"]}
    assert units == {"10661": (1, 2, 0), "11013": (1, 0, 1)}
    assert [each["number"] for each in found["tickets"]][:2] == ["00000001", "00000002"], "due first"
    page = somsri.get(f"/complaints?{THIS_WEEK}&lang=en").text
    assert "See to 0000-0001 first" in page
    assert "1 more of this kiosk wait" in page
    only = somsri.get(f"/api/v1/complaints?{THIS_WEEK}&province=41&facility=11013").json
    assert only is not None
    assert (only["scope"], only["new"], only["open"]) == ("facility:41/11013", 1, 0)


def test_the_units_of_a_country_are_its_provinces(console: APIFlask, books: Engine) -> None:
    malee = Visitor.signed_in(console, books, "malee", Role.OPERATOR, NATION)
    for n, facility in enumerate(("10661", "11013", "11013")):
        came(books, f"0000000{n}", age_ms=5 * DAY_MS, facility=facility)
    for n in range(SHOWN):
        came(books, f"000001{n:02}", province="50", facility="10713")
    found = malee.get(f"/api/v1/complaints?{THIS_WEEK}").json
    assert found is not None
    assert [(each["province"], each["facility"], each["open"]) for each in found["units"]] == [
        ("41", None, 3),
        ("50", None, SHOWN),
    ]
    assert {each["province"] for each in found["tickets"]} == {"50"}, "the newest"
    page = malee.get(f"/complaints?{THIS_WEEK}&lang=en").text
    assert page.count("province=41&amp;") + page.count('province=41"') == 2, "what waits there is not among those shown"
    assert "See to 0000-0100 first" in page


def test_the_morning_tells_what_is_overdue_and_friday_tells_the_week(books: Engine, somsri: Visitor) -> None:
    came(books, "00000001", age_ms=5 * DAY_MS)
    page = somsri.get("/morning?lang=en").text
    assert "1 complaints overdue, the longest for 4 days" in page
    assert "Take the oldest complaint and answer it" in page
    letter = somsri.get(f"/exports/week.txt?{THIS_WEEK}&lang=en").text
    assert "- New this week: 1" in letter
    assert "- of these overdue: 1 (now)" in letter
    assert somsri.post("/complaints/1/answer", words="ซ่อมแล้ว").status_code == HTTPStatus.SEE_OTHER
    assert "complaints overdue" not in somsri.get("/morning?lang=en").text


@pytest.mark.parametrize(("due_ms", "overdue"), [(NOW_MS + 1, False), (NOW_MS, True)])
def test_it_is_overdue_from_its_last_moment_on(somsri: Visitor, books: Engine, due_ms: int, *, overdue: bool) -> None:
    came(books, "48217306", due_ms=due_ms)
    assert ("complaints overdue" in somsri.get("/morning?lang=en").text) is overdue


def test_the_file_has_every_complaint_and_no_formula(somsri: Visitor, books: Engine) -> None:
    somsri.post("/complaints", **(SAID | {"words": "=cmd|' /C calc'!A0"}))
    came(books, "48217306")
    written = somsri.get("/exports/complaints.csv?lang=en&ending=2026-11-20").text
    rows = list(csv.reader(io.StringIO(written.lstrip("\ufeff"))))
    assert rows[0][0] == "Number"
    assert "4821-7306" in {row[0] for row in rows}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    workbook = somsri.get("/exports/complaints.xlsx")
    assert workbook.status_code == HTTPStatus.OK
    assert workbook.data.startswith(b"PK")


def test_the_nation_enters_for_a_province_it_names(console: APIFlask, books: Engine) -> None:
    nation = Visitor.signed_in(console, books, "nation", Role.OPERATOR, NATION)
    assert nation.post("/complaints", **SAID).status_code == HTTPStatus.SEE_OTHER
    refused = nation.post("/complaints?lang=en", **{**SAID, "province": ""})
    assert (refused.status_code, "Say where" in refused.text) == (HTTPStatus.CONFLICT, True)
