# SPDX-License-Identifier: Apache-2.0
"""To a provider and back: who gets in by it, and that nobody else's way leads anywhere."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import func, select

from fleet import audit
from fleet.operators import accounts, identities
from fleet.operators.identities import Identity
from fleet.operators.provider import Client, IdentityRefusedError, Provider, Way
from fleet.store.operator_tables import operator, operator_errand, operator_session
from fleet.store.session import open_engine, reading, unit_of_work
from fleet.web.app import create_app
from fleet.web.supplies import SignIn
from tests.fleet.operators.people import KEY, KEY_BYTES, PASSWORD, Person, somebody
from tests.fleet.web.browsing import NEEDS_CHROMIUM, PHONE, press
from tests.fleet.web.process import closed_settings_file, running
from tests.fleet.web.signed_in import HERE, token_of
from tests.simulators import glewlwyd as real
from tests.simulators.broker import free_port
from tests.simulators.lying_provider import CLIENT, SECRET, LyingProvider, signed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from playwright.sync_api import Page
    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

    from tests.fleet.web.browsing import Pages

NEEDS_GLEWLWYD = pytest.mark.skipif(
    not (real.UNPACKED / "usr/bin/glewlwyd").exists(), reason="needs Debian's glewlwyd, which make unpacks"
)


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@dataclass(frozen=True, slots=True)
class Scene:
    """A console, a provider that lies when it is told to, and one account."""

    books: Engine
    liar: LyingProvider
    person: Person

    def browser(self) -> FlaskClient:
        """Open a browser that nobody has used."""
        client = Client("ThaiD ทดสอบ", self.liar.issuer, CLIENT, SECRET)
        return create_app(self.books, sign_in=SignIn(KEY, provider=Provider(client, httpx.Timeout(60.0)))).test_client()

    def leave(self, browser: FlaskClient, to: str = "") -> dict[str, str]:
        """Leave for the provider; what it is asked."""
        sent = browser.get("/sign-in/provider", query_string={"to": to} if to else {})
        assert sent.status_code == 303, sent.text
        return asked(sent.headers["Location"])

    def come_back(
        self, browser: FlaskClient, sent: dict[str, str], subject: str = "kanda", **said: str
    ) -> TestResponse:
        """Come back as somebody."""
        self.liar.token = signed(self.liar.claims(sent["nonce"], {"sub": subject}), self.liar.key)
        return browser.get("/sign-in/provider/return", query_string={"code": "c", "state": sent["state"], **said})

    def link(self, subject: str = "kanda") -> None:
        """Link the account, as an administrator does."""
        with unit_of_work(self.books) as connection:
            account = accounts.named(connection, self.person.name)
            identities.link(connection, account, Identity(self.liar.issuer, subject), KEY, now_ms())

    def sign_in(self) -> FlaskClient:
        """Sign in with password and code."""
        browser = self.browser()
        said = {"name": self.person.name, "password": PASSWORD, "code": self.person.code(now_ms())}
        said["token"] = token_of(browser.get("/sign-in"))
        assert browser.post("/sign-in", data=said, headers={"Origin": HERE}).status_code == 303
        return browser


def asked(address: str) -> dict[str, str]:
    return {name: each for name, (each,) in parse_qs(urlsplit(address).query).items()}


def ticket_of(page: TestResponse) -> str:
    return page.text.partition('name="ticket" value="')[2].partition('"')[0]


def prove(browser: FlaskClient, page: TestResponse, code: str, ticket: str = "") -> TestResponse:
    said = {"code": code, "ticket": ticket or ticket_of(page), "token": token_of(page)}
    return browser.post("/sign-in/provider", data=said, headers={"Origin": HERE})


def now_s() -> int:
    return now_ms() // 1000


def later(browser_code_ms: int) -> int:
    """A step of time whose code was not used yet, and which a clock may be wrong by."""
    return browser_code_ms + 30_000


@pytest.fixture
def scene(books: Engine) -> Iterator[Scene]:
    liar = LyingProvider()
    with liar.serving():
        yield Scene(books, liar, somebody(books))


def sessions_open(books: Engine) -> int:
    with reading(books) as connection:
        return connection.execute(select(func.count()).select_from(operator_session)).scalar_one()


def test_whoever_is_linked_signs_in_with_the_code_after_the_provider(scene: Scene) -> None:
    scene.link()
    browser = scene.browser()
    assert "ThaiD ทดสอบ" in browser.get("/sign-in").text
    page = scene.come_back(browser, scene.leave(browser, "/coverage?lang=en"))
    assert (page.status_code, sessions_open(scene.books)) == (200, 0)
    assert browser.get("/coverage").status_code == 303  # the provider alone opens nothing
    wrong = prove(browser, page, "000000")
    assert (wrong.status_code, sessions_open(scene.books)) == (403, 0)
    answer = prove(browser, wrong, scene.person.code(now_ms()))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/coverage?lang=en")
    assert browser.get("/coverage").status_code == 200
    with reading(scene.books) as connection:
        (entry,) = audit.entries(connection)
    assert (entry.act, entry.detail) == ("account.signed_in", {"by": "provider"})


def test_who_is_linked_to_no_account_is_told_what_to_do_and_becomes_none(scene: Scene) -> None:
    browser = scene.browser()
    page = scene.come_back(browser, scene.leave(browser))
    assert page.status_code == 403
    assert "kanda" not in page.text
    with reading(scene.books) as connection:
        assert len(accounts.read_all(connection)) == 1


def test_a_disabled_account_is_no_account_also_between_the_two_steps(scene: Scene) -> None:
    scene.link()
    browser = scene.browser()
    page = scene.come_back(browser, scene.leave(browser))
    with unit_of_work(scene.books) as connection:
        accounts.disable(connection, scene.person.name, now_ms())
    assert prove(browser, page, scene.person.code(now_ms())).status_code == 403
    assert scene.come_back(browser, scene.leave(browser)).status_code == 403
    assert sessions_open(scene.books) == 0


def test_an_answer_is_taken_once_and_in_the_browser_that_asked(scene: Scene) -> None:
    scene.link()
    mine, theirs = scene.browser(), scene.browser()
    sent = scene.leave(mine)
    theirs.get("/sign-in")
    for browser, state in ((theirs, sent["state"]), (mine, "another"), (mine, ""), (mine, "x" * 9000)):
        assert scene.come_back(browser, sent | {"state": state}).status_code == 403
    assert scene.come_back(mine, sent).status_code == 200
    assert scene.come_back(mine, sent).status_code == 403  # replayed


def test_another_browsers_answer_put_into_mine_signs_nobody_in(scene: Scene) -> None:
    scene.link("attacker")
    mine, theirs = scene.browser(), scene.browser()
    begun_here, begun_there = scene.leave(mine), scene.leave(theirs)
    scene.liar.token = signed(scene.liar.claims(begun_there["nonce"], {"sub": "attacker"}), scene.liar.key)
    page = mine.get("/sign-in/provider/return", query_string={"code": "theirs", "state": begun_here["state"]})
    assert page.status_code == 403
    assert scene.liar.seen[-1]["code_verifier"] != ""


def test_the_second_step_belongs_to_its_browser_and_is_good_once(scene: Scene) -> None:
    scene.link()
    mine, theirs = scene.browser(), scene.browser()
    page = scene.come_back(mine, scene.leave(mine))
    stolen = prove(theirs, theirs.get("/sign-in"), scene.person.code(now_ms()), ticket_of(page))
    assert stolen.status_code == 403
    assert prove(mine, page, scene.person.code(now_ms())).status_code == 303
    assert prove(mine, mine.get("/sessions"), scene.person.code(now_ms()), ticket_of(page)).status_code == 403


def test_whoever_guesses_codes_after_the_provider_waits(scene: Scene) -> None:
    scene.link()
    browser = scene.browser()
    page = scene.come_back(browser, scene.leave(browser))
    for status in (403, 403, 403, 429):
        page = prove(browser, page, "000000")
        assert page.status_code == status
    assert page.headers["Retry-After"] == "1"


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_the_way_back_leads_to_no_other_place(scene: Scene, to: str) -> None:
    scene.link()
    browser = scene.browser()
    page = scene.come_back(browser, scene.leave(browser, to))
    assert prove(browser, page, scene.person.code(now_ms())).headers["Location"] == "/"


@pytest.mark.parametrize("said", [{"iss": "https://another.example"}, {"code": "", "error": "access_denied"}])
def test_another_issuers_answer_and_a_refusal_are_told_and_sign_nobody_in(scene: Scene, said: dict[str, str]) -> None:
    scene.link()
    browser = scene.browser()
    page = scene.come_back(browser, scene.leave(browser), **said)
    assert (page.status_code, len(scene.liar.seen)) == (403, 0)
    assert "access_denied" not in page.text


def test_a_provider_that_is_down_leaves_name_password_and_code(scene: Scene) -> None:
    scene.liar.status = 503
    page = scene.browser().get("/sign-in/provider?lang=en")
    assert page.status_code == 502
    assert "sign in with name, password and code" in page.text


def test_the_owner_links_with_password_and_code_and_ends_the_link(scene: Scene) -> None:
    browser = scene.sign_in()
    page = browser.get("/sign-in/ways?lang=en")
    assert "Not linked" in page.text
    said = {"token": token_of(page), "password": PASSWORD + "x", "code": "000000"}
    refused = browser.post("/sign-in/ways/provider", data=said, headers={"Origin": HERE})
    assert (refused.status_code, b"state=" in refused.data) == (403, False)
    said |= {"password": PASSWORD, "code": scene.person.code(later(now_ms()))}
    leaving = browser.post("/sign-in/ways/provider", data=said, headers={"Origin": HERE})
    assert leaving.status_code == 200, leaving.text
    to = leaving.text.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    back = scene.come_back(browser, asked(to))
    assert (back.status_code, back.headers["Location"]) == (303, "/sign-in/ways")
    assert "Linked on" in browser.get("/sign-in/ways?lang=en").text
    ended = browser.post("/sign-in/ways/provider/end", data={"token": said["token"]}, headers={"Origin": HERE})
    assert ended.status_code == 303
    assert "Not linked" in browser.get("/sign-in/ways?lang=en").text
    with reading(scene.books) as connection:
        acts = [entry.act for entry in audit.entries(connection)]
    assert acts == ["account.signed_in", "account.linked", "account.unlinked"]


def test_an_answer_to_a_sign_in_links_nobody_and_one_to_a_link_signs_nobody_in(scene: Scene) -> None:
    signed_in, stranger = scene.sign_in(), scene.browser()
    sent = scene.leave(stranger)
    assert scene.come_back(signed_in, sent).status_code == 403
    assert "ยังไม่ได้เชื่อม" in signed_in.get("/sign-in/ways").text


def test_console_without_a_provider_has_no_such_way(books: Engine) -> None:
    browser = create_app(books, sign_in=SignIn(KEY)).test_client()
    assert "/sign-in/provider" not in browser.get("/sign-in").text
    for address in ("/sign-in/provider", "/sign-in/provider/return?code=a&state=b"):
        assert browser.get(address).status_code == 404


def test_begun_ways_are_forgotten(scene: Scene) -> None:
    for _ in range(3):
        scene.leave(scene.browser())
    with unit_of_work(scene.books) as connection:
        connection.execute(operator_errand.update().values(until_ms=now_ms()))
    scene.leave(scene.browser())
    with reading(scene.books) as connection:
        assert connection.execute(select(func.count()).select_from(operator_errand)).scalar_one() == 1


@dataclass(frozen=True, slots=True)
class Office:
    """The real provider and the real console, each a process."""

    console: str
    issuer: str
    books: Engine


@pytest.fixture(scope="module")
def office(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder, port = tmp_path_factory.mktemp("office"), free_port()
    shutil.copy(sqlite_template, folder / "fleet.db")
    (folder / "client.secret").write_text(real.SECRET + "\n")
    console = f"http://localhost:{port}"
    engine = open_engine(f"sqlite:///{folder / 'fleet.db'}")
    with real.glewlwyd(folder, free_port(), f"{console}/sign-in/provider/return") as provider:
        more = f"""profile = "test"
[web.provider]
name = "Glewlwyd"
issuer = "{provider.issuer}"
client_id = "{real.CLIENT}"
client_secret = "client.secret"
"""
        settings = closed_settings_file(folder, folder / "fleet.db", KEY_BYTES, more)
        settings.write_text(settings.read_text().replace("port = 0", f"port = {port}"))
        with running(settings):
            yield Office(console, provider.issuer, engine)
    engine.dispose()


def forget_codes(books: Engine) -> None:
    """Let a code be taken again, instead of waiting half a minute for the next."""
    with unit_of_work(books) as connection:
        connection.execute(operator.update().values(totp_step=0))


def at_glewlwyd(page: Page) -> None:
    """Sign in on its own page, and let it lead back."""
    page.locator("#username").fill(real.PERSON)
    page.locator("#password").fill(real.PASSWORD)
    page.get_by_role("button", name="OK").click()
    page.get_by_role("button", name="Continue").click()


@NEEDS_GLEWLWYD
class TestRealProvider:
    """In Chromium and by the real glewlwyd."""

    pytestmark = NEEDS_CHROMIUM

    def test_one_links_at_the_provider_and_signs_in_by_it(self, pages: Pages, office: Office) -> None:
        pages.foreign.append(office.issuer.removesuffix("/api/oidc"))
        person = somebody(office.books)
        page = pages.signed_in(f"{office.console}/sign-in/ways?lang=en", person)
        form = page.locator('form[action*="ways/provider"]')
        form.locator('input[name="password"]').fill(PASSWORD)
        form.locator('input[name="code"]').fill(person.code(later(now_ms())))
        page.get_by_role("button", name="Link Glewlwyd").click()
        page.get_by_role("link", name="Go on to Glewlwyd").click()
        at_glewlwyd(page)
        page.wait_for_url(f"{office.console}/sign-in/ways?lang=en")
        page.get_by_text("Linked on").wait_for()
        other = pages.open(PHONE)
        other.goto(f"{office.console}/devices?lang=en")
        other.get_by_role("link", name="Sign in with Glewlwyd").click()
        at_glewlwyd(other)
        other.get_by_text("You are คุณsomsri").wait_for()
        assert office.console in other.url
        forget_codes(office.books)
        other.locator('input[name="code"]').fill(person.code(now_ms()))
        press(other, "Enter")
        assert other.url == f"{office.console}/devices?lang=en"

    def test_a_code_of_the_real_provider_is_good_once(self, pages: Pages, office: Office) -> None:
        pages.foreign.append(office.issuer.removesuffix("/api/oidc"))
        provider = Provider(Client("G", office.issuer, real.CLIENT, real.SECRET), httpx.Timeout(60.0))
        way = Way(f"{office.console}/sign-in/provider/return", "a state", "a nonce", "v" * 64)
        page = pages.open(PHONE)
        codes = []
        for n in range(2):
            page.goto(provider.address(way, now_s()))
            if n == 0:
                at_glewlwyd(page)
            else:
                page.get_by_role("button", name="Continue").click()
            page.wait_for_url(f"{way.back}?*")  # where the console does not know this state, and leaves the code alone
            codes.append(asked(page.url)["code"])
        with pytest.raises(IdentityRefusedError):
            provider.identity(codes[0], replace(way, verifier="w" * 64), now_s())
        assert provider.identity(codes[1], way, now_s()).issuer == office.issuer
        with pytest.raises(IdentityRefusedError):
            provider.identity(codes[1], way, now_s())
