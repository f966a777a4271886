# SPDX-License-Identifier: Apache-2.0
"""Whoever looks sees what lies in their scope and nothing beside it: by every address, on both engines and walls."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import true

from fleet.operators.accounts import Role
from fleet.store.scope import NATION, Scope
from fleet.store.session import open_engine
from fleet.web import gate
from fleet.web.rights import RIGHTS
from tests.fleet.books import count, work
from tests.fleet.shelf import Shelf, engine_of
from tests.fleet.web.signed_in import Clock, Program, Visitor, closed
from tests.fleet.web.tenant_cases import CASES, NEWS, members_of
from tests.fleet.web.tenants import CHIANG_MAI, NEXT_DOOR, UDON, Tenant, everything, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apiflask import APIFlask
    from sqlalchemy import Engine

    from tests.simulators.postgres import Cluster, Slate

DENIED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


pytestmark = pytest.mark.usefixtures("papers_as_they_are_written")


@pytest.fixture(scope="module")
def filled_file(sqlite_template: Path, shelf: Shelf) -> Path:
    engine = open_engine(shelf.copied(sqlite_template, "tenants.db"))
    fill(engine)
    engine.dispose()
    return Path(str(engine.url.database))


@pytest.fixture(scope="module")
def filled_slate(cluster: Cluster, postgres_template: str) -> Slate:
    name = cluster.create(postgres_template)
    engine = open_engine(cluster.url(name))
    fill(engine)
    engine.dispose()
    return cluster.slate(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def tenants(request: pytest.FixtureRequest, shelf: Shelf, cluster: Cluster) -> Iterator[Engine]:
    """The three, filled in once for each engine and as filled in for each test."""
    if request.param == "sqlite":
        url = shelf.copied(request.getfixturevalue("filled_file"), "filled.db")
    else:
        slate: Slate = request.getfixturevalue("filled_slate")
        url = cluster.url(slate.clean())
    engine = engine_of(url)
    yield engine
    engine.dispose()


@pytest.fixture
def console(tenants: Engine) -> APIFlask:
    return closed(tenants, Clock())


def as_one_of(console: APIFlask, engine: Engine, scope: Scope, role: Role) -> Visitor:
    """Somebody with this scope and role, who has signed in."""
    return Visitor.signed_in(console, engine, f"a-{role}", role, scope)


def seen(client: Visitor) -> Iterator[tuple[str, str]]:
    """Every address that may be asked, with what it answers."""
    for endpoint, case in CASES.items():
        for address in case.asked:
            answer = client.get(address)
            assert answer.status_code in {HTTPStatus.OK, *DENIED}, (endpoint, address)
            yield address, answer.text


def test_every_route_has_a_case_here_and_a_right(console: APIFlask) -> None:
    routes = {rule.endpoint for rule in console.url_map.iter_rules()}
    assert routes == set(CASES)
    assert routes - gate.OPEN - gate.OPEN_ON_THIS_MACHINE == set(RIGHTS)
    assert all(case.why or case.asked or case.acts for case in CASES.values())


def test_the_nation_sees_every_mark_so_that_the_tests_below_can(console: APIFlask, tenants: Engine) -> None:
    client = as_one_of(console, tenants, NATION, Role.VIEWER)
    texts = "".join(text for _, text in seen(client))
    for tenant in (UDON, CHIANG_MAI, NEXT_DOOR):
        kiosks = {f"{tenant.name}-{n}" for n in (1, 2, 3)}
        assert [mark for mark in tenant.marks | kiosks if mark not in texts] == []
    assert client.get("/coverage/50").status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("scope", "role"),
    [
        *((UDON.scope, role) for role in Role),
        *((each, Role.APPROVER) for each in (UDON.region, UDON.site)),
    ],
    ids=str,
)
def test_nobody_sees_another_place_by_any_address(console: APIFlask, tenants: Engine, scope: Scope, role: Role) -> None:
    client = as_one_of(console, tenants, scope, role)
    unseen = CHIANG_MAI.marks if scope != UDON.site else CHIANG_MAI.marks | NEXT_DOOR.marks_of_place
    texts = ""
    for address, text in seen(client):
        assert [mark for mark in unseen if mark in text] == [], address
        texts += text
    assert UDON.name in texts
    assert UDON.facility in texts


def test_what_names_another_place_is_denied_and_changes_nothing(console: APIFlask, tenants: Engine) -> None:
    client = as_one_of(console, tenants, UDON.scope, Role.APPROVER)
    program = Program.admitted(console, tenants, "a-program", Role.APPROVER, UDON.scope)
    before = everything(tenants)
    for endpoint, case in CASES.items():
        for address in case.foreign:
            answer = client.get(address)
            assert answer.status_code in DENIED, (endpoint, address)
            assert [mark for mark in CHIANG_MAI.marks if mark in answer.text] == []
        for address, form in case.acts:
            is_api = address.startswith("/api/")
            answer = program.post(address, **members_of(form)) if is_api else client.post(address, **form)
            assert answer.status_code in {HTTPStatus.CONFLICT, *DENIED}, (endpoint, address, answer.text)
            assert everything(tenants) == before, (endpoint, address)


def test_postgresql_holds_what_a_statement_without_its_criterion_would_let_out(
    console: APIFlask, tenants: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_one_of(console, tenants, UDON.scope, Role.VIEWER)
    monkeypatch.setattr(Scope, "of_provinces", lambda *_: true())
    monkeypatch.setattr(Scope, "of_places", lambda *_: true())
    leaks = {mark for _, text in seen(client) for mark in CHIANG_MAI.marks if mark in text}
    if tenants.dialect.name == "postgresql":
        assert leaks == set()
    else:
        assert CHIANG_MAI.name in leaks  # SQLite has the first wall only: this is what it would be without


@pytest.mark.parametrize("scope", [UDON.scope, UDON.region], ids=str)
def test_a_week_in_which_every_place_has_figures_tells_nothing_of_another(
    console: APIFlask, tenants: Engine, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    for tenant in (UDON, CHIANG_MAI):
        work(tenants, tenant.province, tenant.facility, "2026-11-20", tenant.numbers[0])
        for profile, n in (("live", tenant.numbers[5]), ("test", tenant.numbers[6])):
            count(tenants, tenant.province, "activated", "2026-11-20", n, profile=profile)
    client = as_one_of(console, tenants, scope, Role.VIEWER)

    def seen_of(tenant: Tenant) -> set[str]:
        asked = ("/week", "/week?figures=proxy-test", "/exports/week.txt?lang=en", "/api/v1/week")
        texts = "".join(client.get(each).text for each in asked)
        return {mark for mark in tenant.marks if mark in texts}

    assert {UDON.facility, *(f"{UDON.numbers[n]:,}" for n in (0, 5, 6))} <= seen_of(UDON)
    assert seen_of(CHIANG_MAI) == set()
    monkeypatch.setattr(Scope, "of_provinces", lambda *_: true())
    monkeypatch.setattr(Scope, "of_places", lambda *_: true())
    assert (seen_of(CHIANG_MAI) == set()) == (tenants.dialect.name == "postgresql")


def test_an_address_without_a_right_answers_nobody(
    console: APIFlask, tenants: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_one_of(console, tenants, NATION, Role.APPROVER)
    forgotten = {endpoint: right for endpoint, right in RIGHTS.items() if endpoint != "devices.overview"}
    monkeypatch.setattr(gate, "RIGHTS", forgotten)
    assert client.get("/devices").status_code == HTTPStatus.FORBIDDEN
    assert client.get("/coverage").status_code == HTTPStatus.OK


def test_a_facility_has_no_share_of_its_own_and_is_told_so(console: APIFlask, tenants: Engine) -> None:
    client = as_one_of(console, tenants, UDON.site, Role.VIEWER)
    refused = client.get("/coverage?lang=en")
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "a scope of at least: a province" in refused.text
    assert client.get("/").headers["Location"] == "/morning"
    page = client.get("/morning?lang=en").text
    assert "/coverage" not in page
    assert "57.2" not in page


def test_a_part_of_a_region_is_not_shown_as_the_region(console: APIFlask, tenants: Engine) -> None:
    province = as_one_of(console, tenants, UDON.scope, Role.VIEWER).get("/coverage?lang=en").text
    region = as_one_of(console, tenants, UDON.region, Role.OPERATOR).get("/coverage?lang=en").text
    assert "Health regions" not in province
    assert "Health regions" in region
    assert "Without Bangkok" not in province + region


def test_what_lies_in_one_s_own_scope_can_be_done_on_both_engines(console: APIFlask, tenants: Engine) -> None:
    client = as_one_of(console, tenants, UDON.scope, Role.APPROVER)
    kiosk = f"/devices/{UDON.name}"
    for address, form in (
        (f"{kiosk}-3/helper", {"helper": "Malee", "minutes": "5"}),
        (f"{kiosk}-1/loss", {"kind": "stolen"}),
        (f"{kiosk}-1/loss/withdraw", {}),
        (f"{kiosk}-2/loss/confirm", {"sure": "yes"}),
        ("/announcements", NEWS | {"province": "41"}),
        ("/announcements/1/withdraw", {}),
        ("/morning/checked", {}),
        ("/alerts/1/acknowledge", {}),
        ("/alerts/1/clear", {}),
        ("/accounts/1/change", {"scope": "province:41", "role": "viewer"}),
        ("/accounts/1/decline", {}),
        ("/accounts/1/end", {}),
        ("/accounts/1/disable", {}),
    ):
        answer = client.post(address, **form)
        assert answer.status_code == HTTPStatus.SEE_OTHER, (address, answer.text)
