# SPDX-License-Identifier: Apache-2.0
"""The indicators page: figures without a target stand below the indicators, and no verdict beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.coverage.followed import FOLLOWED
from tests.fleet.books import bring

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

HEADER = "fiscal_year,period,figure,num,den\n"


def test_figures_without_a_target_stand_on_the_page_without_a_verdict(client: FlaskClient, books: Engine) -> None:
    bring(books, "indicators", HEADER + "2568,12,S058,12500,\n2568,12,S079,2,3\n")
    thai, english = (client.get(f"/indicators?quarter=4&lang={each}").text for each in ("th", "en"))
    assert [each.title_th for each in FOLLOWED.values() if each.title_th not in thai] == []
    assert [each.title_en for each in FOLLOWED.values() if each.title_en not in english] == []
    below = english[english.index("Figures without a target") :]
    assert "12,500" in below
    assert '66.66<span class="unit">%</span>' in below
    assert 'class="verdict' not in below


def test_a_program_reads_them_apart_from_the_indicators(client: FlaskClient, books: Engine) -> None:
    bring(books, "indicators", HEADER + "2568,12,S079,2,3\n")
    told = client.get("/api/v1/indicators?quarter=4").json
    assert told is not None
    assert [each["code"] for each in told["followed"]] == list(FOLLOWED)
    (found,) = [each for each in told["followed"] if each["num"] is not None]
    assert (found["code"], found["num"], found["den"], found["value"]) == ("S079", 2, 3, "66.66")
