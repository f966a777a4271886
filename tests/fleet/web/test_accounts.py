# SPDX-License-Identifier: Apache-2.0
"""Accounts on the console: who may take away and give what, with a second person for more, on both engines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fleet import audit
from fleet.operators import accounts, sessions
from fleet.operators.accounts import Role
from fleet.store.scope import NATION, Scope
from fleet.store.session import reading, unit_of_work
from tests.fleet.books import NOW_MS
from tests.fleet.operators.people import somebody
from tests.fleet.web.signed_in import Clock, Visitor, closed

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

UDON, REGION, SITE = (Scope.parse(each) for each in ("province:41", "region:8", "facility:41/10671"))


def boss(engine: Engine, name: str = "boss", scope: Scope = UDON) -> Visitor:
    return Visitor.signed_in(closed(engine, Clock()), engine, name, Role.APPROVER, scope)


def account(engine: Engine, name: str = "malee") -> accounts.Account:
    with reading(engine) as connection:
        return accounts.named(connection, name)


def change(client: Visitor, engine: Engine, scope: str, role: str, name: str = "malee") -> TestResponse:
    return client.post(f"/accounts/{account(engine, name).number}/change", scope=scope, role=role)


def approve(client: Visitor, engine: Engine, scope: str, role: str) -> TestResponse:
    return client.post(f"/accounts/{account(engine).number}/approve", scope=scope, role=role)


def given(engine: Engine, name: str = "malee") -> tuple[str, Role]:
    found = account(engine, name)
    return str(found.scope), found.role


def acts(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [entry.act for entry in audit.verified(audit.entries(connection))]


def test_less_is_in_force_at_once_and_ends_what_was_open(engine: Engine) -> None:
    somebody(engine, "malee", Role.OPERATOR, UDON)
    with unit_of_work(engine) as connection:
        session = sessions.begin(connection, accounts.named(connection, "malee"), "x", NOW_MS)
    assert change(boss(engine), engine, "facility:41/10671", "viewer").status_code == 303
    assert given(engine) == ("facility:41/10671", Role.VIEWER)
    with reading(engine) as connection:
        assert sessions.find(connection, session, NOW_MS) is None
    assert acts(engine) == ["account.changed"]


@pytest.mark.parametrize(
    ("scope", "role"), [("province:41", "operator"), ("region:8", "viewer"), ("province:42", "viewer")]
)
def test_more_waits_for_a_second_person(engine: Engine, scope: str, role: str) -> None:
    somebody(engine, "malee", Role.VIEWER, UDON)
    first, second = boss(engine, "first", NATION), boss(engine, "second", NATION)
    assert change(first, engine, scope, role).status_code == 303
    assert given(engine) == ("province:41", Role.VIEWER)
    assert approve(first, engine, scope, role).status_code == 409
    assert approve(second, engine, "nation", "approver").status_code == 409  # not what is proposed
    assert "more rights proposed" in second.get("/accounts?lang=en").text
    assert approve(second, engine, scope, role).status_code == 303
    assert given(engine) == (scope, role)
    assert approve(second, engine, scope, role).status_code == 409
    assert acts(engine) == ["account.proposed", "account.changed"]


def test_nobody_gives_or_approves_what_reaches_beyond_their_own(engine: Engine) -> None:
    somebody(engine, "malee", Role.VIEWER, UDON)
    province, nation = boss(engine), boss(engine, "nation", NATION)
    for scope in ("region:8", "nation", "province:50", "facility:50/10713"):
        assert change(province, engine, scope, "viewer").status_code == 409
    assert change(nation, engine, "region:8", "viewer").status_code == 303
    assert approve(province, engine, "region:8", "viewer").status_code == 409
    assert given(engine) == ("province:41", Role.VIEWER)


def test_nobody_locks_themselves_out_or_lets_themselves_in(engine: Engine) -> None:
    mine, other = boss(engine, "boss", SITE), boss(engine, "other", UDON)
    number = account(engine, "boss").number
    for what, form in (("disable", {}), ("end", {}), ("change", {"scope": str(SITE), "role": "viewer"})):
        assert mine.post(f"/accounts/{number}/{what}", **form).status_code == 409
    assert change(other, engine, str(UDON), "approver", "boss").status_code == 303
    seen = {"scope": str(UDON), "role": "approver"}
    assert mine.post(f"/accounts/{number}/approve", **seen).status_code == 409
    assert given(engine, "boss") == (str(SITE), Role.APPROVER)
    assert "/disable" not in mine.get(f"/accounts/{number}").text


def test_an_account_of_another_place_or_a_wider_one_is_not_there(engine: Engine) -> None:
    for name, scope in (("malee", "province:50"), ("kanda", "region:8"), ("wanida", "nation")):
        somebody(engine, name, Role.VIEWER, Scope.parse(scope))
    client = boss(engine)
    for name in ("malee", "kanda", "wanida"):
        number = account(engine, name).number
        assert client.get(f"/accounts/{number}").status_code == 404
        assert client.post(f"/accounts/{number}/disable").status_code == 404
        assert account(engine, name).disabled_ms is None
    listed = client.get("/api/v1/accounts").json
    assert listed is not None
    assert [each["name"] for each in listed["accounts"]] == ["boss"]


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (NATION, ["at-nation", "at-region", "at-site", "at-udon", "boss"]),
        (REGION, ["at-region", "at-site", "at-udon", "boss"]),
        (UDON, ["at-site", "at-udon", "boss"]),
        (SITE, ["at-site", "boss"]),
    ],
    ids=str,
)
def test_each_sees_the_accounts_of_their_scope(engine: Engine, scope: Scope, seen: list[str]) -> None:
    for name, each in (("at-nation", NATION), ("at-region", REGION), ("at-udon", UDON), ("at-site", SITE)):
        somebody(engine, name, Role.VIEWER, each)
    answer = boss(engine, scope=scope).get("/api/v1/accounts").json
    assert answer is not None
    assert [each["name"] for each in answer["accounts"]] == seen


def test_an_account_is_ended_and_disabled_at_once(engine: Engine) -> None:
    somebody(engine, "malee", Role.VIEWER, UDON)
    with unit_of_work(engine) as connection:
        sessions.begin(connection, accounts.named(connection, "malee"), "203.0.113.7", NOW_MS)
    client, number = boss(engine), account(engine).number
    assert "203.0.113.7" in client.get(f"/accounts/{number}").text
    for what in ("end", "end", "disable", "disable"):
        assert client.post(f"/accounts/{number}/{what}").status_code == 303
    assert account(engine).disabled_ms == NOW_MS
    assert "203.0.113.7" not in client.get(f"/accounts/{number}").text
    assert change(client, engine, "province:41", "operator").status_code == 409
    assert acts(engine) == ["account.ended", "account.disabled"]


def test_a_proposal_is_taken_away_and_one_that_nobody_answers_is_over(engine: Engine) -> None:
    somebody(engine, "malee", Role.VIEWER, UDON)
    first, number = boss(engine), account(engine).number
    change(first, engine, "province:41", "operator")
    assert first.post(f"/accounts/{number}/decline").status_code == 303
    assert first.post(f"/accounts/{number}/decline").status_code == 409
    change(first, engine, "province:41", "operator")
    change(first, engine, "facility:41/10671", "viewer")  # less, at once: the proposal was for what is no more
    assert approve(boss(engine, "second"), engine, "province:41", "operator").status_code == 409
    assert acts(engine) == ["account.proposed", "account.declined", "account.proposed", "account.changed"]


@pytest.mark.parametrize(
    ("scope", "role"), [("", "viewer"), ("province:99", "viewer"), ("province:41", "king"), ("x" * 99, "")]
)
def test_what_is_no_scope_or_role_is_told(engine: Engine, scope: str, role: str) -> None:
    somebody(engine, "malee", Role.VIEWER, UDON)
    page = change(boss(engine), engine, scope, role)
    assert page.status_code == 409
    assert "facility:41/10670" in page.text


def test_an_operator_sees_no_accounts(engine: Engine) -> None:
    client = Visitor.signed_in(closed(engine, Clock()), engine, "operator", Role.OPERATOR, UDON)
    for address in ("/accounts", "/accounts/1", "/api/v1/accounts"):
        assert client.get(address).status_code == 403
