# SPDX-License-Identifier: Apache-2.0
"""Announcements on the console: two people, each place by those who may, and words for whatever is refused."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.operators.accounts import Role
from fleet.store.scope import Scope
from fleet.store.session import reading
from tests.fleet.books import add_kiosk
from tests.fleet.web.signed_in import Clock, Visitor, closed

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

PAGE = "/announcements?lang=en"
NEWS = {"th": "ฉีดวัคซีนฟรี", "en": "Free flu shots", "first_day": "2026-11-24", "last_day": "2026-11-30"}
UDON = Scope.parse("province:41")


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, "udon-01")
    return closed(books, Clock())


def test_one_proposes_another_approves_and_it_is_taken_back(console: APIFlask, books: Engine) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.APPROVER, UDON)
    malee = Visitor.signed_in(console, books, "malee", Role.APPROVER, UDON)
    assert somsri.post("/announcements", **NEWS, province="41").status_code == HTTPStatus.SEE_OTHER
    assert "waits for approval" in somsri.get(PAGE).text
    assert "/1/approve" not in somsri.get(PAGE).text
    own = somsri.post("/announcements/1/approve?lang=en")
    assert (own.status_code, "You proposed it yourself" in own.text) == (HTTPStatus.CONFLICT, True)
    assert malee.post("/announcements/1/approve").status_code == HTTPStatus.SEE_OTHER
    assert "approved by malee" in somsri.get(PAGE).text
    assert malee.post("/announcements/1/approve?lang=en").status_code == HTTPStatus.CONFLICT
    assert somsri.post("/announcements/1/withdraw").status_code == HTTPStatus.SEE_OTHER
    assert "Over or taken back" in somsri.get(PAGE).text
    with reading(books) as connection:
        done = [(entry.who, entry.act) for entry in audit.entries(connection)]
    assert done == [
        ("somsri", "announcement.proposed"),
        ("malee", "announcement.approved"),
        ("somsri", "announcement.withdrawn"),
    ]
    said = somsri.get("/api/v1/announcements").json
    assert said is not None
    assert [(each["stage"], each["province"]) for each in said["announcements"]] == [("withdrawn", "41")]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"th": " "}, "Give words in both languages"),
        ({"en": "x" * 101}, "Give words in both languages"),
        ({"en": "1 1037 00000 00 0"}, "13 digits"),
        ({"last_day": "2026-11-23"}, "the last is not before the first"),
        ({"first_day": "2026-11-01", "last_day": "2026-11-23"}, "The last day is over"),
        ({"last_day": "2569-11-30"}, "more than a year away"),
        ({"last_day": ""}, "Give both days"),
        ({"province": ""}, "Say where"),
        ({"kiosk": "never-was"}, "Say where"),
        ({"kiosk": "<b>"}, "Say where"),
    ],
)
def test_what_is_refused_is_told_and_what_was_typed_stays(
    console: APIFlask, books: Engine, wrong: dict[str, str], says: str
) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.OPERATOR)
    answer = somsri.post(PAGE, **{**NEWS, "province": "41", **wrong})
    assert answer.status_code == HTTPStatus.CONFLICT
    assert says in answer.text
    assert "<b>" not in answer.text.replace("<b></b>", "")
    if "th" not in wrong:
        assert 'value="ฉีดวัคซีนฟรี"' in answer.text
    assert somsri.get("/api/v1/announcements").json == {"announcements": []}


def test_a_hospital_announces_at_its_own_kiosks_and_sees_what_stands_there(console: APIFlask, books: Engine) -> None:
    boss = Visitor.signed_in(console, books, "boss", Role.OPERATOR)
    nurse = Visitor.signed_in(console, books, "nurse", Role.OPERATOR, Scope.parse("facility:41/11013"))
    for where in ({"province": "nation"}, {"province": "41"}, {"province": "50"}):
        assert boss.post("/announcements", **{**NEWS, "en": f"For {where['province']}", **where}).status_code == 303
    assert 'name="province"' not in nurse.get(PAGE).text
    assert nurse.post("/announcements", **{**NEWS, "en": "Mine"}, kiosk="udon-01").status_code == 303
    assert nurse.post("/announcements", **NEWS, province="41").status_code == HTTPStatus.FORBIDDEN
    text = nurse.get(PAGE).text
    assert [said in text for said in ("For nation", "For 41", "For 50", "Mine")] == [True, True, False, True]
    assert nurse.post("/announcements/1/withdraw").status_code == HTTPStatus.FORBIDDEN  # it stands elsewhere too


def test_a_viewer_looks(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER)
    assert "<button" not in viewer.get(PAGE).text.split("<main", 1)[1]
    assert "Nothing is announced" in viewer.get(PAGE).text
    assert viewer.post("/announcements", **NEWS, province="41").status_code == HTTPStatus.FORBIDDEN
