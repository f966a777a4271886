# SPDX-License-Identifier: Apache-2.0
"""The pages of releases: two people agree, everybody sees what concerns their kiosks, and a program may do the same."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from fleet.devices import rollout_driving, rollouts
from fleet.devices.rollout_rules import State
from fleet.operators.accounts import Role
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.scope import Scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import audit
from tests.fleet.books import NOW_MS, add_kiosk, heard
from tests.fleet.web.signed_in import Clock, Program, Visitor, closed
from tests.fleet.web.tenants import CHIANG_MAI, UDON, fill

if TYPE_CHECKING:
    from apiflask import APIFlask
    from sqlalchemy import Engine

WANTED = {"release": "1.1.0", "words": "mends the reader", "sample": "20", "bake_h": "1"}
WANTED |= {"failures_percent": "5", "at_facility": "1", "broad": "25,100", "at_once": "yes"}
PAGE = "/rollouts/1?lang=en"
PROVINCE = Scope.parse("province:41")


def filled(engine: Engine) -> APIFlask:
    """Three kiosks that take orders: one for each ring."""
    for name in ("udon-01", "udon-02", "udon-03"):
        add_kiosk(engine, name, facility=f"1101{name[-1]}")
        heard(engine, name)
        with unit_of_work(engine) as connection:
            connection.execute(insert(order_nonce).values(kiosk=name, nonce="1" * 32, heard_ms=NOW_MS))
    return closed(engine, Clock())


def step(engine: Engine, times: int = 1) -> None:
    """Let the controller go on."""
    for _ in range(times):
        with unit_of_work(engine) as connection:
            rollout_driving.step(connection, NOW_MS)


def state(engine: Engine) -> State:
    with reading(engine) as connection:
        return rollouts.read(connection, 1).state


def acts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(select(audit.c.act).order_by(audit.c.seq)).scalars())


def test_two_people_let_a_release_out_and_one_of_them_holds_it_on_both_databases(engine: Engine) -> None:
    console = filled(engine)
    malee = Visitor.signed_in(console, engine, "malee", Role.APPROVER)
    somchai = Visitor.signed_in(console, engine, "somchai", Role.APPROVER)
    assert malee.post("/rollouts", **WANTED).headers["Location"].endswith("/rollouts/1")
    assert "Approve<" not in malee.get(PAGE).text
    step(engine)
    assert malee.get(PAGE).text.count("about 1<") == 2, "a pilot and an early one"
    own = malee.post("/rollouts/1/approve")
    assert (own.status_code, "Another person" in own.text or "คน" in own.text) == (HTTPStatus.CONFLICT, True)
    assert somchai.post("/rollouts/1/approve").status_code == HTTPStatus.SEE_OTHER
    step(engine, 2)
    page = somchai.get(PAGE).text
    assert "is under way" in page
    assert "1 were asked" in page
    assert malee.post("/rollouts/1/pause").status_code == HTTPStatus.SEE_OTHER
    assert state(engine) is State.PAUSED
    with reading(engine) as connection:
        assert connection.execute(select(kiosk_order.c.ending)).scalars().all() == ["cancelled"]
    assert somchai.post("/rollouts/1/resume").status_code == HTTPStatus.SEE_OTHER
    assert malee.post("/rollouts/1/abort").status_code == HTTPStatus.SEE_OTHER
    assert malee.post("/rollouts/1/pause").status_code == HTTPStatus.CONFLICT
    assert malee.post("/rollouts/rings", province="41", facility="11011", ring="early").status_code == 303
    assert "Early ones" in malee.get("/rollouts?lang=en").text
    named = ("proposed", "approved", "paused", "resumed", "aborted")
    assert acts(engine) == [*(f"rollout.{each}" for each in named), "ring.pinned"]


def test_what_stopped_says_why_to_whoever_sees_the_country_and_a_province_its_own_kiosks(books: Engine) -> None:
    fill(books)
    console = closed(books, Clock())
    nation = Visitor.signed_in(console, books, "malee", Role.VIEWER).get(PAGE).text
    for words in ("Too many updates failed", "the camera gave no picture", "What it is judged by", "Being installed"):
        assert words in nation
    assert {f"{UDON.name}-2", f"{CHIANG_MAI.name}-2"} <= set(nation.replace("<", ">").split(">"))
    province = Visitor.signed_in(console, books, "somsri", Role.APPROVER, PROVINCE)
    theirs = province.get(PAGE).text
    assert f"{UDON.name}-2" in theirs
    assert CHIANG_MAI.name not in theirs
    assert "What it is judged by" not in theirs
    assert "Go on" not in theirs
    assert province.post("/rollouts/1/resume").status_code == HTTPStatus.FORBIDDEN
    kiosk = province.get(f"/devices/{UDON.name}-2?lang=en").text
    assert "It failed" in kiosk
    assert "Early ones" in kiosk


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"release": "newest"}, "three numbers"),
        ({"words": " "}, "what it brings"),
        ({"sample": "0"}, "shares that rise"),
        ({"broad": "50,x"}, "shares that rise"),
    ],
)
def test_what_cannot_be_rolled_out_is_told_and_what_was_typed_stays(
    books: Engine, typed: dict[str, str], says: str
) -> None:
    malee = Visitor.signed_in(closed(books, Clock()), books, "malee", Role.OPERATOR)
    answer = malee.post("/rollouts?lang=en", **WANTED | typed)
    assert answer.status_code == HTTPStatus.CONFLICT
    assert says in answer.text
    assert 'value="1"' in answer.text
    assert acts(books) == []


def test_programs_of_two_people_do_the_same_and_read_how_it_stands(books: Engine) -> None:
    console = filled(books)
    one = Program.admitted(console, books, "p-one", Role.OPERATOR)
    other = Program.admitted(console, books, "p-other", Role.APPROVER)
    made = one.post("/api/v1/rollouts", release="1.1.0", words="mends", at_once=True)
    assert (made.status_code, made.json) == (HTTPStatus.CREATED, {"number": 1})
    assert one.post("/api/v1/rollouts/1/approve").status_code == HTTPStatus.FORBIDDEN
    assert other.post("/api/v1/rollouts/1/approve").status_code == HTTPStatus.NO_CONTENT
    step(books, 2)
    found = one.get("/api/v1/rollouts/1").json or {}
    assert (found["state"], found["wave"], len(found["in_hand"])) == ("running", 1, 1)
    assert [(each["ring"], each["share"]) for each in found["waves"]][2:] == [("broad", 25), ("broad", 100)]
    assert (one.get("/api/v1/rollouts").json or {})["rings"] == {"pilot": 1, "early": 1, "broad": 1}
    assert (one.post("/api/v1/rollouts/9/pause").status_code) == HTTPStatus.NOT_FOUND
    name = found["in_hand"][0]["kiosk"]
    orders = (one.get(f"/api/v1/devices/{name}/orders").json or {})["orders"]
    assert [(each["op"], each["release"], each["asked_by"]) for each in orders] == [("update", "1.1.0", "rollout 1")]
