# SPDX-License-Identifier: Apache-2.0
"""The weekly summary as a page, as text for a mail and as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from fleet.web.app import create_app
from tests.fleet.books import add_kiosk, bring, bring_samples, count, heard, work
from tests.fleet.web.reading import text

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

IN_THE_WEEK = "2026-11-20"
OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"


@pytest.fixture
def filled(books: Engine) -> Engine:
    bring(books, "official", f"{OFFICIAL}2569,12,41,89,100,39999,100000\n")
    count(books, "41", "activated", IN_THE_WEEK, 1204)
    count(books, "41", "activated", "2026-11-13", 1300)
    count(books, "42", "activated", IN_THE_WEEK, 3)
    work(books, "41", "10671", IN_THE_WEEK, 1500)
    work(books, "41", "11013", IN_THE_WEEK, 7)
    add_kiosk(books, "udon-01")
    heard(books, "udon-01")
    return books


def mail(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.OK, "text/plain")
    return answer.text


@pytest.mark.usefixtures("filled")
def test_the_page_says_place_days_and_what_kind_of_figures(client: FlaskClient) -> None:
    english, thai = text(client, "/week?province=41&lang=en"), text(client, "/week?province=41")
    assert "Udon Thani: Saturday 14 Nov 2026 to Friday 20 Nov 2026. LIVE figures" in english.replace("\u00a0", " ")
    assert "อุดรธานี: วันเสาร์ที่ 14 พ.ย. 2569 ถึงวันศุกร์ที่ 20 พ.ย. 2569" in thai.replace("\u00a0", " ")
    assert "TEST DATA" not in english
    assert "not over" not in english


@pytest.mark.usefixtures("filled")
def test_the_mail_holds_every_figure_of_the_page(client: FlaskClient) -> None:
    page = text(client, "/week?province=41&lang=en")
    written = mail(client, "/exports/week.txt?province=41&lang=en")
    for line in (
        "- This week: 1,204",
        "- The week before: 1,300",
        "- Difference: -96",
        "- Captured at kiosks: 1,507",
        "- Came twice: 150 (among these)",
        "- Facility 10671, Udon Thani: 1,500",
        "- Facility 11013, Udon Thani: <10",
        "- Official: 39.99% (39,999 / 100,000, as of 30 Sep 2026)",
        "- Ours since then: +2,504",
        "- Fine: 1",
        "- Alarms raised in the week (the alerting did not run)",
    ):
        assert line in written.splitlines()
    assert "Loei" not in written
    assert "\u00a0" not in written
    assert " ".join(written.split()) in page


@pytest.mark.usefixtures("filled")
def test_the_mail_is_thai_on_the_thai_page_and_a_file_with_its_friday(client: FlaskClient) -> None:
    answer = client.get("/exports/week.txt?province=41")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="week-2026-11-20-proxy-live.txt"'
    assert answer.content_type == "text/plain; charset=utf-8"
    assert answer.text.startswith("สรุปประจำสัปดาห์ (ร่าง)\n")
    assert "- สัปดาห์นี้: 1,204\n- สัปดาห์ก่อน: 1,300\n- ผลต่าง: -96\n" in answer.text
    assert "7 ครั้ง" not in answer.text


@pytest.mark.usefixtures("filled")
def test_several_provinces_are_told_one_by_one(client: FlaskClient) -> None:
    written = mail(client, "/exports/week.txt?lang=en")
    assert "- Udon Thani: 1,204\n" in written
    assert "- Loei: 3\n" in written
    assert "only a province has a target" in written


def test_what_is_missing_is_called_missing(client: FlaskClient) -> None:
    written = mail(client, "/exports/week.txt?province=41&lang=en")
    assert "- Official: missing\n- Ours since then: missing\n- Still needed: missing\n- Target: missing\n" in written
    assert "What is missing\n- An official figure of KPI 57.2 (none was imported)\n" in written
    assert "- Kiosks (none is registered here)\n" in written
    assert "No visit in this week." in written


def test_on_its_friday_a_week_says_that_the_day_is_not_over(filled: Engine) -> None:
    friday = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)  # 16:30 in Bangkok
    client = create_app(filled, sign_in=None, clock=lambda: friday).test_client()
    assert "This Friday is not over" in text(client, "/week?lang=en")
    assert "This Friday is not over" in mail(client, "/exports/week.txt?lang=en")
    answer = client.get("/api/v1/week").json
    assert answer is not None
    assert (answer["first_day"], answer["last_day"], answer["is_over"]) == ("2026-11-14", "2026-11-20", False)


@pytest.mark.parametrize(
    "ending",
    [
        "2026-11-19",
        "2026-11-27",
        "20261120",
        "2026-W47-5",
        "2026-02-30",
        "0001-01-05",
        "x",
        "2026-11-20 ",
        "\uff12026-11-20",
    ],
)
@pytest.mark.parametrize("address", ["/week", "/exports/week.txt", "/api/v1/week"])
def test_an_ending_that_is_no_friday_or_still_to_come_is_refused_in_words(
    client: FlaskClient, address: str, ending: str
) -> None:
    answer = client.get(address, query_string={"ending": ending, "lang": "en"})
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "ending: a Friday that is not in the future, as YYYY-MM-DD." in answer.text


@pytest.mark.usefixtures("filled")
def test_an_earlier_week_is_read_by_its_friday(client: FlaskClient) -> None:
    written = mail(client, "/exports/week.txt?ending=2026-11-13&lang=en")
    assert "- This week: 1,300\n- The week before: 0\n- Difference: +1,300\n" in written
    assert 'value="2026-11-13" selected' in client.get("/week?ending=2026-11-13").text


def test_test_figures_and_made_up_ones_come_under_their_banner_only_when_asked_for(
    books: Engine, client: FlaskClient
) -> None:
    bring_samples(books)
    count(books, "41", "activated", IN_THE_WEEK, 77, profile="test")
    page = client.get("/week?figures=proxy-test&lang=en").text
    assert 'class="banner test"' in page
    assert 'class="banner made-up"' in page
    written = mail(client, "/exports/week.txt?figures=proxy-test&lang=en")
    assert "\nTEST DATA No real people" in written
    assert "\nMADE-UP FIGURES Sample data" in written
    assert "- This week: 77\n" in written
    assert "- This week: 0\n" in mail(client, "/exports/week.txt?lang=en")
    assert "LIVE" not in written


@pytest.mark.usefixtures("filled")
def test_small_facilities_are_in_no_answer_by_their_number(client: FlaskClient) -> None:
    answer = client.get("/api/v1/week?province=41").json
    assert answer is not None
    assert answer["busiest"] == [
        {"province": "41", "facility": "10671", "visits": 1500},
        {"province": "41", "facility": "11013", "visits": None},
    ]
    assert (answer["active"], answer["difference"], answer["raised"]) == (1204, -96, None)
    assert answer["progress"]["official"]["percent"] == "39.99"


@pytest.mark.usefixtures("filled")
def test_the_morning_leads_to_the_week_of_the_same_place(client: FlaskClient) -> None:
    assert 'href="/week?province=41"' in client.get("/morning?province=41").text
    assert "สรุปประจำสัปดาห์ (ร่าง)" in text(client, "/morning")
