# SPDX-License-Identifier: Apache-2.0
"""The JSON beside the pages, against the schemas it publishes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # ships no types

from fleet.alerts import book
from fleet.store.session import unit_of_work
from tests.fleet.alerts.letters import alarm
from tests.fleet.books import add_kiosk, bring, bring_samples, count, heard, raise_alarm, refuse, work

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine


@pytest.fixture
def filled(books: Engine) -> Engine:
    bring_samples(books)
    for state, n in (("submitted", 4), ("accepted", 3), ("activated", 2)):
        count(books, "41", state, "2026-11-01", n, profile="test")
    work(books, "41", "11013", "2026-11-01", 10, profile="test")
    count(books, "", "submitted", "2026-11-01", 1, profile="test")
    add_kiosk(books, "udon-01")
    add_kiosk(books, "udon-02")
    heard(books, "udon-01")
    raise_alarm(books, "udon-01")
    refuse(books, "nobody-7")
    with unit_of_work(books) as connection:
        book.add(connection, alarm())
    return books


def get(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert isinstance(answer.json, dict)
    return answer.json


def schema_of(spec: dict[str, Any], path: str) -> dict[str, Any]:
    response = spec["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    return {**response, "components": spec["components"]}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/api/v1/coverage", "/api/v1/coverage"),
        ("/api/v1/coverage", "/api/v1/coverage?year=2569&figures=official"),
        ("/api/v1/coverage", "/api/v1/coverage?figures=proxy-test&region=8"),
        ("/api/v1/coverage/{code}", "/api/v1/coverage/41?figures=proxy-test"),
        ("/api/v1/coverage/{code}", "/api/v1/coverage/93?year=2569&figures=official"),
        ("/api/v1/funnel", "/api/v1/funnel?figures=proxy-test"),
        ("/api/v1/devices", "/api/v1/devices"),
        ("/api/v1/alerts", "/api/v1/alerts"),
        ("/api/v1/morning", "/api/v1/morning?figures=proxy-test"),
        ("/api/v1/morning", "/api/v1/morning?province=41"),
        ("/api/v1/week", "/api/v1/week?figures=proxy-test"),
        ("/api/v1/week", "/api/v1/week?province=41&ending=2026-11-06"),
        ("/healthz", "/healthz"),
    ],
)
def test_an_answer_conforms_to_its_published_schema(client: FlaskClient, path: str, address: str) -> None:
    spec = get(client, "/api/v1/openapi.json")
    Draft202012Validator(schema_of(spec, path)).validate(get(client, address))


@pytest.mark.usefixtures("filled")
def test_the_schema_would_notice_a_wrong_answer(client: FlaskClient) -> None:
    spec = get(client, "/api/v1/openapi.json")
    answer = get(client, "/api/v1/coverage/41")
    answer["province"]["people"]["percent"] = 25.0
    assert not Draft202012Validator(schema_of(spec, "/api/v1/coverage/{code}")).is_valid(answer)


def test_the_description_is_openapi_3_1_and_names_only_the_api(client: FlaskClient) -> None:
    spec = get(client, "/api/v1/openapi.json")
    assert spec["openapi"] == "3.1.0"
    assert all(path.startswith("/api/v1/") for path in spec["paths"].keys() - {"/healthz"})
    assert "/api/v1/coverage/{code}" in spec["paths"]
    asked = {each["name"] for each in spec["paths"]["/api/v1/coverage"]["get"]["parameters"]}
    assert {"year", "period", "figures", "region"} <= asked


@pytest.mark.usefixtures("filled")
def test_sample_figures_are_never_called_official(client: FlaskClient) -> None:
    basis = get(client, "/api/v1/coverage?year=2569&figures=official")["basis"]
    assert (basis["mode"], basis["official"], basis["made_up"]) == ("official", False, True)


@pytest.mark.usefixtures("filled")
def test_test_figures_say_their_profile_and_are_not_official(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/coverage?figures=proxy-test&region=8")
    assert (answer["basis"]["profile"], answer["basis"]["official"]) == ("test", False)
    assert answer["basis"]["target_published"] is False
    udon = next(each for each in answer["provinces"] if each["code"] == "41")
    assert udon["people"] == {"a": 2, "b": 8, "percent": "25.00", "met": None, "gap": None, "absence": None}
    assert udon["staff"]["absence"] == "no_roster"
    assert (udon["verdict"], udon["flags"]) == ("no_gate", ["proxy", "made_up"])
    assert [region["health_region"] for region in answer["regions"]] == [8]


def test_imported_figures_of_the_ministry_are_official(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", "fiscal_year,period,province,a1,b1,a2,b2\n2569,12,41,89,100,40,100\n")
    answer = get(client, "/api/v1/coverage?year=2569&figures=official")
    assert answer["basis"]["official"] is True
    assert answer["basis"]["cutoff"] == "2026-10-01T00:00:00+07:00"
    udon = next(each for each in answer["provinces"] if each["code"] == "41")
    assert (udon["verdict"], udon["staff"]["met"], udon["staff"]["gap"], udon["people"]["met"]) == (
        "fail",
        "fail",
        1,
        "pass",
    )
    assert answer["national"]["national"] == {
        "passed": 0,
        "failed": 1,
        "in_scope": 77,
        "percent_of_all": "0.00",
        "percent_of_evaluable": "0.00",
    }


@pytest.mark.usefixtures("filled")
def test_the_funnel_counts_the_unknown_province_apart(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/funnel?figures=proxy-test")
    assert answer["total"] == {
        "captured": 10,
        "duplicates": 1,
        "submitted": 5,
        "accepted": 3,
        "activated": 2,
        "revoked": 0,
        "lapsed": 0,
    }
    assert [each["code"] for each in answer["provinces"]] == ["41", None]


@pytest.mark.usefixtures("filled")
def test_devices_say_when_they_were_seen_in_utc(client: FlaskClient) -> None:
    answer = get(client, "/api/v1/devices")
    seen = {each["kiosk"]: each["seen_at"] for each in answer["devices"]}
    assert seen == {"udon-01": "2026-11-24T02:59:00+00:00", "udon-02": None}
    assert answer["counts"] == {"ok": 0, "needs_care": 1, "resting": 0, "silent": 0, "never_seen": 1, "revoked": 0}
    assert answer["strangers"][0]["kiosk"] == "nobody-7"


def test_health_says_nothing_but_that_it_is(client: FlaskClient) -> None:
    assert get(client, "/healthz") == {"status": "ok"}
