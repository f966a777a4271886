# SPDX-License-Identifier: Apache-2.0
"""The morning page and its JSON: in words, of both languages, and without anybody's name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.devices import help_calls
from fleet.devices.help_calls import Coming, HelpCalls
from fleet.operators.accounts import Role
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from fleet.web import morning_words
from fleet.web.agenda import Cause, Counted
from tests.fleet.books import (
    MINUTE_MS,
    NOW_MS,
    add_kiosk,
    heard,
    waiting,
    work,
)
from tests.fleet.web.reading import text
from tests.fleet.web.signed_in import Clock, Visitor, closed
from wire.help_calls import HelperName
from wire.ids import kiosk_id

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine


DAY_MS = 24 * 60 * MINUTE_MS
OPERATIONS = Path(__file__).parents[3] / "docs" / "operations.md"


def test_one_line_says_how_the_kiosks_do(books: Engine, client: FlaskClient) -> None:
    for n in range(42):
        add_kiosk(books, f"udon-{n:02}")
        heard(books, f"udon-{n:02}", minutes_ago=99 if n == 0 else 1, camera="camera_absent" if 0 < n < 4 else "ok")
    assert "ทั้งหมด 42 · ปกติ 38 · ต้องดูแล 3 · ไม่ติดต่อ 1" in text(client, "/morning")
    assert "42 total · 38 fine · 3 need care · 1 silent" in text(client, "/morning?lang=en")


def test_a_quiet_morning_says_what_was_looked_at_and_when(books: Engine, client: FlaskClient) -> None:
    assert "No kiosk is registered here yet." in text(client, "/morning?lang=en")
    add_kiosk(books, "udon-01")
    heard(books, "udon-01")
    page = text(client, "/morning?lang=en")
    assert "Nothing is to be done. Looked at, 24 Nov 2026 10:00: 1 kiosks" in page.replace("\u00a0", " ")
    assert "nothing was heard for 15 minutes or more of opening hours." in page
    assert "วันนี้ไม่มีสิ่งที่ต้องทำ" in text(client, "/morning")


def test_a_row_names_place_figure_people_and_one_action_in_both_languages(books: Engine, client: FlaskClient) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", oldest_unacked_s=14 * 3600 + 86_400, outbox=61)
    english, thai = text(client, "/morning?lang=en"), text(client, "/morning")
    assert "udon-01 Facility 11013 · Udon Thani 61 records unsent, the oldest for 1 day (limit 1 day) 61" in english
    assert "Ask the facility's IT to open port 8883 docs/operations.md: A way around a closed port" in english
    assert "ค้างส่ง 61 รายการ เก่าสุด 1 วัน (ไม่ควรเกิน 1 วัน) 61 ไม่เกิน: รายการละหนึ่งคน" in thai
    assert "แจ้งไอทีหน่วยบริการให้เปิดพอร์ต 8883" in thai


def test_no_helper_s_name_and_no_token_is_on_the_page(books: Engine, client: FlaskClient) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", screen="help_wanted", minutes_ago=0)
    waiting(books, [8])
    said = HelpCalls()
    said.heard(kiosk_id("udon-01"), "a" * 32, NOW_MS)
    with unit_of_work(books) as connection:
        said.write(connection)
        help_calls.acknowledge(connection, kiosk_id("udon-01"), Coming(HelperName("สมชาย"), 3), NOW_MS, NATION)
    for address in ("/morning", "/api/v1/morning"):
        answer = client.get(address).text
        assert "สมชาย" not in answer
        assert "accepted-41" not in answer


def test_every_cause_has_words_an_action_and_a_heading_that_exists() -> None:
    assert set(morning_words.WHAT) == set(morning_words.ACTIONS) == set(morning_words.HEADINGS) == set(Cause)
    assert set(morning_words.COUNTED) == set(Counted)
    assert set(morning_words.STANDINGS) == set(help_calls.Standing)
    found = set(re.findall(r"^#+ (.*)$", OPERATIONS.read_text(encoding="utf-8"), re.MULTILINE))
    assert set(morning_words.HEADINGS.values()) <= found


@pytest.mark.parametrize("address", ["/morning?province=99", "/morning?province=x", "/api/v1/morning?province=4"])
def test_an_unknown_province_is_refused_in_words(client: FlaskClient, address: str) -> None:
    answer = client.get(f"{address}&lang=en")
    assert answer.status_code == 400
    assert "province: the two digits of a province." in answer.text


def test_the_json_says_the_same_as_the_page(books: Engine, client: FlaskClient) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", reader="reader_absent")
    work(books, "41", "11013", "2026-11-20", 10)
    answer = client.get("/api/v1/morning?province=41&lang=en").get_json()
    (task,) = answer["tasks"]
    assert (task["cause"], task["people"], task["counted"]) == ("reader", 10, "visits")
    assert task["what"] == "Card reader: No card reader found"
    assert task["people_source"] == "/coverage/41?figures=proxy-live&lang=en#work"
    assert answer["progress"]["official"]["absence"] == "not_imported"
    for link in (task["source"], task["people_source"]):
        assert client.get(link).status_code == 200


def test_whoever_has_looked_says_so_once_and_others_of_that_scope_see_it(books: Engine) -> None:
    console, udon = closed(books, Clock()), Scope.parse("province:41")
    somsri = Visitor.signed_in(console, books, "somsri", Role.OPERATOR, udon)
    malee = Visitor.signed_in(console, books, "malee", Role.VIEWER, udon)
    boss = Visitor.signed_in(console, books, "boss", Role.OPERATOR)
    assert "Nobody has said so yet." in malee.get("/morning?lang=en").text
    assert malee.post("/morning/checked").status_code == 403
    for _ in range(2):
        assert somsri.post("/morning/checked?lang=en").headers["Location"] == "/morning?lang=en"
    assert "I have looked" not in somsri.get("/morning?lang=en").text
    assert "somsri" in malee.get("/morning?lang=en").text.split("Checked today")[1]
    assert "somsri" in boss.get("/morning?lang=en&province=41").text
    assert "somsri" not in boss.get("/morning?lang=en").text
    with reading(books) as connection:
        done = [(each.who, each.act, each.subject, each.detail) for each in audit.entries(connection)]
    assert done == [("somsri", "morning.checked", "province:41", {"day": "2026-11-24"})]
