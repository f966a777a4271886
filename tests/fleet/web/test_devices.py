# SPDX-License-Identifier: Apache-2.0
"""The kiosks somebody looks for: by condition, by what is amiss, by place and by name, on the page and as files."""

from __future__ import annotations

import csv
import io
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.fleet.books import add_kiosk, heard
from tests.fleet.web.reading import text

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine


@pytest.fixture(autouse=True)
def fleet(books: Engine) -> None:
    for name, province, facility in (
        ("udon-01", "41", "11013"),
        ("udon-02", "41", "11013"),
        ("udon-03", "41", "11014"),
        ("loei-01", "42", "11015"),
        ("loei-02", "42", "11015"),
    ):
        add_kiosk(books, name, province=province, facility=facility)
    heard(books, "udon-01")
    heard(books, "udon-02", reader="reader_absent")
    heard(books, "udon-03", minutes_ago=30, reader="reader_absent")
    heard(books, "loei-01", camera="camera_absent")


def found(client: FlaskClient, query: str) -> set[str]:
    """The kiosks on the page, in the JSON and in the file, which agree."""
    answered = client.get(f"/api/v1/devices?{query}").json
    assert answered is not None
    names = {each["kiosk"] for each in answered["devices"]}
    assert answered["found"] == len(names)
    page = client.get(f"/devices?{query}").text
    assert {name for name in ("udon-01", "udon-02", "udon-03", "loei-01", "loei-02") if f">{name}</a>" in page} == names
    written = client.get(f"/exports/devices.csv?{query}&lang=en").data.decode("utf-8-sig")
    assert {row["Kiosk"] for row in csv.DictReader(io.StringIO(written))} == names
    return names


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("condition=ok", {"udon-01"}),
        ("condition=needs_care", {"udon-02", "loei-01"}),
        ("condition=silent", {"udon-03"}),
        ("condition=never_seen", {"loei-02"}),
        ("condition=revoked", set()),
        ("care=reader", {"udon-02"}),
        ("care=reader&condition=ok", set()),
        ("care=camera&condition=needs_care", {"loei-01"}),
        ("province=41", {"udon-01", "udon-02", "udon-03"}),
        ("facility=11013", {"udon-01", "udon-02"}),
        ("facility=11013&province=42", set()),
        ("kiosk=-01", {"udon-01", "loei-01"}),
        ("kiosk=loei&condition=never_seen", {"loei-02"}),
        ("condition=&care=&province=&facility=&kiosk=", {"udon-01", "udon-02", "udon-03", "loei-01", "loei-02"}),
    ],
)
def test_kiosks_are_found_by_every_way_of_looking_for_them(client: FlaskClient, query: str, names: set[str]) -> None:
    assert found(client, query) == names


def test_what_a_silent_kiosk_said_last_is_old_and_no_care_to_look_for(client: FlaskClient) -> None:
    assert "udon-03" not in found(client, "care=reader")


def test_the_counts_are_of_the_place_whatever_condition_is_looked_for(client: FlaskClient) -> None:
    words = text(client, "/devices?province=41&condition=silent&lang=en")
    assert "Total 3" in words
    assert "1 kiosks found." in words


def test_a_condition_leads_to_its_kiosks_of_the_same_place(client: FlaskClient) -> None:
    page = client.get("/devices?province=41&lang=en").text
    assert 'href="/devices?province=41&amp;lang=en&amp;condition=silent"' in page


def test_the_morning_s_counts_lead_to_the_kiosks_they_count(client: FlaskClient) -> None:
    page = client.get("/morning?province=41").text
    for condition in ("ok", "needs_care", "silent"):
        assert f'href="/devices?condition={condition}&amp;province=41"' in page


def test_pages_of_a_found_list_keep_what_was_looked_for(client: FlaskClient, books: Engine) -> None:
    for n in range(120):
        add_kiosk(books, f"nan-{n:03}", province="55", facility="11055")
    page = client.get("/devices?condition=never_seen&province=55").text
    assert 'rel="next" href="/devices?condition=never_seen&amp;province=55&amp;page=2"' in page
    assert "nan-119" in client.get("/devices?condition=never_seen&province=55&page=2").text


def test_nothing_found_says_so_and_offers_all_kiosks(client: FlaskClient) -> None:
    words = text(client, "/devices?kiosk=zz&lang=en")
    assert "No kiosk is like that." in words
    assert "Show all kiosks" in words


@pytest.mark.parametrize(
    "query", ["condition=ill", "care=x", "facility=1", "facility=11013%0a", "kiosk=A%25", "province=99"]
)
def test_what_cannot_be_looked_for_is_refused_by_its_name(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/devices?{query}&lang=en")
    assert answer.status_code == HTTPStatus.BAD_REQUEST
    assert f"{query.split('=', maxsplit=1)[0]}:" in answer.text


def test_the_file_tells_what_the_page_tells_of_a_kiosk(client: FlaskClient) -> None:
    written = client.get("/exports/devices.csv?kiosk=udon-02&lang=en").data.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(written))
    assert (row["Condition"], row["What is amiss"], row["Province"]) == (
        "Needs care",
        "Look at the card reader",
        "Udon Thani",
    )
    book = client.get("/exports/devices.xlsx?kiosk=udon-02")
    assert book.headers["Content-Disposition"] == 'attachment; filename="devices-2026-11-24.xlsx"'


def test_a_long_list_is_read_to_its_end(console: APIFlask, books: Engine) -> None:
    for n in range(1001):
        add_kiosk(books, f"nan-{n:04}", province="55", facility="11055")
    written = console.test_client().get("/exports/devices.csv?province=55").data.decode("utf-8-sig")
    assert len(written.splitlines()) == 1002
