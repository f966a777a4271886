# SPDX-License-Identifier: Apache-2.0
"""Passkeys in a real browser with a device that Chromium makes up: added, used, refused, removed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from fleet import audit
from fleet.operators import accounts, passkeys
from fleet.store.operator_tables import operator, operator_passkey
from fleet.store.session import open_engine, reading, unit_of_work
from tests.fleet.operators.people import KEY_BYTES, PASSWORD, Person, somebody
from tests.fleet.web.browsing import CONTRAST, IS_NARROW_ENOUGH, NEEDS_CHROMIUM, PHONE, Pages
from tests.fleet.web.process import closed_settings_file, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import CDPSession, Page
    from sqlalchemy import Engine

pytestmark = NEEDS_CHROMIUM


@dataclass(frozen=True, slots=True)
class Device:
    """A made-up device in a browser, that verifies its person or does not."""

    session: CDPSession
    number: str

    @classmethod
    def of(cls, page: Page, *, verifies: bool = True) -> Device:
        """Give a page's browser one."""
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": verifies, "automaticPresenceSimulation": True}
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, made["authenticatorId"])

    def keys(self) -> list[dict[str, Any]]:
        """What it holds."""
        found: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.number})[
            "credentials"
        ]
        return found

    def put(self, key: dict[str, Any], **other: object) -> None:
        """Put a copy of a key into it."""
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.number, "credential": key | other})


@dataclass(frozen=True, slots=True)
class Console:
    """A running console and its database."""

    address: str
    books: Engine


@pytest.fixture(scope="module")
def console(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(sqlite_template, folder / "fleet.db")
    engine = open_engine(f"sqlite:///{folder / 'fleet.db'}")
    with running(closed_settings_file(folder, folder / "fleet.db", KEY_BYTES)) as address:
        yield Console(address.replace("127.0.0.1", "localhost"), engine)
    engine.dispose()


def later_code(person: Person) -> str:
    return person.code(int(datetime.now(UTC).timestamp() * 1000) + 30_000)


def added(pages: Pages, console: Console, name: str) -> tuple[Person, Page, Device]:
    """Somebody who has signed in and added a passkey."""
    person = somebody(console.books, name)
    page = pages.signed_in(f"{console.address}sign-in/ways?lang=en", person)
    device = Device.of(page)
    page.locator('form[action*="passkeys"] input[name="password"]').fill(PASSWORD)
    page.locator('form[action*="passkeys"] input[name="code"]').fill(later_code(person))
    page.get_by_role("button", name="Add a passkey").click()
    page.locator('input[name="name"]').fill("เครื่องที่ทำงาน")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_role("rowheader", name="เครื่องที่ทำงาน").wait_for()
    return person, page, device


def use(page: Page, console: Console) -> None:
    """Leave the session that there is, and ask for a passkey on the way to a page."""
    page.context.clear_cookies()
    page.goto(f"{console.address}devices?lang=en")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.get_by_role("button", name="Use a passkey").click()


def row(console: Console, person: Person) -> Any:  # noqa: ANN401 - a row
    with reading(console.books) as connection:
        joined = select(operator_passkey).join_from(operator_passkey, operator).where(operator.c.name == person.name)
        return connection.execute(joined).one()


def test_a_passkey_is_added_and_signs_in_alone(pages: Pages, console: Console) -> None:
    person, page, device = added(pages, console, "somsri")
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(IS_NARROW_ENOUGH)
    (key,) = device.keys()
    assert key["isResidentCredential"]
    use(page, console)
    page.wait_for_url(f"{console.address}devices?lang=en")
    assert row(console, person).uses > 0
    with reading(console.books) as connection:
        told = [(entry.act, entry.detail) for entry in audit.entries(connection) if entry.subject == person.name]
    assert [act for act, _ in told] == ["account.signed_in", "account.passkey_added", "account.signed_in"]
    assert told[-1][1] == {"by": "passkey"}


def test_a_removed_passkey_and_a_disabled_account_open_nothing(pages: Pages, console: Console) -> None:
    person, page, _ = added(pages, console, "malee")
    with unit_of_work(console.books) as connection:
        accounts.disable(connection, person.name, 1)
    use(page, console)
    page.get_by_text("This passkey opens no account here").wait_for()
    with unit_of_work(console.books) as connection:
        connection.execute(operator.update().values(disabled_ms=None))
        whose = accounts.named(connection, person.name)
        other = accounts.named(connection, somebody_else(connection, person))
        (own,) = passkeys.read_all(connection, whose)
        assert not passkeys.end(connection, other, own.number)
        assert passkeys.end(connection, whose, own.number)
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("This passkey opens no account here").wait_for()


def somebody_else(connection: Any, person: Person) -> str:  # noqa: ANN401 - a connection
    name: str = connection.execute(select(operator.c.name).where(operator.c.name != person.name)).scalars().first()
    return name


def test_a_copy_of_a_passkey_is_found_by_its_count(pages: Pages, console: Console) -> None:
    person, page, device = added(pages, console, "kanda")
    (key,) = device.keys()
    use(page, console)
    page.wait_for_url(f"{console.address}devices?lang=en")
    other = pages.open(PHONE)
    Device.of(other).put(key)  # as it counted before
    use(other, console)
    other.get_by_text("This passkey opens no account here").wait_for()
    assert row(console, person).uses > key["signCount"]


def test_a_device_that_does_not_verify_its_person_signs_nobody_in(pages: Pages, console: Console) -> None:
    _, _, device = added(pages, console, "wanida")
    (key,) = device.keys()
    page = pages.open(PHONE)
    Device.of(page, verifies=False).put(key, signCount=100)
    use(page, console)
    page.get_by_text("The device gave no passkey").wait_for()


def test_a_device_that_was_never_added_signs_nobody_in(pages: Pages, console: Console) -> None:
    person, page, _ = added(pages, console, "pranee")
    with unit_of_work(console.books) as connection:
        for each in passkeys.read_all(connection, accounts.named(connection, person.name)):
            passkeys.end(connection, accounts.named(connection, person.name), each.number)
    use(page, console)
    page.get_by_text("This passkey opens no account here").wait_for()


def test_an_answer_is_good_once_and_for_its_own_challenge(pages: Pages, console: Console) -> None:
    _, page, _ = added(pages, console, "chaluay")
    sent: list[str] = []
    page.on("request", lambda each: sent.append(each.post_data or "") if each.url.endswith("passkey?lang=en") else None)
    use(page, console)
    page.wait_for_url(f"{console.address}devices?lang=en")
    (answer,) = (each for each in sent if "answer=" in each)
    page.context.clear_cookies()
    page.goto(f"{console.address}sign-in/passkey?lang=en")
    for ticket in ("page", "replayed"):  # the fresh ticket of the page with the old answer, then the old with its own
        page.evaluate(
            """([body, fresh]) => {
              const form = document.querySelector("form[data-passkey]"), old = new URLSearchParams(body);
              form.elements.answer.value = old.get("answer");
              if (!fresh) form.elements.ticket.value = old.get("ticket");
            }""",
            [answer, ticket == "page"],
        )
        with page.expect_navigation():
            page.evaluate("document.querySelector('form[data-passkey]').submit()")
        page.get_by_text("This passkey opens no account here").wait_for()


def test_without_script_the_page_says_what_works(pages: Pages, console: Console) -> None:
    context = pages.browser.new_context(java_script_enabled=False, viewport={"width": PHONE, "height": 900})
    page = context.new_page()
    page.goto(f"{console.address}sign-in?lang=en")
    page.get_by_role("link", name="Sign in with a passkey").click()
    page.get_by_text("Name, password and code work without it.").wait_for()
    assert page.get_by_role("button", name="Use a passkey").count() == 0
    page.get_by_role("link", name="Back to the sign-in").click()
    page.locator('input[name="password"]').wait_for()
