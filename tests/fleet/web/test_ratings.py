# SPDX-License-Identifier: Apache-2.0
"""How satisfied people were: judged on whole answers, cut and never rounded, few answers remarked on or not told."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from fleet.coverage.judging import Judgement, Remark
from fleet.coverage.satisfaction import Satisfaction, read_report, read_whole
from fleet.coverage.weekly import week_ending
from fleet.store.scope import NATION, Scope, province_scope
from fleet.store.session import reading, unit_of_work
from fleet.store.sums import add_told
from wire.events import Profile
from wire.ids import ProvinceCode

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

UDON = province_scope(ProvinceCode("41"))
FRIDAY, THURSDAY, SATURDAY = "2026-11-20", "2026-11-19", "2026-11-14"
WEEK = week_ending(date.fromisoformat(FRIDAY), date(2026, 11, 24))


def touched(
    books: Engine,
    code: str,
    n: int,
    *,
    day: str = THURSDAY,
    at: tuple[str, str] = ("41", "10661"),
    profile: str = "live",
) -> None:
    with unit_of_work(books) as connection:
        add_told(connection, [(profile, *at, day, code, n)])


@pytest.mark.parametrize(
    ("satisfied", "responses", "shown", "judgement", "small"),
    [
        (80, 100, "80.00", Judgement.FAIL, False),  # more than 80 %, and not 80 %
        (81, 100, "81.00", Judgement.PASS, False),
        (799_999, 1_000_000, "79.99", Judgement.FAIL, False),  # cut, never rounded
        (800_001, 1_000_000, "80.00", Judgement.PASS, False),  # decided on whole answers
        (29, 29, "100.00", Judgement.PASS, True),
        (30, 30, "100.00", Judgement.PASS, False),
        (0, 30, "0.00", Judgement.FAIL, False),
    ],
)
def test_the_gate_is_more_than_80_percent_of_whole_answers(
    satisfied: int, responses: int, shown: str, judgement: Judgement, *, small: bool
) -> None:
    finding = Satisfaction(satisfied, responses).finding
    assert (finding.shown, finding.judgement) == (shown, judgement)
    assert (Remark.SMALL_SAMPLE in finding.remarks) is small


def test_nobody_asked_is_not_nobody_satisfied() -> None:
    assert Satisfaction(0, 0).finding.judgement is Judgement.NOT_EVALUABLE


def test_the_two_smiling_faces_are_satisfied_and_complaints_are_no_answers(books: Engine) -> None:
    for code, n in (("rated_5", 10), ("rated_4", 5), ("rated_3", 3), ("rated_2", 2), ("rated_1", 1)):
        touched(books, code, n)
    touched(books, "about_waiting", 7)
    with reading(books) as connection:
        report = read_report(connection, WEEK, Profile.LIVE, NATION)
    assert report.whole == Satisfaction(15, 21)
    assert [(str(about), n) for about, n in report.about] == [("about_waiting", 7)]


def test_a_place_with_fewer_than_ten_answers_is_not_told_by_its_figure_but_counts_in_its_province(
    books: Engine,
) -> None:
    touched(books, "rated_5", 9)
    touched(books, "rated_5", 10, at=("41", "11013"))
    site = Scope.parse("facility:41/10661")
    with reading(books) as connection:
        report = read_report(connection, WEEK, Profile.LIVE, UDON)
        own = read_report(connection, WEEK, Profile.LIVE, site)
        country = read_report(connection, WEEK, Profile.LIVE, NATION)
        whole = read_whole(connection, WEEK, Profile.LIVE, site)
    told = {each.facility: each.satisfaction for each in report.facilities}
    assert told == {"10661": None, "11013": Satisfaction(10, 10)}
    assert report.whole == Satisfaction(19, 19)
    assert (country.facilities, country.whole) == ((), report.whole)
    assert (own.whole, whole, own.trend[-1][1], own.about) == (None, None, None, ())


def test_a_week_is_its_seven_days_and_the_trend_has_those_before(books: Engine) -> None:
    for day, n in (("2026-11-13", 10), (SATURDAY, 20), (FRIDAY, 40), ("2026-11-21", 80)):
        touched(books, "rated_5", n, day=day)
    with reading(books) as connection:
        report = read_report(connection, WEEK, Profile.LIVE, NATION)
    assert report.whole == Satisfaction(60, 60)
    assert [(last.isoformat(), each and each.responses) for last, each in report.trend[-2:]] == [
        ("2026-11-13", 10),
        (FRIDAY, 60),
    ]
    assert len(report.trend) == 8


def test_test_people_and_real_ones_are_never_added(books: Engine) -> None:
    touched(books, "rated_5", 40)
    touched(books, "rated_1", 40, profile="test")
    with reading(books) as connection:
        found = [read_whole(connection, WEEK, profile, NATION) for profile in (Profile.LIVE, Profile.TEST)]
    assert found == [Satisfaction(40, 40), Satisfaction(0, 40)]


def test_the_page_shows_the_figure_its_gate_and_its_weeks_and_r8_c2_beside_the_imported_one(
    books: Engine, client: FlaskClient
) -> None:
    touched(books, "rated_5", 33)
    touched(books, "rated_1", 7)
    page = client.get(f"/ratings?ending={FRIDAY}&lang=en").text
    assert "82.50" in page
    assert "33 / 40" in page
    indicators = client.get("/indicators?lang=en").text
    assert "Our own, last 13 weeks, not part of this figure:" in indicators
    assert "82.50% (33 / 40)" in indicators
    said = client.get(f"/api/v1/ratings?ending={FRIDAY}").json
    assert said is not None
    assert said["whole"] == {
        "satisfied": 33,
        "responses": 40,
        "percent": "82.50",
        "judgement": "pass",
        "small_sample": False,
    }


def test_a_province_elsewhere_is_no_part_of_region_8s_measure(books: Engine, client: FlaskClient) -> None:
    touched(books, "rated_1", 40, at=("50", "10713"))
    assert "not part of this figure: no answer" in " ".join(client.get("/indicators?lang=en").text.split())
