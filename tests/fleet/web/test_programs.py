# SPDX-License-Identifier: Apache-2.0
"""What a program has done over the API: as its token may, like the page does it, and written down as a program's."""

from __future__ import annotations

import json
from http import HTTPStatus
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.operators.accounts import Account, Role
from fleet.operators.api_tokens import Admission
from fleet.store.scope import NATION
from fleet.store.session import reading
from fleet.store.tables import audit
from fleet.web.rights import DEEDS, RIGHTS
from tests.fleet.web.signed_in import HERE, Clock, Program, Visitor, closed
from tests.fleet.web.tenant_cases import CASES, NEWS, SAID, members_of
from tests.fleet.web.tenants import UDON, everything, fill

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

# What a person does with what is their own, and what nobody has signed in for.
PERSONAL = {"signing_in", "at_provider", "passkeys", "ways"}
OFFICIAL = "fiscal_year,period,province,a1,b1,a2,b2\n2569,12,41,89,100,40,100\n"
KIOSK = f"/api/v1/devices/{UDON.name}"


@pytest.fixture
def tenants(books: Engine) -> Engine:
    fill(books)
    return books


@pytest.fixture
def console(tenants: Engine) -> APIFlask:
    return closed(tenants, Clock())


def details(engine: Engine) -> list[dict[str, object]]:
    """What the log of what operators did says of each act."""
    with reading(engine) as connection:
        told = connection.execute(select(audit.c.detail).order_by(audit.c.seq)).scalars()
        return [json.loads(each) for each in told]


def test_whatever_a_page_does_a_program_may_do_with_the_same_right(console: APIFlask) -> None:
    posts = {rule.endpoint for rule in console.url_map.iter_rules() if rule.methods and "POST" in rule.methods}
    pages = {each for each in posts if not each.startswith("api_") and each.split(".")[0] not in PERSONAL}
    assert pages == set(DEEDS)
    assert {each for each in posts if each.startswith("api_")} == {f"api_{deed}" for deed in DEEDS}
    assert all(RIGHTS[f"api_{deed}"] is RIGHTS[deed] for deed in DEEDS)


def test_what_lies_in_its_scope_is_done_and_written_down_as_a_programs(console: APIFlask, tenants: Engine) -> None:
    program = Program.admitted(console, tenants, "p-approver", Role.APPROVER, UDON.scope)
    for address, members, status in (
        (f"{KIOSK}-3/helper", {"helper": "Malee", "minutes": 5}, HTTPStatus.NO_CONTENT),
        (f"{KIOSK}-1/loss", {"kind": "stolen"}, HTTPStatus.NO_CONTENT),
        (f"{KIOSK}-1/loss/withdraw", {}, HTTPStatus.NO_CONTENT),
        (f"{KIOSK}-2/loss/confirm", {"sure": True}, HTTPStatus.NO_CONTENT),
        ("/api/v1/announcements", NEWS | {"province": "41"}, HTTPStatus.CREATED),
        ("/api/v1/announcements/1/withdraw", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/help-numbers", {"digits": "042 111 222", "province": "41"}, HTTPStatus.CREATED),
        ("/api/v1/complaints", SAID | {"province": "41"}, HTTPStatus.CREATED),
        ("/api/v1/complaints/1/take", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/complaints/1/answer", {"words": "The reader was cleaned."}, HTTPStatus.NO_CONTENT),
        ("/api/v1/complaints/1/close", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/complaints/1/reopen", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/morning/checked", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/alerts/1/acknowledge", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/alerts/1/clear", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/accounts/1/change", {"scope": "province:41", "role": "viewer"}, HTTPStatus.NO_CONTENT),
        ("/api/v1/accounts/1/decline", {}, HTTPStatus.NO_CONTENT),
        ("/api/v1/accounts/1/disable", {}, HTTPStatus.NO_CONTENT),
    ):
        before = len(details(tenants))
        answer = program.post(address, **members)
        assert answer.status_code == status, (address, answer.text)
        new = details(tenants)[before:]
        assert new, address
        assert all(each["token"] == 1 for each in new), address


def test_two_people_bring_a_file_over_the_api(console: APIFlask, tenants: Engine) -> None:
    one, other = (Program.admitted(console, tenants, name, Role.APPROVER) for name in ("p-one", "p-other"))
    sent = {"kind": "official", "source": "the ministry, 1 October", "reason": "a later count"}
    wrong = one.send("/api/v1/imports?lang=en", **sent, file=(BytesIO(b"fiscal_year,a1\nx,1\n"), "a.csv"))
    assert wrong.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert wrong.json is not None
    assert wrong.json["why"] == "rows"
    assert {"row", "column", "found", "expected"} == set(wrong.json["problems"][0])
    made = one.send("/api/v1/imports", **sent, file=(BytesIO(OFFICIAL.encode()), "a.csv"))
    assert made.status_code == HTTPStatus.CREATED, made.text
    assert made.json is not None
    here = f"/api/v1/imports/{made.json['number']}"
    seen = (other.get(here).json or {})["seen"]
    own = one.post(f"{here}/approve?lang=en", seen=seen)
    assert (own.status_code, (own.json or {})["why"]) == (HTTPStatus.CONFLICT, "own")
    assert "another person" in (own.json or {})["detail"]
    assert other.post(f"{here}/approve", seen="0" * 16).status_code == HTTPStatus.CONFLICT
    assert other.post(f"{here}/approve", seen=seen).status_code == HTTPStatus.NO_CONTENT
    undo = other.post(f"{here}/undo", reason="the wrong file")
    assert undo.status_code == HTTPStatus.CREATED
    assert one.post(f"/api/v1/imports/{(undo.json or {})['number']}/reject").status_code == HTTPStatus.NO_CONTENT
    assert details(tenants)[-1]["token"] == 1


@pytest.mark.parametrize("acts_as", [None, Role.OPERATOR])
def test_a_token_does_no_more_than_it_was_made_for(console: APIFlask, tenants: Engine, acts_as: Role | None) -> None:
    program = Program.admitted(console, tenants, "p-lesser", acts_as, UDON.scope)
    needed = {deed for deed in DEEDS if acts_as is None or RIGHTS[deed].role is Role.APPROVER}
    before = everything(tenants)
    for deed in needed:
        for address, form in CASES[f"api_{deed}"].acts:
            refused = program.post(f"{address.split('?')[0]}?lang=en", **members_of(form))
            assert refused.status_code == HTTPStatus.FORBIDDEN, address
            assert ("only reads" in refused.text) == (acts_as is None), address
    assert everything(tenants) == before
    assert program.get("/api/v1/alerts").status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("held", "made", "is_now"), [("approver", "operator", "operator"), ("viewer", "operator", "viewer")]
)
def test_a_token_never_outgrows_its_account(held: str, made: str, is_now: str) -> None:
    account = Account(1, "somsri", "Somsri", NATION, Role(held), 0, None)
    assert Admission(account, 1, Role(made)).acting is Role(is_now)
    assert Admission(account, 1, None).acting is None


def test_a_browsers_session_has_nothing_done_over_the_api(console: APIFlask, tenants: Engine) -> None:
    visitor = Visitor.signed_in(console, tenants, "somsri", Role.APPROVER)
    before = everything(tenants)
    for data in ("{}", "token=x"):
        answer = visitor.client.post("/api/v1/announcements/1/withdraw", headers={"Origin": HERE}, data=data)
        assert (answer.status_code, answer.mimetype) == (HTTPStatus.UNAUTHORIZED, "application/problem+json")
    assert visitor.post("/api/v1/announcements/1/withdraw").status_code == HTTPStatus.UNAUTHORIZED
    assert everything(tenants) == before


def test_what_is_not_understood_is_refused_by_its_members_name(console: APIFlask, tenants: Engine) -> None:
    program = Program.admitted(console, tenants, "p-operator", Role.OPERATOR)
    before = everything(tenants)
    for members, wrong in (
        ({"helper": "Malee"}, ["minutes"]),
        ({"helper": "Malee", "minutes": "5"}, ["minutes"]),
        ({"helper": "Malee", "minutes": 5, "words": "x"}, ["words"]),
        ({"helper": "Malee", "minutes": 5, "<b>made up": 1}, []),
    ):
        refused = program.post(f"{KIOSK}-3/helper", **members)
        assert (refused.status_code, (refused.json or {})["members"]) == (HTTPStatus.BAD_REQUEST, wrong)
        assert "<b>" not in refused.text
    for data in (b"", b"{", b"[]", b'"x"', b"\xff"):
        answer = program.client.post(f"{KIOSK}-3/helper", data=data, headers=program.bearer)
        assert (answer.status_code, answer.mimetype) == (HTTPStatus.BAD_REQUEST, "application/problem+json"), data
    assert everything(tenants) == before
