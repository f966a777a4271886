# SPDX-License-Identifier: Apache-2.0
"""Whoever looks sees what lies in their scope and nothing beside it: by every address, on both engines and walls."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import true

from fleet.operators.accounts import Role
from fleet.store.scope import NATION, Scope
from fleet.web import gate
from fleet.web.rights import RIGHTS
from tests.fleet.books import count, work
from tests.fleet.web.signed_in import Clock, Visitor, closed
from tests.fleet.web.tenants import CHIANG_MAI, NEXT_DOOR, UDON, Tenant, everything, fill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apiflask import APIFlask
    from sqlalchemy import Engine

DENIED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}
_BASES = tuple(
    f"?lang={lang}&figures={kind}" for lang in ("th", "en") for kind in ("official", "proxy-live", "proxy-test")
)
_YEAR = "?year=2569&period=12&figures=official"


SAID = {"words": "the card is not read", "category": "card", "term": "short", "source": "phone"}
NEWS = {"th": "ข่าว", "en": "News", "from": "2026-11-24", "until": "2026-11-30"}


@dataclass(frozen=True, slots=True)
class Case:
    """The addresses of one route that anybody may ask, and those that name something of Chiang Mai.

    `acts` are forms for the latter; a route with `why` has no place in it.
    """

    asked: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    acts: tuple[tuple[str, dict[str, str]], ...] = ()
    why: str = ""


CASES = {
    "static": Case(why="files of the software"),
    "openapi.spec": Case(why="a description of the software"),
    "api.healthz": Case(why="tells that it runs"),
    "metrics.metrics": Case(why="sums of the fleet for the machine itself, asked without an account"),
    "signing_in.form": Case(why="before there is an account"),
    "signing_in.enter": Case(why="before there is an account"),
    "signing_in.leave": Case(why="one's own session"),
    "signing_in.overview": Case(why="one's own sessions"),
    "signing_in.end": Case(why="one's own session; another's is tried in test_signing_in"),
    "coverage.outlines": Case(why="outlines of provinces"),
    "coverage.start": Case(why="leads to another page"),
    "morning.overview": Case(
        asked=("/morning", *(f"/morning{each}" for each in _BASES), "/morning?province=41"),
        foreign=("/morning?province=50",),
    ),
    "coverage.overview": Case(
        asked=(
            *(f"/coverage{each}" for each in _BASES),
            f"/coverage{_YEAR}",
            "/coverage?region=1",
            "/coverage?sort=gap",
        )
    ),
    "coverage.province": Case(
        asked=(*(f"/coverage/41{each}" for each in _BASES), f"/coverage/41{_YEAR}"),
        foreign=("/coverage/50", f"/coverage/50{_YEAR}"),
    ),
    "funnel.overview": Case(asked=(*(f"/funnel{each}" for each in _BASES), "/funnel?region=1")),
    "indicators.overview": Case(asked=("/indicators",)),
    "imports.overview": Case(asked=("/imports", "/imports?lang=en")),
    "imports.one": Case(
        asked=tuple(f"/imports/{n}{lang}" for n in (1, 2, 3) for lang in ("", "?lang=en")),
        foreign=("/imports/4", "/imports/5", "/imports/6", "/imports/99"),
    ),
    "imports.batch": Case(why="leads to another page", foreign=("/imports/batches/3", "/imports/batches/4")),
    "imports.form": Case(asked=("/imports/new", "/imports/new?kind=official&lang=en")),
    "imports.bring": Case(why="a file that names another place is tried in test_imports"),
    "imports.template": Case(why="empty files of the software"),
    "imports.approve": Case(acts=(("/imports/6/approve", {"seen": "0" * 16}),)),
    "imports.reject": Case(acts=(("/imports/6/reject", {}),)),
    "imports.undo": Case(acts=(("/imports/4/undo", {"reason": "x"}),)),
    "api_imports.overview": Case(asked=("/api/v1/imports",)),
    "api_imports.one": Case(
        asked=("/api/v1/imports/1", "/api/v1/imports/3"), foreign=("/api/v1/imports/4", "/api/v1/imports/6")
    ),
    "devices.overview": Case(asked=("/devices", "/devices?lang=en", "/devices?page=2")),
    "morning.check": Case(acts=(("/morning/checked?province=50", {}),)),
    "announcements.overview": Case(asked=("/announcements", "/announcements?lang=en")),
    "announcements.propose": Case(
        acts=tuple(
            ("/announcements", NEWS | where)
            for where in ({"province": "50"}, {"province": "nation"}, {"kiosk": f"{CHIANG_MAI.name}-1"})
        )
    ),
    "announcements.approve": Case(acts=(("/announcements/2/approve", {}), ("/announcements/99/approve", {}))),
    "announcements.withdraw": Case(acts=(("/announcements/2/withdraw", {}),)),
    "help_numbers.overview": Case(asked=("/help-numbers", "/help-numbers?lang=en")),
    "help_numbers.propose": Case(
        acts=tuple(
            ("/help-numbers", {"digits": "053 111 222"} | where)
            for where in ({"province": "50"}, {"province": "nation"}, {"province": "50", "facility": "10713"})
        )
    ),
    "help_numbers.approve": Case(acts=(("/help-numbers/2/approve", {}), ("/help-numbers/99/approve", {}))),
    "help_numbers.withdraw": Case(acts=(("/help-numbers/2/withdraw", {}),)),
    "api_voices.help_numbers": Case(asked=("/api/v1/help-numbers",)),
    "complaints.overview": Case(
        asked=("/complaints", *(f"/complaints{each}" for each in _BASES), "/complaints?number=5000-0001"),
        foreign=("/complaints?province=50", "/complaints?province=50&facility=10713"),
    ),
    "complaints.enter": Case(
        acts=tuple(
            ("/complaints", SAID | where) for where in ({"province": "50"}, {"province": "50", "facility": "10713"})
        )
    ),
    "complaints.one": Case(
        asked=("/complaints/1", "/complaints/1?lang=en"), foreign=("/complaints/2", "/complaints/99")
    ),
    "complaints.take": Case(acts=(("/complaints/2/take", {}), ("/complaints/99/take", {}))),
    "complaints.answer": Case(acts=(("/complaints/2/answer", {"words": "mended"}),)),
    "complaints.close": Case(acts=(("/complaints/2/close", {}),)),
    "complaints.reopen": Case(acts=(("/complaints/2/reopen", {}),)),
    "exports.complaints": Case(
        asked=tuple(f"/exports/complaints.csv{each}" for each in _BASES),
        foreign=("/exports/complaints.csv?province=50",),
    ),
    "api_voices.complaints": Case(
        asked=("/api/v1/complaints", "/api/v1/complaints?figures=proxy-test"),
        foreign=("/api/v1/complaints?province=50", "/api/v1/complaints?province=50&facility=10713"),
    ),
    "ratings.overview": Case(
        asked=("/ratings", *(f"/ratings{each}" for each in _BASES)), foreign=("/ratings?province=50",)
    ),
    "api_voices.ratings": Case(asked=("/api/v1/ratings",), foreign=("/api/v1/ratings?province=50",)),
    "api.announcements": Case(asked=("/api/v1/announcements",)),
    "exports.coverage": Case(asked=tuple(f"/exports/coverage.csv{each}" for each in (*_BASES, _YEAR))),
    "exports.funnel": Case(asked=tuple(f"/exports/funnel.csv{each}" for each in _BASES)),
    "kiosk.overview": Case(
        asked=tuple(f"/devices/{UDON.name}-{n}{lang}" for n in (1, 2, 3) for lang in ("", "?lang=en")),
        foreign=(f"/devices/{CHIANG_MAI.name}-1", "/devices/never-was"),
    ),
    "kiosk.name_helper": Case(acts=((f"/devices/{CHIANG_MAI.name}-3/helper", {"helper": "Malee", "minutes": "5"}),)),
    "kiosk.report_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-1/loss", {"kind": "stolen"}),)),
    "kiosk.confirm_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/loss/confirm", {"sure": "yes"}),)),
    "kiosk.withdraw_loss": Case(acts=((f"/devices/{CHIANG_MAI.name}-2/loss/withdraw", {}),)),
    "alerts.overview": Case(asked=("/alerts", "/alerts?lang=en")),
    "alerts.acknowledge": Case(acts=tuple((f"/alerts/{n}/acknowledge", {}) for n in (4, 5, 6, 99))),
    "alerts.clear": Case(acts=tuple((f"/alerts/{n}/clear", {}) for n in (4, 5, 6, 99))),
    "api.alerts": Case(asked=("/api/v1/alerts",)),
    "week.overview": Case(
        asked=("/week", *(f"/week{each}" for each in _BASES), "/week?ending=2026-11-13", "/week?province=41"),
        foreign=("/week?province=50", "/week?province=50&ending=2026-11-13"),
    ),
    "exports.week": Case(
        asked=tuple(f"/exports/week.txt{each}" for each in _BASES), foreign=("/exports/week.txt?province=50",)
    ),
    "api_week.overview": Case(
        asked=("/api/v1/week", "/api/v1/week?figures=proxy-test"), foreign=("/api/v1/week?province=50",)
    ),
    "api.device": Case(asked=(f"/api/v1/devices/{UDON.name}-2",), foreign=(f"/api/v1/devices/{CHIANG_MAI.name}-2",)),
    "api.morning": Case(
        asked=("/api/v1/morning", "/api/v1/morning?figures=proxy-test"), foreign=("/api/v1/morning?province=50",)
    ),
    "api.coverage": Case(
        asked=(
            "/api/v1/coverage",
            f"/api/v1/coverage{_YEAR}",
            "/api/v1/coverage?region=1",
            "/api/v1/coverage?figures=proxy-test",
        )
    ),
    "api.province": Case(
        asked=("/api/v1/coverage/41",), foreign=("/api/v1/coverage/50", f"/api/v1/coverage/50{_YEAR}")
    ),
    "api.funnel": Case(asked=("/api/v1/funnel", "/api/v1/funnel?region=1")),
    "api.indicators": Case(asked=("/api/v1/indicators",)),
    "api.devices": Case(asked=("/api/v1/devices", "/api/v1/devices?page=2")),
}


@pytest.fixture
def tenants(engine: Engine) -> Engine:
    fill(engine)
    return engine


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
    before = everything(tenants)
    for endpoint, case in CASES.items():
        for address in case.foreign:
            answer = client.get(address)
            assert answer.status_code in DENIED, (endpoint, address)
            assert [mark for mark in CHIANG_MAI.marks if mark in answer.text] == []
        for address, form in case.acts:
            answer = client.post(address, **form)
            assert answer.status_code in {HTTPStatus.CONFLICT, *DENIED}, (endpoint, address)
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
    ):
        answer = client.post(address, **form)
        assert answer.status_code == HTTPStatus.SEE_OTHER, (address, answer.text)
