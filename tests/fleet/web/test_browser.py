# SPDX-License-Identifier: Apache-2.0
"""The console in a real browser: no sideways scrolling, everything reachable by keyboard, nothing fetched elsewhere."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Literal

import pytest

from fleet.store.session import open_engine
from tests.fleet.books import add_kiosk, bring_samples, count, heard, raise_alarm, refuse, work
from tests.fleet.web.browsing import CONTRAST, IS_NARROW_ENOUGH, NEEDS_CHROMIUM, PHONE, WIDE, press, tab_until
from tests.fleet.web.process import console_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.fleet.web.browsing import Pages

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

pytestmark = NEEDS_CHROMIUM


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


@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("language", ["th", "en"])
def test_no_page_scrolls_sideways_or_fetches_from_elsewhere(
    pages: Pages, address: str, width: int, language: str
) -> None:
    page = pages.open(width)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for path in PAGES:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert page.evaluate(IS_NARROW_ENOUGH), path
    assert all(url.startswith(address) for url in fetched)


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_the_chooser_and_a_province_are_reached_by_keyboard_alone(pages: Pages, address: str, width: int) -> None:
    page = pages.open(width)
    page.goto(f"{address}/coverage?year=2569&figures=official&region=8")
    assert tab_until(page, "a.skip") == 1
    tab_until(page, 'select[name="period"]')
    page.keyboard.press("ArrowUp")
    tab_until(page, ".chooser button")
    press(page, "Enter")
    assert "period=6" in page.url
    assert "region=8" in page.url
    tab_until(page, 'a[href^="/coverage/41"]')
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    press(page, "Enter")
    assert page.locator("h1").inner_text().startswith("อุดรธานี")


def test_a_morning_is_asked_for_and_followed_by_keyboard_alone(pages: Pages, address: str) -> None:
    page = pages.open(PHONE)
    page.goto(f"{address}/morning?lang=en")
    tab_until(page, 'select[name="province"]')
    page.keyboard.type("Udon")
    tab_until(page, ".chooser button")
    press(page, "Enter")
    assert "province=41" in page.url
    tab_until(page, '.tasks a[href^="/devices"]')
    press(page, "Enter")
    assert "/devices" in page.url


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(pages: Pages, address: str, scheme: Literal["light", "dark"]) -> None:
    page = pages.open(WIDE, scheme)
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate(CONTRAST) == [], path  # WCAG 2.2, 1.4.3: 4.5 to 1


def test_what_the_policy_forbids_is_noted_and_would_fail_the_test(pages: Pages, address: str) -> None:
    page = pages.open()
    page.goto(f"{address}/devices")
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2/x.png'}))")
    with page.context.expect_event("weberror"):
        page.evaluate("setTimeout(() => { throw new Error('broken'); })")
    page.goto(f"{address}/devices")
    said = "\n".join(pages.trouble)
    assert [each in said for each in ("forbids: style-src-attr", "forbids: img-src http://127.0.0.2", "broken")] == [
        True
    ] * 3
    pages.trouble.clear()
