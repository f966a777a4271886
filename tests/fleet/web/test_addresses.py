# SPDX-License-Identifier: Apache-2.0
"""Every address: its headers, its refusals in words, and no question that breaks it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet.errors import ConfigError
from fleet.store.session import open_engine
from fleet.web import wording
from fleet.web.app import create_app
from fleet.web.headers import HEADERS
from tests.fleet.books import bring, bring_samples
from tests.fleet.web.every_address import addresses

if TYPE_CHECKING:
    from pathlib import Path

    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

PARAMETERS = ("year", "period", "figures", "region", "province", "ending", "sort", "dir", "lang")
ASKING = (
    "/coverage",
    "/coverage/41",
    "/funnel",
    "/api/v1/coverage",
    "/api/v1/coverage/41",
    "/api/v1/funnel",
    "/morning",
    "/api/v1/morning",
    "/week",
    "/exports/week.txt",
    "/api/v1/week",
)


@pytest.mark.usefixtures("papers_as_they_are_written")
def test_every_route_answers_and_carries_the_headers(console: APIFlask) -> None:
    client = console.test_client()
    found = addresses(console)
    assert {"/", "/coverage", "/coverage/41", "/funnel", "/devices", "/healthz", "/api/v1/openapi.json"} <= set(found)
    for address in [*found, "/nope", "/coverage/99", "/coverage?year=x", "/api/nope"]:
        answer = client.get(address, buffered=True)
        assert answer.status_code < 500, address
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, address
        assert "Set-Cookie" not in answer.headers


def test_the_policy_allows_no_script_but_our_files_and_no_other_place() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(policy.replace(";", " ").split())


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(console: APIFlask, method: str) -> None:
    client = console.test_client()
    for address in addresses(console):
        answer = client.open(address, method=method)
        assert answer.status_code in (403, 405), address
        assert answer.status_code == 403 or "GET" in answer.headers["Allow"]
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nope", 404, "ไม่มีหน้านี้"),
        ("/coverage/99", 404, "ไม่มีหน้านี้"),
        ("/coverage/4", 404, "ไม่มีหน้านี้"),
        ("/coverage?year=2026", 400, "year: ปีงบประมาณ พ.ศ. 2560 ถึง 2600"),
        ("/coverage?period=9", 400, "period: 6 หรือ 12 เดือน"),
        ("/coverage?region=14", 400, "region: เขตสุขภาพ 1 ถึง 13"),
        ("/coverage?sort=secret", 400, "sort: code"),
        ("/coverage?figures=secret", 400, "figures: proxy-live หรือ proxy-test"),
        ("/coverage?lang=xx", 400, "lang: th หรือ en"),
        ("/coverage?year=x&lang=en", 400, "year: a fiscal year of the Buddhist era, 2560 to 2600."),
    ],
)
def test_a_refusal_says_what_is_allowed(client: FlaskClient, address: str, status: int, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert words in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/v1/nope", 404),
        ("/api/v1/coverage/99", 404),
        ("/api/v1/coverage?year=x", 400),
        ("/api/v1/funnel?region=99", 400),
        ("/api/v1/coverage?figures=secret", 400),
        ("/api/v1/coverage?lang=xx", 400),
    ],
)
def test_the_api_refuses_with_a_problem(client: FlaskClient, address: str, status: int) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.json is not None
    assert answer.json["status"] == status
    assert set(answer.json) == {"type", "title", "status", "detail"}


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1:8080", "[::1]:8080"])
def test_a_loopback_name_is_answered(client: FlaskClient, host: str) -> None:
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("address", ["/coverage", "/api/v1/devices", "/static/console.css"])
@pytest.mark.parametrize(
    "host", ["rebound.example", "rebound.example:8080", "127.0.0.1.rebound.example", "[rebound", ""]
)
def test_a_name_that_was_bent_to_loopback_gets_nothing(client: FlaskClient, address: str, host: str) -> None:
    answer = client.get(address, headers={"Host": host})
    assert answer.status_code == 421
    assert "rebound" not in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_an_empty_parameter_is_one_that_was_not_given(client: FlaskClient) -> None:
    answer = client.get("/coverage?year=&period=&figures=&region=&sort=&dir=&lang=")
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "value",
    ["\uff12\uff15\uff16\uff19", "2569.0", " 2569", "+2569", "2_569", "0x9", "9" * 5000, "\u0e52\u0e55\u0e56\u0e59"],
)
def test_a_number_is_written_in_plain_digits(client: FlaskClient, value: str) -> None:
    assert client.get(f"/coverage?year={quote(value)}").status_code == 400


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    address=st.sampled_from(ASKING),
    asked=st.dictionaries(
        st.one_of(st.sampled_from(PARAMETERS), st.text(max_size=8)),
        st.one_of(
            st.text(max_size=40),
            st.integers().map(str),
            st.sampled_from(["2569", "12", "official", "'", "%00", "{{7*7}}"]),
        ),
        max_size=4,
    ),
)
def test_no_question_breaks_a_page(client: FlaskClient, address: str, asked: dict[str, str]) -> None:
    answer = client.get(address, query_string=asked)
    assert answer.status_code in (200, 400)
    assert answer.text


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(["/coverage/", "/api/v1/coverage/", "/", "/api/"]), path=st.text(min_size=1, max_size=30))
def test_no_path_breaks_the_console(client: FlaskClient, place: str, path: str) -> None:
    assert client.get(place + quote(path, safe="")).status_code in (200, 302, 308, 404)


@pytest.mark.parametrize("address", ["/morning", "/coverage", "/coverage/41", "/funnel", "/devices"])
@pytest.mark.parametrize("asked", ["_scheme=javascript", "_external=1&_scheme=javascript", "endpoint=x", "code=50"])
def test_no_parameter_bends_the_links_of_a_page(client: FlaskClient, address: str, asked: str) -> None:
    answer = client.get(f"{address}?{asked}")
    assert answer.status_code == 200
    assert "javascript" not in answer.text
    assert "http://localhost" not in answer.text


@pytest.mark.parametrize("number", ["0", "9223372036854775807", "9223372036854775808", "9" * 60])
@pytest.mark.parametrize("address", ["/api/v1/imports/", "/imports/", "/imports/batches/"])
def test_no_number_breaks_an_address(client: FlaskClient, address: str, number: str) -> None:
    assert client.get(address + number).status_code == 404


def test_what_was_asked_is_never_repeated(client: FlaskClient) -> None:
    answer = client.get("/coverage?year=<b>3100600445636</b>&figures=zzz")
    assert "3100600445636" not in answer.text
    assert "zzz" not in answer.text


def test_imported_words_are_shown_as_text(client: FlaskClient, books: Engine) -> None:
    bring(books, "denominators", "fiscal_year,province,b1,b2\n2570,41,6,8\n", source="<img src=x onerror=y>")
    page = client.get("/coverage").text
    assert "<img src=x" not in page
    assert "&lt;img src=x onerror=y&gt;" in page


def test_a_database_without_tables_is_told_with_its_remedy(tmp_path: Path) -> None:
    client = create_app(open_engine(f"sqlite:///{tmp_path / 'empty.sqlite'}"), sign_in=None).test_client()
    page = client.get("/coverage?lang=en")
    assert page.status_code == 503
    assert "run dipchip-fleet migrate" in page.text
    assert client.get("/api/v1/devices").mimetype == "application/problem+json"


def test_words_that_were_not_compiled_stop_the_console(
    books: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wording, "TRANSLATIONS", tmp_path)  # the real folder may hold the compiled words
    with pytest.raises(ConfigError, match="pybabel compile"):
        create_app(books, sign_in=None)


def test_the_filled_pages_stay_small(client: FlaskClient, books: Engine) -> None:
    bring_samples(books)
    assert len(client.get("/coverage?year=2569&figures=official").data) < 150_000
