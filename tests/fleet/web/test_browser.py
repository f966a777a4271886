# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser: no sideways scrolling, everything reachable by keyboard, nothing fetched elsewhere."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from fleet.operators.accounts import Role
from fleet.store.session import open_engine
from tests.fleet.books import add_kiosk, bring_samples, count, heard, raise_alarm, refuse, work
from tests.fleet.operators.people import KEY_BYTES, PASSWORD, somebody
from tests.fleet.web.process import closed_settings_file, console_process, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page
    from sqlalchemy import Engine

    from tests.fleet.operators.people import Person

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PAGES = (
    "/alerts",
    "/coverage?year=2569&figures=official",
    "/coverage/41?year=2570&figures=proxy-test",
    "/funnel?year=2570&figures=proxy-test",
    "/devices",
    "/devices/udon-general-hospital-lobby-0001",
    "/announcements",
    "/morning?province=41&figures=proxy-test",
    "/week?figures=proxy-test",
    "/imports",
    "/imports/2",
    "/x",
)

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(sqlite_template, folder / "fleet.db")
    engine = open_engine(f"sqlite:///{folder / 'fleet.db'}")
    fill(engine)
    engine.dispose()
    with console_process(folder, folder / "fleet.db") as found:
        yield found.removesuffix("/")


def fill(books: Engine) -> None:
    bring_samples(books)
    for state in ("submitted", "accepted", "activated"):
        count(books, "41", state, "2026-11-24", 2, profile="test")
    work(books, "41", "11013", "2026-11-24", 2, profile="test")
    add_kiosk(books, "udon-general-hospital-lobby-0001")
    heard(books, "udon-general-hospital-lobby-0001", reader="reader_service_down", oldest_unacked_s=90_000, outbox=61)
    raise_alarm(books, "udon-general-hospital-lobby-0001")
    refuse(books, "nobody-7", "unknown_kiosk", 12)


def page_of(browser: Browser, width: int, scheme: str = "light") -> Page:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    return context.new_page()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", ["th", "en"])
def test_no_page_scrolls_sideways_or_fetches_from_elsewhere(
    browser: Browser, address: str, width: int, language: str
) -> None:
    page = page_of(browser, width)
    fetched: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    for path in PAGES:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, path
    assert all(url.startswith(address) for url in fetched)
    assert [text for text in trouble if "404" not in text] == []
    page.context.close()


def tab_until(page: Page, wanted: str, most: int = 60) -> int:
    """Press Tab until the focus is on what is wanted, and tell how often."""
    for pressed in range(1, most + 1):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return pressed
    pytest.fail(f"{wanted} is not reached by {most} times Tab")


@pytest.mark.parametrize("width", [1280, 360])
def test_the_chooser_and_a_province_are_reached_by_keyboard_alone(browser: Browser, address: str, width: int) -> None:
    page = page_of(browser, width)
    page.goto(f"{address}/coverage?year=2569&figures=official&region=8")
    assert tab_until(page, "a.skip") == 1
    tab_until(page, 'select[name="period"]')
    page.keyboard.press("ArrowUp")
    tab_until(page, ".chooser button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "period=6" in page.url
    assert "region=8" in page.url
    tab_until(page, 'a[href^="/coverage/41"]')
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("h1").inner_text().startswith("อุดรธานี")
    page.context.close()


def test_a_morning_is_asked_for_and_followed_by_keyboard_alone(browser: Browser, address: str) -> None:
    page = page_of(browser, 360)
    page.goto(f"{address}/morning?lang=en")
    tab_until(page, 'select[name="province"]')
    page.keyboard.type("Udon")
    tab_until(page, ".chooser button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "province=41" in page.url
    tab_until(page, '.tasks a[href^="/devices"]')
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "/devices" in page.url
    page.context.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_one_signs_in_looks_and_signs_out_by_keyboard_alone(
    browser: Browser, sqlite_template: Path, tmp_path: Path, width: int
) -> None:
    shutil.copy(sqlite_template, tmp_path / "fleet.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    person = somebody(engine)
    engine.dispose()
    page = page_of(browser, width)
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    with running(closed_settings_file(tmp_path, tmp_path / "fleet.db", KEY_BYTES)) as address:
        page.goto(f"{address}devices?lang=en")
        assert page.locator("h1").inner_text() == "Sign in"
        for password in ("wrong", PASSWORD):
            focus = page.evaluate("document.activeElement.name")
            assert focus == ("name" if password == "wrong" else "password")  # noqa: S105 - not one
            if focus == "name":
                page.keyboard.type(person.name)
                page.keyboard.press("Tab")
            page.keyboard.type(password)
            page.keyboard.press("Tab")
            page.keyboard.type(person.code(time.time_ns() // 1_000_000))
            with page.expect_navigation():
                page.keyboard.press("Enter")
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            if password == "wrong":  # noqa: S105 - not one
                assert page.evaluate(CONTRAST) == []
                assert "Not signed in" in page.get_by_role("alert").inner_text()
        assert page.url == f"{address}devices?lang=en"
        tab_until(page, 'a[href^="/sessions"]')
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "127.0.0.1" in page.locator("tbody").inner_text()
        assert page.evaluate(CONTRAST) == []
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        tab_until(page, "tbody button")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        page.goto(f"{address}devices?lang=en")
        assert page.locator("h1").inner_text() == "Sign in"
    assert [text for text in trouble if "403" not in text] == []
    page.context.close()


def test_a_stolen_kiosk_is_reported_and_confirmed_by_two_people_with_the_keyboard(
    browser: Browser, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "fleet.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", outbox=3)
    somsri, malee = somebody(engine, "somsri", Role.OPERATOR), somebody(engine, "malee", Role.APPROVER)
    engine.dispose()
    with running(closed_settings_file(tmp_path, tmp_path / "fleet.db", KEY_BYTES)) as address:
        first = signed_in(browser, f"{address}devices/udon-01", somsri)
        tab_until(first, 'select[name="kind"]')
        first.keyboard.press("ArrowDown")
        tab_until(first, "button.danger")
        with first.expect_navigation():
            first.keyboard.press("Enter")
        assert "ถูกขโมย รอการยืนยัน" in first.locator("#loss + .note").inner_text()
        assert first.locator("button.danger").count() == 0
        second = signed_in(browser, f"{address}devices/udon-01", malee)
        tab_until(second, 'input[name="sure"]')
        second.keyboard.press("Space")
        tab_until(second, "button.danger")
        with second.expect_navigation():
            second.keyboard.press("Enter")
        assert "เพิกถอน" in second.locator(".facts").inner_text()
        assert "3 รายการที่ยังไม่ส่ง" in second.locator("main").inner_text()
        assert second.evaluate(CONTRAST) == []
        assert second.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        first.context.close()
        second.context.close()


def test_a_file_is_proposed_and_approved_by_two_people_on_a_phone(
    browser: Browser, sqlite_template: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, tmp_path / "fleet.db")
    engine = open_engine(f"sqlite:///{tmp_path / 'fleet.db'}")
    somsri, malee = somebody(engine, "somsri", Role.OPERATOR), somebody(engine, "malee", Role.APPROVER)
    engine.dispose()
    files = {"bad": "2026,8,1,2", "good": "2570,41,1,2"}
    for name, row in files.items():
        (tmp_path / f"{name}.csv").write_text(f"fiscal_year,province,b1,b2\n{row}\n")
    with running(closed_settings_file(tmp_path, tmp_path / "fleet.db", KEY_BYTES)) as address:
        first = signed_in(browser, f"{address}imports/new", somsri)
        for name in files:
            first.set_input_files('input[name="file"]', tmp_path / f"{name}.csv")
            first.fill('input[name="source"]', "NHSO")
            tab_until(first, "form.entry > button")
            with first.expect_navigation():
                first.keyboard.press("Enter")
            assert first.evaluate(CONTRAST) == []
            assert first.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
            if name == "bad":
                assert "รหัสจังหวัด 2 หลัก" in first.locator(".problems").inner_text()
        assert first.url == f"{address}imports/1"
        second = signed_in(browser, first.url, malee)
        tab_until(second, ".answers button")
        with second.expect_navigation():
            second.keyboard.press("Enter")
        assert "นำเข้าแล้ว" in second.locator(".lead").inner_text()
        assert second.evaluate(CONTRAST) == []
        first.context.close()
        second.context.close()


def signed_in(browser: Browser, address: str, person: Person) -> Page:
    """Open a page on a phone and sign in on the way."""
    page = page_of(browser, 360)
    page.goto(address)
    for name, typed in (("name", person.name), ("password", PASSWORD)):
        page.fill(f'input[name="{name}"]', typed)
    page.fill('input[name="code"]', person.code(time.time_ns() // 1_000_000))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url == address
    return page


CONTRAST = """
() => {
  const light = ([r, g, b]) => {
    const part = [r, g, b].map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = numbers(getComputedStyle(node).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some(child => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.closest('.unseen, .skip, option, svg title')) continue;
    const [a, b] = [light(numbers(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return [...new Set(poor)];
}
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(browser: Browser, address: str, scheme: str) -> None:
    page = page_of(browser, 1280, scheme)
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate(CONTRAST) == [], path  # WCAG 2.2, 1.4.3: 4.5 to 1
    page.context.close()
