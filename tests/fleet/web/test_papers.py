# SPDX-License-Identifier: Apache-2.0
"""The pages as PDF, read back by poppler: what a page says stands on its paper, and nothing is fetched for it."""

from __future__ import annotations

import subprocess
from http import HTTPStatus
from typing import TYPE_CHECKING

from fleet.web import paper
from tests.fleet.books import add_kiosk, bring, bring_samples, count

if TYPE_CHECKING:
    import pytest
    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n"


def read(client: FlaskClient, address: str) -> str:
    """The words of a paper."""
    answer = client.get(address)
    assert (answer.status_code, answer.mimetype) == (HTTPStatus.OK, "application/pdf")
    poppler = subprocess.run(
        ["/usr/bin/pdftotext", "-layout", "-", "-"], input=answer.data, capture_output=True, check=True
    )
    return str(poppler.stdout, "utf-8")


def test_a_province_s_paper_has_the_figures_of_its_page_cut_and_not_rounded(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", f"{OFFICIAL}2566,12,41,15000,30001,300000,1200000\n")
    text = read(client, "/papers/coverage/41.pdf?year=2566&figures=official&lang=en")
    for words in ("Udon Thani", "49.99", "15,000 / 30,001", "1 more people needed", "25.00", "Fail"):
        assert words in text


def test_a_paper_is_in_thai_with_the_buddhist_era_and_says_when_it_was_made(client: FlaskClient, books: Engine) -> None:
    bring(books, "official", f"{OFFICIAL}2566,12,41,1,2,3,4\n")
    text = read(client, "/papers/coverage.pdf?year=2566&figures=official&region=8")
    assert "30 ก.ย. 2566" in text.replace("\u00a0", " ")
    assert "24 พ.ย. 2569" in text.replace("\u00a0", " ")
    assert "Region" not in text


def test_made_up_figures_and_test_data_say_so_on_every_paper(client: FlaskClient, books: Engine) -> None:
    bring_samples(books)
    assert "MADE-UP FIGURES" in read(client, "/papers/coverage/41.pdf?year=2569&figures=official&lang=en")
    assert "MADE-UP FIGURES" in read(client, "/papers/indicators.pdf?lang=en")
    for page in ("funnel", "morning", "week"):
        assert "TEST DATA" in read(client, f"/papers/{page}.pdf?figures=proxy-test&lang=en")


def test_nothing_to_touch_stands_on_a_paper(client: FlaskClient, books: Engine) -> None:
    add_kiosk(books, "udon-01")
    count(books, "41", "activated", "2026-11-02", 7)
    for page in ("morning", "week", "funnel"):
        text = read(client, f"/papers/{page}.pdf?lang=en")
        assert not [word for word in ("Show", "Look again", "Sign out", "PDF", "for a mail") if word in text]


def test_every_page_that_has_a_paper_leads_to_it(client: FlaskClient, books: Engine) -> None:
    count(books, "41", "activated", "2026-11-02", 7)
    for page in ("/coverage", "/coverage/41", "/funnel", "/indicators", "/morning", "/week"):
        assert f'href="/papers{page}.pdf' in client.get(page).text


def test_a_paper_fetches_nothing_even_if_its_page_names_something(
    console: APIFlask, caplog: pytest.LogCaptureFixture
) -> None:
    with console.test_request_context("/"):
        made = paper.drawn('<html lang="en"><title>x</title><img alt="" src="file:///etc/hostname">')
    assert made.startswith(b"%PDF")
    assert "disallowed protocol" in caplog.text


def test_while_others_papers_are_made_one_is_asked_to_come_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "WAIT_S", 0.01)
    with paper.ONE_AT_A_TIME:
        answer = client.get("/papers/funnel.pdf?lang=en")
    assert (answer.status_code, answer.headers["Retry-After"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "3")
    assert "in a few seconds" in answer.text
    assert client.get("/papers/funnel.pdf").status_code == HTTPStatus.OK


def test_without_pango_the_page_names_the_remedy(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> bytes:  # Pango cannot be taken from this machine for the time of one test
        raise paper.NoPrinterError

    monkeypatch.setattr(paper, "drawn", missing)
    answer = client.get("/papers/funnel.pdf?lang=en")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert "run the playbook once more" in answer.text
