# SPDX-License-Identifier: Apache-2.0
"""Kiosks that are to come, on the console: a code shown once, and the words of the keys that came with it."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.devices import claims
from fleet.operators.accounts import Role
from fleet.store.claim_tables import claim
from fleet.store.scope import Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import audit
from tests.fleet.books import NOW_MS, add_kiosk
from tests.fleet.web.signed_in import Clock, Program, Visitor, closed
from tests.simulators.claimant import Claimant
from wire import words
from wire.claims import claim_code, open_claim, scanned

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

PAGE = "/claims?lang=en"
UDON = Scope.parse("province:41")
WANTED = {"kiosk": "k-udon-01", "province": "41", "facility": "10671", "profile": "test"}


@pytest.fixture
def console(books: Engine) -> APIFlask:
    return closed(books, Clock())


@pytest.fixture
def malee(console: APIFlask, books: Engine) -> Visitor:
    return Visitor.signed_in(console, books, "malee", Role.OPERATOR, UDON)


def test_a_code_is_shown_once_and_lets_the_kiosk_in(malee: Visitor, books: Engine) -> None:
    assert "No kiosk is expected" in malee.get(PAGE).text
    page = malee.post(PAGE, **WANTED)
    assert page.status_code == HTTPStatus.OK
    assert page.headers["Cache-Control"] == "no-store"
    found = re.search(r'class="code">([0-9A-Z]{4}-[0-9A-Z]{4})<', page.text)
    assert found is not None
    assert "<svg" in page.text
    assert found[1] not in malee.get(PAGE).text
    assert "waits for the kiosk" in malee.get(PAGE).text
    asked = open_claim(Claimant().claim(claim_code(found[1]), "10671"))
    with unit_of_work(books) as connection:
        digest = claims.digest(claim_code(found[1]), "10671")
        entry, _ = claims.take(connection, asked, digest, NOW_MS + 1000)
    assert entry.kiosk == "k-udon-01"
    came = malee.get(PAGE).text
    assert "the kiosk has come" in came
    assert words.thai(asked.fingerprint()) in came
    assert words.english(asked.fingerprint()) in came
    with reading(books) as connection:
        logged = "".join(f"{row.subject} {row.detail}" for row in connection.execute(select(audit)))
    assert found[1].replace("-", "") not in logged


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"kiosk": "K 1"}, "Give a name"),
        ({"kiosk": "controller"}, "Give a name"),
        ({"kiosk": "old-one"}, "A name is given once"),
        ({"facility": ""}, "five digits"),
        ({"facility": "1"}, "five digits"),
        ({"profile": "simulated"}, "whether it is a test"),
    ],
)
def test_what_cannot_be_claimed_is_told_and_what_was_typed_stays(
    malee: Visitor, books: Engine, typed: dict[str, str], says: str
) -> None:
    add_kiosk(books, "old-one", status="revoked")
    answer = malee.post(PAGE, **WANTED | typed)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert says in answer.text
    assert f'value="{(WANTED | typed)["kiosk"]}"' in answer.text
    with reading(books) as connection:
        assert connection.execute(select(claim)).all() == []


def test_an_open_claim_is_taken_back(malee: Visitor) -> None:
    malee.post(PAGE, **WANTED)
    assert malee.post("/claims/k-udon-01/withdraw").status_code == HTTPStatus.SEE_OTHER
    assert "taken back" in malee.get(PAGE).text
    assert malee.post("/claims/k-udon-01/withdraw").status_code == HTTPStatus.CONFLICT


def test_a_program_makes_a_claim_and_reads_how_it_stands(console: APIFlask, books: Engine) -> None:
    program = Program.admitted(console, books, "p-operator", Role.OPERATOR, UDON)
    made = program.post("/api/v1/claims", **WANTED)
    assert made.status_code == HTTPStatus.CREATED
    assert scanned((made.json or {})["qr"]) == (claim_code((made.json or {})["code"]), "10671")
    (entry,) = (program.get("/api/v1/claims").json or {})["claims"]
    assert (entry["kiosk"], entry["standing"], entry["words"]) == ("k-udon-01", "open", None)
    assert program.post("/api/v1/claims/k-udon-01/withdraw").status_code == HTTPStatus.NO_CONTENT


def test_whoever_only_looks_makes_none(console: APIFlask, books: Engine) -> None:
    viewer = Visitor.signed_in(console, books, "viewer", Role.VIEWER, UDON)
    assert viewer.get(PAGE).status_code == HTTPStatus.FORBIDDEN
    assert viewer.post(PAGE, **WANTED).status_code == HTTPStatus.FORBIDDEN
    assert "/claims" not in viewer.get("/devices").text
