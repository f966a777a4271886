# SPDX-License-Identifier: Apache-2.0
"""Who gets in, by every address there is, and how one signs in and out."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from fleet import audit
from fleet.operators import accounts, api_tokens, sessions
from fleet.store.operator_tables import operator_session
from fleet.store.session import reading, unit_of_work
from fleet.web import gate
from fleet.web.headers import HEADERS
from fleet.web.paces import AT_ONCE, EVERY_MS
from tests.fleet.books import NOW_MS, add_kiosk, bring_samples, complain, hand_over, propose_rollout
from tests.fleet.operators.people import PASSWORD, STEP_MS, Person, somebody
from tests.fleet.web.signed_in import HERE, Clock, closed, sign_in, token_of

if TYPE_CHECKING:
    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine

ELSEWHERE = "https://console.example"
STEP = timedelta(milliseconds=STEP_MS)

# What whoever has not signed in is answered where it is not a way to the sign-in, or 401 of the API.
OPEN, LEADS_TO_SIGN_IN, UNAUTHORIZED = HTTPStatus.OK, HTTPStatus.SEE_OTHER, HTTPStatus.UNAUTHORIZED
STRANGERS_GET = {
    "static": OPEN,
    "api.healthz": OPEN,
    "metrics.metrics": OPEN,
    "signing_in.form": OPEN,
    "signing_in.enter": HTTPStatus.FORBIDDEN,  # the form was not fetched first
    "passkeys.form": OPEN,
    "passkeys.enter": HTTPStatus.FORBIDDEN,
    "at_provider.start": HTTPStatus.NOT_FOUND,  # no provider is set up
    "at_provider.back": HTTPStatus.NOT_FOUND,
    "at_provider.prove": HTTPStatus.FORBIDDEN,
}
FILLED = {
    "code": "41",
    "filename": "console.css",
    "number": 1,
    "name": "udon-01",
    "kind": "official",
    "ending": "csv",
    "form": "csv",
}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def console(books: Engine, clock: Clock) -> APIFlask:
    return closed(books, clock)


@pytest.fixture
def client(console: APIFlask) -> FlaskClient:
    return console.test_client()


@pytest.fixture
def person(books: Engine) -> Person:
    return somebody(books, role=accounts.Role.APPROVER)


def addresses(console: APIFlask) -> list[tuple[str, str, str]]:
    """Each endpoint with an address of it and the method by which it is asked."""
    adapter = console.url_map.bind("localhost")
    return [
        (
            rule.endpoint,
            adapter.build(rule.endpoint, {name: FILLED[name] for name in rule.arguments}),
            "GET" if "GET" in (rule.methods or ()) else "POST",
        )
        for rule in console.url_map.iter_rules()
    ]


def test_no_address_but_the_open_ones_answers_a_stranger(console: APIFlask) -> None:
    found = addresses(console)
    assert {endpoint for endpoint, _, _ in found} > set(STRANGERS_GET)
    for endpoint, address, method in found:
        turned_away = UNAUTHORIZED if address.startswith("/api/") else LEADS_TO_SIGN_IN
        answer = console.test_client().open(address, method=method, buffered=True)
        assert answer.status_code == STRANGERS_GET.get(endpoint, turned_away), endpoint
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, endpoint
        if answer.status_code == LEADS_TO_SIGN_IN:
            assert answer.headers["Location"].startswith("/sign-in"), endpoint
            assert answer.text == ""


def test_the_lists_of_what_is_open_name_addresses_that_are_there(console: APIFlask) -> None:
    assert {endpoint for endpoint, status in STRANGERS_GET.items() if status is OPEN} <= (
        gate.OPEN | gate.OPEN_ON_THIS_MACHINE
    )
    assert set(console.view_functions) >= gate.OPEN | gate.OPEN_ON_THIS_MACHINE


@pytest.mark.parametrize("address", ["/nope", "/api/nope"])
def test_an_address_that_is_not_there_tells_strangers_nothing_either(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == (UNAUTHORIZED if address.startswith("/api/") else LEADS_TO_SIGN_IN)


@pytest.mark.usefixtures("papers_as_they_are_written")
def test_whoever_signed_in_sees_every_page_and_asks_the_api(
    client: FlaskClient, console: APIFlask, person: Person, clock: Clock, books: Engine
) -> None:
    assert sign_in(client, person, clock).status_code == 303
    add_kiosk(books, str(FILLED["name"]))
    bring_samples(books)
    complain(books)
    hand_over(books, str(FILLED["name"]))
    propose_rollout(books)
    for endpoint, address, method in addresses(console):
        if method == "GET":
            answer = client.get(address, buffered=True)
            assert answer.status_code in (200, 302, STRANGERS_GET.get(endpoint, 200)), endpoint
    assert "คุณsomsri" in client.get("/coverage").text
    assert client.get("/nope").status_code == 404
    assert client.post("/coverage").status_code == 405


def test_the_page_that_was_wanted_is_shown_after_signing_in(client: FlaskClient, person: Person, clock: Clock) -> None:
    leads = client.get("/coverage/41?year=2569&figures=official&lang=en")
    assert leads.headers["Location"].startswith("/sign-in?")
    assert "lang=en" in leads.headers["Location"]
    page = client.get(leads.headers["Location"])
    assert 'name="to" value="/coverage/41?year=2569&amp;figures=official&amp;lang=en"' in page.text
    answer = sign_in(client, person, clock, to="/coverage/41?year=2569&figures=official&lang=en")
    assert answer.headers["Location"] == "/coverage/41?year=2569&figures=official&lang=en"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x", "/a%0d"])
def test_signing_in_leads_to_no_other_place(client: FlaskClient, person: Person, clock: Clock, to: str) -> None:
    assert sign_in(client, person, clock, to=to).headers["Location"] == "/"


def test_a_sign_in_gives_a_fresh_id_and_what_was_in_the_browser_before_opens_nothing(
    console: APIFlask, client: FlaskClient, person: Person, clock: Clock
) -> None:
    client.set_cookie("dipchip", "planted-by-somebody-else")
    sign_in(client, person, clock)
    cookie = client.get_cookie("dipchip")
    assert cookie is not None
    assert len(cookie.value) == 43
    other = console.test_client()
    other.set_cookie("dipchip", "planted-by-somebody-else")
    assert other.get("/coverage").status_code == 303
    clock.go(STEP)
    client.set_cookie("dipchip", cookie.value)
    page = client.get("/sessions")
    said = {"name": person.name, "password": PASSWORD, "code": person.code(clock.ms), "token": token_of(page)}
    client.post("/sign-in", data=said, headers={"Origin": HERE})
    other.set_cookie("dipchip", cookie.value)
    assert other.get("/coverage").status_code == 303  # the one before has ended


def test_the_cookie_is_closed_to_scripts_and_other_sites(books: Engine, clock: Clock, person: Person) -> None:
    plain = sign_in(closed(books, clock).test_client(), person, clock).headers["Set-Cookie"]
    assert plain.startswith("dipchip=")
    assert plain.endswith("; HttpOnly; Path=/; SameSite=Lax")
    clock.go(STEP)
    answer = sign_in(closed(books, clock, ELSEWHERE).test_client(), person, clock, origin=ELSEWHERE)
    assert answer.headers["Set-Cookie"].startswith("__Host-dipchip=")
    assert answer.headers["Set-Cookie"].endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")


@pytest.mark.parametrize(("origin", "told"), [("", True), (ELSEWHERE, False)])
def test_a_connection_without_tls_is_told(books: Engine, clock: Clock, origin: str, *, told: bool) -> None:
    page = closed(books, clock, origin).test_client().get("/sign-in?lang=en", base_url=origin or HERE)
    assert ("This connection is not encrypted" in page.text) == told


@pytest.mark.parametrize(("name", "status"), [("somsri", 403), ("nobody", 403), ("", 403), ("<b>typed passw0rd", 403)])
def test_a_wrong_attempt_says_what_to_do_and_not_whether_there_is_such_an_account(
    client: FlaskClient, person: Person, clock: Clock, name: str, status: int
) -> None:
    answer = sign_in(client, person, clock, name=name, password="wrong")  # noqa: S106 - not one
    assert answer.status_code == status
    said = answer.text.replace(f'value="{name}"', 'value=""')
    assert "ชื่อ รหัสผ่าน และรหัสจากแอปไม่ตรงกัน" in said
    assert "passw0rd" not in said
    assert client.get("/coverage").status_code == 303


def test_a_disabled_account_is_answered_as_one_that_never_was(
    client: FlaskClient, books: Engine, person: Person, clock: Clock
) -> None:
    with unit_of_work(books) as connection:
        accounts.disable(connection, person.name, NOW_MS)
    refused = sign_in(client, person, clock)
    unknown = sign_in(client, person, clock, name="nobody")
    assert refused.status_code == unknown.status_code == 403
    assert refused.text.replace("somsri", "nobody") == unknown.text


def test_too_many_attempts_are_told_how_long_to_wait(client: FlaskClient, person: Person, clock: Clock) -> None:
    for _ in range(4):
        sign_in(client, person, clock, password="wrong")  # noqa: S106 - not one
        clock.go(timedelta(seconds=1))
    answer = sign_in(client, person, clock)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert "รอ 1 วินาที แล้วลองใหม่" in answer.text
    clock.go(timedelta(seconds=1))
    assert sign_in(client, person, clock).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://localhost"},
        {"Origin": HERE, "Sec-Fetch-Site": "cross-site"},
        {"Origin": HERE, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_changes_nothing_even_with_its_token(
    client: FlaskClient, person: Person, clock: Clock, headers: dict[str, str]
) -> None:
    sign_in(client, person, clock)
    said = {"token": token_of(client.get("/sessions"))}
    for address in ("/sign-out", "/sign-in", "/sessions/1/end"):
        assert client.post(address, data=said, headers=headers).status_code == 403
    assert client.get("/coverage").status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "โทเค็น"])
def test_a_form_without_its_token_changes_nothing_even_from_here(
    client: FlaskClient, person: Person, clock: Clock, token: str
) -> None:
    sign_in(client, person, clock)
    for address in ("/sign-out", "/sign-in", "/sessions/1/end"):
        assert client.post(address, data={"token": token}, headers={"Origin": HERE}).status_code == 403
    assert client.get("/coverage").status_code == 200


def test_a_token_of_one_browsers_form_is_of_no_use_in_another(console: APIFlask, person: Person, clock: Clock) -> None:
    mine, theirs = console.test_client(), console.test_client()
    theirs.get("/sign-in")
    said = {"name": person.name, "password": PASSWORD, "code": person.code(clock.ms)}
    said["token"] = token_of(mine.get("/sign-in"))
    assert theirs.post("/sign-in", data=said, headers={"Origin": HERE}).status_code == 403


def test_signing_out_ends_the_session_and_not_only_the_cookie(
    client: FlaskClient, books: Engine, person: Person, clock: Clock
) -> None:
    sign_in(client, person, clock)
    cookie = client.get_cookie("dipchip")
    assert cookie is not None
    said = {"token": token_of(client.get("/coverage"))}
    assert client.post("/sign-out", data=said, headers={"Origin": HERE}).headers["Location"] == "/sign-in"
    client.set_cookie("dipchip", cookie.value)
    assert client.get("/coverage").status_code == 303
    with reading(books) as connection:
        assert [each.act for each in audit.entries(connection)] == ["account.signed_in", "account.signed_out"]


def test_a_session_ends_when_nobody_looks_for_a_quarter_of_an_hour(
    client: FlaskClient, person: Person, clock: Clock
) -> None:
    sign_in(client, person, clock)
    for _ in range(3):
        clock.go(timedelta(minutes=14))
        assert client.get("/coverage").status_code == 200
    clock.go(timedelta(minutes=15))
    assert client.get("/coverage").status_code == 303


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(
    console: APIFlask, books: Engine, person: Person, clock: Clock
) -> None:
    mine, lost, other = console.test_client(), console.test_client(), console.test_client()
    sign_in(lost, person, clock)
    clock.go(STEP)
    sign_in(mine, person, clock)
    sign_in(other, somebody(books, "malee"), clock)
    page = mine.get("/sessions?lang=en")
    assert page.text.count(">End it<") == 1
    assert page.text.count("This one") == 1
    with reading(books) as connection:
        theirs, first = (
            sessions.read_all(connection, accounts.named(connection, name), clock.ms)[-1].number
            for name in ("malee", "somsri")
        )
    said = {"token": token_of(page)}
    for number in (theirs, first, 999):
        assert mine.post(f"/sessions/{number}/end", data=said, headers={"Origin": HERE}).status_code == 303
    statuses = [each.get("/coverage").status_code for each in (mine, lost, other)]
    assert statuses == [200, 303, 200]


def test_a_token_asks_the_api_and_opens_no_page(client: FlaskClient, books: Engine, person: Person) -> None:
    add_kiosk(books, "udon-01")
    with unit_of_work(books) as connection:
        account = accounts.named(connection, person.name)
        token = api_tokens.make(connection, account, "a program", 1, NOW_MS)
    bearer = {"Authorization": f"Bearer {token}"}
    answer = client.get("/api/v1/devices", headers=bearer)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert client.get("/devices", headers=bearer).status_code == 303
    assert client.post("/api/v1/devices", headers=bearer).status_code == 405
    for wrong in (f"Bearer {token}x", f"Basic {token}", "Bearer ", token):
        refused = client.get("/api/v1/devices", headers={"Authorization": wrong})
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.mimetype == "application/problem+json"
    with unit_of_work(books) as connection:
        accounts.disable(connection, person.name, NOW_MS)
    assert client.get("/api/v1/devices", headers=bearer).status_code == 401


def test_the_apis_description_says_that_it_wants_a_token(client: FlaskClient, person: Person, clock: Clock) -> None:
    sign_in(client, person, clock)
    spec = client.get("/api/v1/openapi.json").json
    assert spec is not None
    assert spec["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
    assert spec["security"] == [{"token": []}]
    assert [path for path, asked in spec["paths"].items() if asked.get("get", {}).get("security") == []] == ["/healthz"]


def test_the_figures_for_prometheus_are_told_on_this_machine_only(books: Engine, clock: Clock) -> None:
    client = closed(books, clock, ELSEWHERE).test_client()
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", base_url=ELSEWHERE).status_code == 303
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 303
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": ""}).status_code == 303


@pytest.mark.parametrize(("base", "status"), [(ELSEWHERE, 200), (HERE, 200), ("https://other.example", 421)])
def test_the_console_answers_under_its_origins_name_too(books: Engine, clock: Clock, base: str, status: int) -> None:
    assert closed(books, clock, ELSEWHERE).test_client().get("/sign-in", base_url=base).status_code == status


def test_being_looked_at_is_written_down_once_a_minute_and_no_more(
    client: FlaskClient, books: Engine, person: Person, clock: Clock
) -> None:
    sign_in(client, person, clock)
    written = []
    for _ in range(3):
        clock.go(timedelta(seconds=40))
        client.get("/coverage")
        with reading(books) as connection:
            written.append(connection.execute(select(func.max(operator_session.c.seen_ms))).scalar_one() - NOW_MS)
    assert written == [0, 80_000, 80_000]


def test_a_token_that_asks_too_often_waits_and_another_does_not(
    client: FlaskClient, books: Engine, person: Person, clock: Clock
) -> None:
    with unit_of_work(books) as connection:
        account = accounts.named(connection, person.name)
        made = [api_tokens.make(connection, account, "a program", 1, NOW_MS) for _ in range(2)]
    busy, calm = ({"Authorization": f"Bearer {token}"} for token in made)
    asked = [client.get("/api/v1/announcements", headers=busy).status_code for _ in range(AT_ONCE + 1)]
    assert asked == [200] * AT_ONCE + [429]
    refused = client.get("/api/v1/announcements", headers=busy)
    assert (refused.mimetype, refused.headers["Retry-After"]) == ("application/problem+json", "1")
    assert client.get("/api/v1/announcements", headers=calm).status_code == 200
    clock.go(timedelta(milliseconds=EVERY_MS))
    again = [client.get("/api/v1/announcements", headers=busy).status_code for _ in range(2)]
    assert again == [200, 429]
    clock.go(timedelta(hours=1))
    assert client.get("/api/v1/announcements", headers=busy).status_code == 200


def test_a_session_in_a_browser_is_not_paced(client: FlaskClient, person: Person, clock: Clock) -> None:
    sign_in(client, person, clock)
    assert {client.get("/api/v1/announcements").status_code for _ in range(AT_ONCE + 1)} == {200}


def test_the_apis_description_says_how_often_it_may_be_asked(client: FlaskClient, person: Person, clock: Clock) -> None:
    sign_in(client, person, clock)
    spec = client.get("/api/v1/openapi.json").json
    assert spec is not None
    told = spec["paths"]["/api/v1/devices"]["get"]["responses"]["429"]
    assert told["headers"]["Retry-After"]["schema"] == {"type": "integer"}
    assert list(told["content"]) == ["application/problem+json"]
