# SPDX-License-Identifier: Apache-2.0
"""Help numbers on the console: proposed by one, called and approved by another, each place by those who may."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.operators.accounts import Role
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading
from tests.fleet.books import add_kiosk
from tests.fleet.web.signed_in import Clock, Visitor, closed

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

PAGE = "/help-numbers?lang=en"
UDON = Scope.parse("province:41")


@pytest.fixture
def console(books: Engine) -> APIFlask:
    add_kiosk(books, "udon-01", facility="10661")
    return closed(books, Clock())


def test_one_proposes_another_approves_and_it_takes_the_place_of_the_one_before(
    console: APIFlask, books: Engine
) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.APPROVER, UDON)
    malee = Visitor.signed_in(console, books, "malee", Role.APPROVER, UDON)
    assert somsri.post("/help-numbers", digits="๐๔๒ ๒๒๒ ๑๑๑", province="41").status_code == HTTPStatus.SEE_OTHER
    assert "0-4222-2111" in somsri.get(PAGE).text
    assert "/1/approve" not in somsri.get(PAGE).text
    own = somsri.post("/help-numbers/1/approve?lang=en")
    assert (own.status_code, "You proposed it yourself" in own.text) == (HTTPStatus.CONFLICT, True)
    assert malee.post("/help-numbers/1/approve").status_code == HTTPStatus.SEE_OTHER
    malee.post("/help-numbers", digits="1669", province="41")
    assert somsri.post("/help-numbers/2/approve").status_code == HTTPStatus.SEE_OTHER
    said = somsri.get("/api/v1/help-numbers").json
    assert said is not None
    assert [(each["digits"], each["where"], each["stage"]) for each in said["help_numbers"]] == [
        ("1669", "province:41", "approved"),
        ("042222111", "province:41", "withdrawn"),
    ]
    assert somsri.post("/help-numbers/2/withdraw").status_code == HTTPStatus.SEE_OTHER
    with reading(books) as connection:
        acts = [(entry.who, entry.act) for entry in audit.entries(connection)]
    assert acts[0] == ("somsri", "help_number.proposed")
    assert acts[-1] == ("somsri", "help_number.withdrawn")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"digits": "1900 123 456"}, "No 1900"),
        ({"digits": "+1 202 555 0100"}, "Give a Thai number"),
        ({"digits": ""}, "Give a Thai number"),
        ({"facility": "99999"}, "at which a kiosk stands"),
        ({"facility": "x"}, "at which a kiosk stands"),
        ({"province": ""}, "at which a kiosk stands"),
    ],
)
def test_what_nobody_should_call_is_refused_with_words(
    console: APIFlask, books: Engine, wrong: dict[str, str], says: str
) -> None:
    somsri = Visitor.signed_in(console, books, "somsri", Role.OPERATOR, UDON)
    answer = somsri.post("/help-numbers?lang=en", **({"digits": "042 222 111", "province": "41"} | wrong))
    assert (answer.status_code, says in answer.text) == (HTTPStatus.CONFLICT, True)


def test_a_facility_proposes_for_itself_and_the_country_for_all(console: APIFlask, books: Engine) -> None:
    unit = Visitor.signed_in(console, books, "unit", Role.OPERATOR, Scope.parse("facility:41/10661"))
    nation = Visitor.signed_in(console, books, "nation", Role.APPROVER, NATION)
    assert unit.post("/help-numbers", digits="042 222 111").status_code == HTTPStatus.SEE_OTHER
    assert nation.post("/help-numbers", digits="02 257 7119", province="nation").status_code == HTTPStatus.SEE_OTHER
    page = unit.get(PAGE).text
    assert "0-2257-7119" in page
    assert "It stands for more than" in page
    assert unit.post("/help-numbers/2/withdraw").status_code in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
    assert unit.post("/help-numbers/1/approve").status_code == HTTPStatus.FORBIDDEN
    assert nation.post("/help-numbers/1/approve").status_code == HTTPStatus.SEE_OTHER
