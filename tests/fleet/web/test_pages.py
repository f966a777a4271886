# SPDX-License-Identifier: Apache-2.0
"""What the pages say."""

from __future__ import annotations

import html
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from fleet.devices import help_calls
from fleet.devices.help_calls import Coming, HelpCalls
from fleet.store.matching_tables import matched_day, matched_province, matching
from fleet.store.scope import NATION
from fleet.store.session import unit_of_work
from tests.fleet.books import NOW_MS, add_kiosk, bring, bring_samples, count, heard, raise_alarm, refuse, work
from tests.fleet.web.reading import text
from wire.help_calls import HelperName
from wire.ids import kiosk_id
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"


def row(client: FlaskClient, address: str, name: str) -> str:
    """Give the table row that starts with a name."""
    answer = client.get(address)
    found = [each for each in re.findall(r"<tr>.*?</tr>", answer.text, re.DOTALL) if f">{name}<" in each]
    assert len(found) == 1, f"{len(found)} rows"
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


def test_the_first_address_opens_the_coverage_page(client: FlaskClient) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.location) == (302, "/coverage")


@pytest.mark.parametrize("language", ["th", "en"])
def test_every_province_stands_on_the_page_even_without_any_data(client: FlaskClient, language: str) -> None:
    page = text(client, f"/coverage?lang={language}")
    assert all((each.name_th if language == "th" else each.name_en) in page for each in PROVINCES.values())


def test_a_page_is_thai_unless_english_is_asked_for_and_keeps_its_question(client: FlaskClient) -> None:
    page = client.get("/coverage?year=2569&region=8").text
    assert '<html lang="th">' in page
    assert "ความครอบคลุม Health ID รายจังหวัด" in page
    assert 'href="/coverage?year=2569&amp;region=8&amp;lang=en"' in page
    english = client.get("/coverage?year=2569&region=8&lang=en").text
    assert '<html lang="en">' in english
    assert "Health ID coverage by province" in english
    assert 'href="/devices?lang=en"' in english


def test_an_exact_target_passes_and_one_person_less_is_told_as_a_gap(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2566,12,41,15000,30001,25,100\n2566,12,42,50,100,25,100\n")
    short = row(client, "/coverage?year=2566&figures=official&lang=en", "Udon Thani")
    exact = row(client, "/coverage?year=2566&figures=official&lang=en", "Loei")
    assert "49.99 % ✘ not reached 15,000 / 30,001 1 more people needed" in short
    assert short.endswith("✘ Fail")
    assert exact == "42 Loei 8 50.00 % ✔ reached 50 / 100 25.00 % ✔ reached 25 / 100 ✔ Pass"


def test_missing_and_zero_denominators_are_told_apart(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2566,12,41,5,,25,100\n2566,12,42,0,0,25,100\n2566,12,43,,9,25,100\n")
    address = "/coverage?year=2566&figures=official&lang=en"
    assert "— No denominator imported" in row(client, address, "Udon Thani")
    assert "— Denominator is 0 0 / 0" in row(client, address, "Loei")
    assert "— Waiting for the official figure — / 9" in row(client, address, "Nong Khai")
    assert row(client, address, "Udon Thani").endswith("? Cannot be evaluated")


def test_a_share_above_one_hundred_is_shown_and_flagged(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2566,12,41,2600,2500,60000,200000\n")
    found = row(client, "/coverage?year=2566&figures=official&lang=en", "Udon Thani")
    assert "104.00 %" in found
    assert found.endswith("✔ Pass ⚠ More people than the denominator")


def test_the_headline_stands_beside_the_share_of_those_evaluated(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2566,12,41,1,1,1,1\n2566,12,42,0,1,1,1\n")
    page = text(client, "/coverage?year=2566&figures=official&lang=en")
    assert "Provinces that pass 1.29 % 1 of 77 provinces Without Bangkok: 1.31% of 76" in page
    assert "Of the provinces that can be evaluated 50.00 % 1 of 2 provinces" in page


def test_a_year_without_a_target_says_so_and_decides_nothing(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2570,12,41,1,1,1,1\n2567,6,41,1,1,1,1\n")
    page = text(client, "/coverage?year=2570&figures=official")
    assert "ยังไม่มีเกณฑ์ของปีนี้" in page
    assert "✔" not in page
    assert "เอกสารไม่ได้กำหนดเกณฑ์ของรอบนี้" in text(client, "/coverage?year=2567&period=6&figures=official")


def test_a_cutoff_that_is_still_to_come_is_named(client: FlaskClient) -> None:
    assert "นับถึงสิ้นวันที่ 30 ก.ย. 2570 ยังไม่ถึงวันตัดยอด" in text(client, "/coverage")
    past = text(client, "/coverage?year=2569&period=6")
    assert "นับถึงสิ้นวันที่ 31 มี.ค. 2569" in past
    assert "ยังไม่ถึงวันตัดยอด" not in past


def test_our_own_figures_are_called_an_estimate_and_live_by_default(client: FlaskClient, books: Engine) -> None:
    count(books, "41", "activated", "2026-11-01", 2, profile="test")
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,6,8\n")
    page = text(client, "/coverage")
    assert "ประมาณการ เรานับเองตามที่อยู่บนบัตร" in page
    assert "0 / 8" in page
    assert "ข้อมูลทดสอบ ไม่ใช่ข้อมูลของบุคคลจริง" not in page
    assert "ขณะนี้มีเฉพาะข้อมูลทดสอบ" in page


def test_test_people_stand_under_a_banner(client: FlaskClient, books: Engine) -> None:
    count(books, "41", "activated", "2026-11-01", 2, profile="test")
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,6,8\n")
    for address in ("/coverage", "/coverage/41"):
        page = text(client, f"{address}?figures=proxy-test")
        assert "ข้อมูลทดสอบ ไม่ใช่ข้อมูลของบุคคลจริง และไม่ใช่ตัวเลขทางการ" in page
        assert "25.00 % 2 / 8" in page
    assert "ข้อมูลทดสอบ ไม่ใช่ข้อมูลของบุคคลจริง" in text(client, "/funnel?figures=proxy-test")


def test_made_up_figures_are_labelled_wherever_they_show(client: FlaskClient, books: Engine) -> None:
    bring_samples(books)
    for address in ("/coverage", "/coverage?year=2569&figures=official", "/coverage/41", "/coverage/41?year=2569"):
        page = text(client, address)
        assert "ตัวเลขสมมติ ข้อมูลตัวอย่างสำหรับสาธิต ห้ามนำไปอ้างอิง" in page
        assert "sample file of this software" in page


def test_figures_of_a_register_carry_no_made_up_label(client: FlaskClient, books: Engine) -> None:
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,6,8\n")
    assert "ตัวเลขสมมติ" not in text(client, "/coverage")
    assert "ตัวเลขสมมติ" not in text(client, "/coverage/41")


def test_without_an_official_import_the_page_waits_for_it(client: FlaskClient, books: Engine) -> None:
    count(books, "41", "activated", "2026-01-01", 99)
    page = text(client, "/coverage?year=2569&figures=official")
    assert "รอข้อมูลทางการของรอบนี้" in page
    assert "99 /" not in page


def test_people_without_a_province_are_mentioned(client: FlaskClient, books: Engine) -> None:
    count(books, "", "activated", "2026-11-01", 3)
    assert "มี 3 คนที่บัตรไม่ระบุจังหวัด" in text(client, "/coverage")


def order(client: FlaskClient, address: str) -> list[str]:
    """Give the province codes in the page's order."""
    return re.findall(r'<td class="code"[^>]*>(\d\d)</td>', client.get(address).text)


def test_a_region_shows_only_its_provinces(client: FlaskClient) -> None:
    assert order(client, "/coverage?region=8") == ["38", "39", "41", "42", "43", "47", "48"]


def test_sorting_puts_what_is_missing_last_both_ways(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", OFFICIAL + "2566,12,41,1,1,2,10\n2566,12,42,1,1,1,10\n2566,12,43,1,1,3,10\n")
    base = "/coverage?year=2566&figures=official&region=8&sort=people"
    assert order(client, base) == ["42", "41", "43", "38", "39", "47", "48"]
    assert order(client, base + "&dir=down") == ["43", "41", "42", "38", "39", "47", "48"]
    assert 'aria-sort="descending"' in client.get(base + "&dir=down").text


def test_thai_names_sort_by_their_consonant(client: FlaskClient) -> None:
    names = order(client, "/coverage?sort=name")
    assert names.index("50") < names.index("92") < names.index("76") < names.index("83")


def test_a_province_page_shows_where_its_figures_come_from(client: FlaskClient, books: Engine) -> None:
    done = bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,6,8\n", source="ทะเบียนของ สปสช.")
    count(books, "41", "submitted", "2026-10-05", 4)
    count(books, "41", "activated", "2026-10-05", 2)
    work(books, "41", "11013", "2026-11-02", 30)
    page = text(client, "/coverage/41")
    assert "อุดรธานี 41 · เขต 8" in page
    assert "25.00 % 2 / 8" in page
    assert "ยังไม่นับบุคลากร" in page
    assert "รับเรื่องที่ตู้ 30 ส่งแล้ว 4 ออกรหัสแล้ว 0 ใช้งานแล้ว 2" in page
    assert "ต.ค. 69 2 พ.ย. 69 0" in page
    assert "11013 30 3 2 พ.ย. 2569" in page
    assert "ทะเบียนของ สปสช." in page
    assert done.file_sha256[:16] in page


def test_the_funnel_lists_the_province_that_is_not_known(client: FlaskClient, books: Engine) -> None:
    work(books, "41", "11013", "2026-11-02", 10)
    count(books, "", "submitted", "2026-11-02", 2)
    count(books, "42", "activated", "2026-11-02", 1)
    assert row(client, "/funnel", "อุดรธานี") == "อุดรธานี 10 1 0 0 0 0"
    assert row(client, "/funnel", "ไม่ทราบจังหวัด") == "ไม่ทราบจังหวัด 0 0 2 0 0 0"
    assert "รับเรื่องที่ตู้ 10 ส่งแล้ว 2 ออกรหัสแล้ว 0 ใช้งานแล้ว 1" in text(client, "/funnel")
    assert "ไม่ทราบจังหวัด" not in text(client, "/funnel?region=8")


def test_a_healthy_kiosk_is_fine(client: FlaskClient, books: Engine) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", minutes_ago=1)
    found = text(client, "/devices?lang=en")
    assert (
        "udon-01 Facility 11013 · Udon Thani · 0.1.0 Fine 1 minute ago 24 Nov 2026 09:59 0 Ready Ready, no card"
        in found
    )
    assert "Total 1 Fine 1 Needs care 0 Closed for a while 0 Silent 0" in found


@pytest.mark.parametrize(("minutes", "word"), [(14, "ปกติ"), (15, "ไม่ติดต่อ")])
def test_a_kiosk_is_silent_from_the_fifteenth_minute(
    client: FlaskClient, books: Engine, minutes: int, word: str
) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", minutes_ago=minutes)
    assert re.search(rf"udon-01 [^▲]*{word} {minutes} นาทีที่แล้ว", text(client, "/devices"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"reader": "reader_absent"}, "ตรวจเครื่องอ่านบัตร"),
        ({"camera": "camera_frozen"}, "ตรวจกล้อง"),
        ({"screen": "disk_full"}, "ตู้ยังไม่พร้อมให้บริการ"),
        ({"outbox": 61, "oldest_unacked_s": 86_400}, "มีรายการค้างส่งเกินหนึ่งวัน"),
        ({"disk_free_mib": 511}, "พื้นที่จัดเก็บเหลือน้อย"),
        ({"clock_sync": "unsynced"}, "นาฬิกาไม่ตรง"),
    ],
)
def test_what_a_kiosk_says_becomes_a_care_in_words(
    client: FlaskClient, books: Engine, said: dict[str, Any], words: str
) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", **said)
    page = text(client, "/devices")
    assert "ต้องดูแล" in page
    assert words in page


def test_a_code_without_words_is_shown_as_it_is(client: FlaskClient, books: Engine) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", camera="lens_dusty:3")
    assert "lens_dusty:3" in text(client, "/devices")


def test_those_that_need_somebody_come_first(client: FlaskClient, books: Engine) -> None:
    for name in ("a-fine", "b-never", "c-silent", "d-care"):
        add_kiosk(books, name)
    add_kiosk(books, "a-gone", status="revoked")
    heard(books, "a-fine")
    heard(books, "a-gone")
    heard(books, "c-silent", minutes_ago=100)
    heard(books, "d-care", reader="no_reader")
    found = re.findall(r"<th scope=\"row\"[^>]*><a [^>]*>([abcd]-\w+)", client.get("/devices").text)
    assert found == ["d-care", "c-silent", "b-never", "a-fine", "a-gone"]


def test_alarms_refusals_and_strangers_are_shown(client: FlaskClient, books: Engine) -> None:
    add_kiosk(books, "udon-01")
    heard(books, "udon-01")
    raise_alarm(books, "udon-01", "fork")
    refuse(books, "udon-01", n=3)
    refuse(books, "nobody-7", "unknown_kiosk", 12)
    page = text(client, "/devices?lang=en")
    assert "Two kiosks use one identity" in page
    assert "3 1 kept in quarantine" in page
    assert re.search(r"nobody-7 event unknown_kiosk 12", page)
    assert "Needs care 1" in page


@pytest.mark.parametrize("address", ["/coverage", "/coverage/41", "/funnel", "/devices", "/nope"])
def test_a_page_has_one_heading_landmarks_and_a_way_past_the_menu(client: FlaskClient, address: str) -> None:
    page = client.get(address).text
    assert page.count("<h1") == 1
    assert all(f"<{tag}" in page for tag in ("header", "nav", "main", "footer"))
    assert 'class="skip" href="#main"' in page
    assert page.count("<table") == page.count("<caption")
    assert "<script" not in page
    assert "style=" not in page


def test_a_call_that_somebody_has_acknowledged_says_so_and_not_who(client: FlaskClient, books: Engine) -> None:
    who = kiosk_id("udon-01")
    add_kiosk(books, who)
    heard(books, who, screen="help_wanted")
    assert "helper · " not in text(client, "/devices?lang=en")
    for minutes_ago, said, thai, left_s in (
        (1, "acknowledged, there in 2 minutes", "รับทราบแล้ว จะถึงใน 2 นาที", 120),
        (3, "acknowledged, due now", "รับทราบแล้ว ถึงเวลาที่บอกไว้", 0),
    ):
        with unit_of_work(books) as connection:
            calls = HelpCalls()
            calls.heard(who, "1" * 32, NOW_MS)
            calls.write(connection)
            help_calls.acknowledge(
                connection, who, Coming(HelperName("สมชาย"), 3), NOW_MS - minutes_ago * 60_000, NATION
            )
        english = text(client, "/devices?lang=en")
        assert f"A person asks for a helper · {said}" in english
        assert thai in text(client, "/devices")
        (device,) = client.get("/api/v1/devices").get_json()["devices"]
        assert device["helper_wait_s"] == left_s
        assert "สมชาย" not in english + repr(device)


@pytest.mark.parametrize("address", ["/funnel", "/exports/funnel.csv", "/papers/funnel.pdf", "/api/v1/funnel"])
@pytest.mark.parametrize("figures", ["official", "matched"])
def test_a_funnel_is_our_own_and_is_not_shown_under_another_name(
    client: FlaskClient, address: str, figures: str
) -> None:
    answer = client.get(f"{address}?figures={figures}&lang=en")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert "proxy-live or proxy-test" in answer.text


def test_matched_figures_say_what_they_are_and_who_is_outside_the_register(client: FlaskClient, books: Engine) -> None:
    with unit_of_work(books) as connection:
        made = {"kind": "people", "fiscal_year": 2569, "file_mac": "ab" * 32, "file_name": "nhso.csv", "source": "NHSO"}
        row = insert(matching).values(**made, made_up=False, made_ms=NOW_MS, made_by="มาลี").returning(matching.c.id)
        sums = {"matching": connection.execute(row).scalar_one(), "province": "41"}
        connection.execute(insert(matched_province).values(**sums, listed=30_001, outside=47))
        connection.execute(insert(matched_day).values(**sums, state="activated", day="2026-09-30", n=12_000))
        connection.execute(insert(matched_day).values(**sums, state="activated", day="2026-10-01", n=5))
    words = text(client, "/coverage/41?year=2569&figures=matched&lang=en")
    for said in (
        "MATCHED Our people among those",
        "39.99 %",
        "12,000 / 30,001",
        "Outside the register: 47",
        "nhso.csv",
    ):
        assert said in words
    assert "57.1 Staff target 90% — On no list that was matched" in words
    nation = text(client, "/coverage?year=2569&figures=matched&lang=en")
    assert "1 of 77 provinces in the sum" in nation
    assert 'href="/imports/batches' not in client.get("/coverage/41?year=2569&figures=matched").text
    answered = client.get("/api/v1/coverage/41?year=2569&figures=matched").json
    assert answered is not None
    assert (answered["basis"]["mode"], answered["basis"]["official"]) == ("matched", False)
    assert answered["province"]["people"]["percent"] == "39.99"


def test_a_year_without_a_list_says_how_one_is_matched(client: FlaskClient) -> None:
    words = text(client, "/coverage?year=2569&figures=matched&lang=en")
    assert "No list has been matched with our people for this year." in words
