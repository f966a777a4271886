# SPDX-License-Identifier: Apache-2.0
"""The import pages as two people use them: a file, its problems, its preview, the second person, the way back."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet import audit
from fleet.operators import sessions
from fleet.operators.accounts import Role
from fleet.people import imports as book
from fleet.people.packages import LARGEST_BYTES
from fleet.people.spreadsheets import read_rows
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading
from fleet.store.tables import denominator
from tests.fleet.books import bring
from tests.fleet.people.excel import workbook
from tests.fleet.web.signed_in import HERE, Clock, Visitor, closed

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

GOOD = b"fiscal_year,province,b1,b2\n2570,41,120,8000\n"
OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"
UDON, LOEI = Scope.parse("province:41"), Scope.parse("province:42")


@dataclass(frozen=True, slots=True)
class Office:
    """People of one console."""

    console: APIFlask
    engine: Engine

    def somebody(self, name: str, role: Role, scope: Scope = NATION) -> Visitor:
        return Visitor.signed_in(self.console, self.engine, name, role, scope)

    def figures(self) -> list[tuple[object, ...]]:
        with reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(select(denominator))]


@pytest.fixture
def office(books: Engine) -> Office:
    return Office(closed(books, Clock()), books)


@pytest.fixture
def walled(engine: Engine) -> Office:
    """On both engines: what is written through the second wall."""
    return Office(closed(engine, Clock()), engine)


def send(visitor: Visitor, content: bytes = GOOD, name: str = "b.csv", **form: str) -> TestResponse:
    said = {"kind": "denominators", "source": "NHSO", **form}
    return visitor.post("/imports/new?lang=en", **said, file=(io.BytesIO(content), name))  # type: ignore[arg-type]  # a file is no text


def send_bytes(visitor: Visitor, address: str, size: int) -> TestResponse:
    """Send a file of so many bytes, in a body that is written here: the test client would leave a file open."""
    said = {"token": sessions.form_token(visitor.session), "kind": "denominators", "source": "NHSO"}
    parts = [f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in said.items()]
    parts.append('--b\r\nContent-Disposition: form-data; name="file"; filename="b.csv"\r\n\r\n')
    body = "".join(parts).encode() + b"x" * size + b"\r\n--b--\r\n"
    kind = "multipart/form-data; boundary=b"
    return visitor.client.post(address, data=body, content_type=kind, headers={"Origin": HERE})


def follow(visitor: Visitor, answer: TestResponse) -> str:
    assert answer.status_code == HTTPStatus.SEE_OTHER, answer.text
    return visitor.get(answer.headers["Location"]).text


def seen_of(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]{16})"', page)
    assert found is not None
    return found[1]


def test_a_file_is_proposed_looked_at_approved_and_undone_by_two_people(walled: Office) -> None:
    somsri, malee = walled.somebody("somsri", Role.OPERATOR), walled.somebody("malee", Role.APPROVER)
    page = follow(
        somsri, send(somsri, workbook([("fiscal_year", "province", "b1", "b2"), (2570, 41, 120, 8000)]), "b.xlsx")
    )
    assert walled.figures() == []
    assert all(
        words in page for words in ("Waits for approval", "Udon Thani", "120", "8,000", "b.xlsx", "Take it back")
    )
    assert "Approve these changes" not in page
    looked = malee.get("/imports/1?lang=en").text
    assert "Approve these changes" in looked
    done = follow(malee, malee.post("/imports/1/approve?lang=en", seen=seen_of(looked)))
    assert "In the books" in done
    assert [row[:4] for row in walled.figures()] == [(2570, "41", 120, 8000)]
    undo = follow(malee, malee.post("/imports/1/undo?lang=en", reason="a wrong snapshot"))
    assert "It undoes batch 1" in undo
    assert "Is taken away" in undo
    other = walled.somebody("kanda", Role.APPROVER)
    follow(other, other.post("/imports/2/approve", seen=seen_of(other.get("/imports/2").text)))
    assert walled.figures() == []
    assert "Undone" in other.get("/imports?lang=en").text
    with reading(walled.engine) as connection:
        told = [(entry.who, entry.act) for entry in audit.entries(connection)]
    assert told == [
        ("somsri", "import.proposed"),
        ("malee", "import.approved"),
        ("malee", "import.proposed"),
        ("kanda", "import.undone"),
    ]


def test_nobody_approves_their_own_and_no_operator_another_s(office: Office) -> None:
    malee, somsri = office.somebody("malee", Role.APPROVER), office.somebody("somsri", Role.OPERATOR)
    page = follow(malee, send(malee))
    assert "Approve these changes" not in page
    seen = malee.get("/api/v1/imports/1").json
    assert seen is not None
    refused = malee.post("/imports/1/approve?lang=en", seen="0" * 16)
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Nobody approves what they proposed" in refused.text
    assert 'href="/imports/1?lang=th"' in refused.text or 'hreflang="th" href="/imports/1' in refused.text
    assert somsri.post("/imports/1/approve", seen="0" * 16).status_code == HTTPStatus.FORBIDDEN
    assert somsri.post("/imports/1/reject").status_code == HTTPStatus.FORBIDDEN
    assert office.figures() == []
    assert "Turned down" in follow(malee, malee.post("/imports/1/reject?lang=en"))


def test_a_viewer_looks_and_sends_nothing(office: Office) -> None:
    viewer = office.somebody("viewer", Role.VIEWER)
    assert "Propose a file" not in viewer.get("/imports?lang=en").text
    assert viewer.get("/imports/new").status_code == HTTPStatus.FORBIDDEN
    assert send(viewer).status_code == HTTPStatus.FORBIDDEN


def test_an_approval_of_what_has_changed_meanwhile_is_refused_and_the_page_shows_it_anew(office: Office) -> None:
    somsri, malee = office.somebody("somsri", Role.OPERATOR), office.somebody("malee", Role.APPROVER)
    send(somsri)
    send(somsri, GOOD.replace(b"8000", b"9000"))
    first, second = (seen_of(malee.get(f"/imports/{n}").text) for n in (1, 2))
    malee.post("/imports/1/approve", seen=first)
    refused = malee.post("/imports/2/approve?lang=en", seen=second)
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "Something else was imported since you opened the page" in refused.text
    assert "Changes" in refused.text
    follow(malee, malee.post("/imports/2/approve", seen=seen_of(refused.text)))
    assert [row[3] for row in office.figures()] == [9000]


def test_bad_rows_are_explained_on_the_page_in_both_languages_and_never_repeated(office: Office) -> None:
    somsri = office.somebody("somsri", Role.OPERATOR)
    bad = workbook([("fiscal_year", "province", "b1", "b2"), (2026, 8, "1,200", 3100600445636), (2570, "41", "=1", 2)])
    answer = send(somsri, bad, "b.xlsx")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "a formula" in answer.text
    assert "paste it as values" in answer.text
    rows = workbook([("fiscal_year", "province", "b1", "b2"), (2026, 8, "1,200", 3100600445636)])
    english = send(somsri, rows, "b.xlsx").text
    assert all(words in english for words in ("fiscal_year (A)", "province (B)", "a number with separators", "b2 (D)"))
    said = {"kind": "denominators", "source": "NHSO", "file": (io.BytesIO(rows), "b.xlsx")}
    thai = somsri.post("/imports/new", **said).text  # type: ignore[arg-type]  # a file is no text
    assert "ตัวเลขที่มีเครื่องหมายคั่นหลัก" in thai
    assert "รหัสจังหวัด 2 หลัก" in thai
    assert "3100600445636" not in english + thai + answer.text
    assert 'value="NHSO"' in english


def test_columns_with_other_headers_are_mapped_in_the_form(office: Office) -> None:
    somsri = office.somebody("somsri", Role.OPERATOR)
    content = "ชื่อ,จว.,สสจ.,pop\nx,อุดรธานี,120,8000\n".encode()
    assert "another header" in send(somsri, content).text
    mapped = {"column-province": "จว.", "column-b1": "สสจ.", "column-b2": "pop", "value-fiscal_year": "2570"}
    page = follow(somsri, send(somsri, content, **mapped))
    assert "Udon Thani" in page
    wrong = send(somsri, content, header_line="x", **mapped)
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@pytest.mark.parametrize("source", ["", "3100600445636"])
def test_what_is_missing_is_said(office: Office, source: str) -> None:
    answer = send(office.somebody("somsri", Role.OPERATOR), source=source)
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "Say where the figures come from" in answer.text


def test_an_empty_file_is_none(office: Office) -> None:
    assert "Choose a file" in send(office.somebody("somsri", Role.OPERATOR), b"").text


def test_a_restatement_needs_a_reason_and_shows_the_verdict_that_changes(walled: Office) -> None:
    bring(walled.engine, "official", f"{OFFICIAL}2569,12,41,90,100,40,100\n")
    somsri = walled.somebody("somsri", Role.OPERATOR)
    content = f"{OFFICIAL}2569,12,41,89,100,40,100\n".encode()
    assert "Give the reason" in send(somsri, content, kind="official").text
    page = follow(somsri, send(somsri, content, kind="official", reason="the IdP corrected it"))
    row = page[page.index("<tbody>") :]
    assert row.index("Pass") < row.index("becomes") < row.index("Fail")


def test_the_batch_beside_a_figure_leads_to_what_it_changed(office: Office) -> None:
    bring(office.engine, "official", f"{OFFICIAL}2569,12,41,90,100,40,100\n")
    batch = bring(office.engine, "official", f"{OFFICIAL}2569,12,41,89,100,40,100\n").batch
    viewer = office.somebody("viewer", Role.VIEWER, UDON)
    page = viewer.get("/coverage/41?year=2569&figures=official").text
    assert f'href="/imports/batches/{batch}"' in page
    shown = viewer.get(viewer.get(f"/imports/batches/{batch}").headers["Location"]).text
    changes = shown[shown.index("<tbody>") :]
    assert changes.index(" 90<") < changes.index(" 89<")
    assert viewer.get("/imports/batches/99").status_code == HTTPStatus.NOT_FOUND


def test_a_file_of_another_province_is_refused_by_row(walled: Office) -> None:
    somsri = walled.somebody("somsri", Role.OPERATOR, UDON)
    answer = send(somsri, GOOD + b"2570,42,1,2\n")
    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "a place outside of what you answer for" in answer.text
    assert send(somsri).status_code == HTTPStatus.SEE_OTHER
    loei = walled.somebody("malee", Role.APPROVER, LOEI)
    assert "b.csv" not in loei.get("/imports").text
    assert loei.get("/imports/1").status_code == HTTPStatus.NOT_FOUND
    assert loei.post("/imports/1/approve", seen="0" * 16).status_code == HTTPStatus.NOT_FOUND


def test_a_part_of_a_file_is_seen_and_not_answered(walled: Office) -> None:
    send(walled.somebody("somsri", Role.OPERATOR), GOOD + b"2570,42,1,2\n")
    loei = walled.somebody("malee", Role.APPROVER, LOEI)
    page = loei.get("/imports/1?lang=en").text
    assert "Loei" in page
    assert "Udon Thani" not in page
    assert "Approve these changes" not in page
    refused = loei.post("/imports/1/approve?lang=en", seen="0" * 16)
    assert "places that your account does not reach" in refused.text
    assert loei.post("/imports/1/reject").status_code == HTTPStatus.CONFLICT
    assert walled.figures() == []


def test_a_large_body_is_taken_at_one_address_only(office: Office) -> None:
    somsri = office.somebody("somsri", Role.OPERATOR)
    large = send_bytes(somsri, "/imports/new?lang=en", LARGEST_BYTES + 1)
    assert large.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "more than 1048576 bytes" in large.text
    too_large = send_bytes(somsri, "/imports/new?lang=en", LARGEST_BYTES + 200_000)
    assert too_large.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert "Send a file of at most 5 MiB" in too_large.text
    elsewhere = send_bytes(somsri, "/imports/1/reject", 5000)
    assert elsewhere.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@pytest.mark.parametrize("kind", ["denominators", "official", "indicators"])
def test_the_templates_are_files_that_the_reader_takes(office: Office, kind: str) -> None:
    viewer = office.somebody("viewer", Role.VIEWER)
    for ending in ("csv", "xlsx"):
        answer = viewer.get(f"/imports/templates/{kind}.{ending}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{kind}.{ending}"'
        layout = {"denominators": book.DENOMINATORS, "official": book.OFFICIAL}.get(kind, book.indicators(bool))
        (problem,) = read_rows(answer.data, layout).problems
        assert problem.found.english == "no row"
    assert viewer.get("/imports/templates/roster.csv").status_code == HTTPStatus.NOT_FOUND


def test_an_empty_book_teaches_how_to_begin(office: Office) -> None:
    page = office.somebody("somsri", Role.OPERATOR).get("/imports").text
    assert "ยังไม่มีการนำเข้าข้อมูล" in page
    assert "/imports/templates/denominators.xlsx" in page


def test_the_api_tells_the_same(office: Office) -> None:
    somsri = office.somebody("somsri", Role.OPERATOR)
    send(somsri)
    listed, one = somsri.get("/api/v1/imports").json, somsri.get("/api/v1/imports/1").json
    assert listed is not None
    assert one is not None
    assert [each["stage"] for each in listed["imports"]] == ["proposed"]
    assert one["of"] == listed["imports"][0]
    (change,) = one["changes"]
    assert (change["province"], change["effect"], change["before"]) == ("41", "new", None)
    assert change["after"] == {"counts": {"b1": 120, "b2": 8000}, "batch": None}
    assert somsri.get("/api/v1/imports/9").status_code == HTTPStatus.NOT_FOUND
