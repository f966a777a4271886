# SPDX-License-Identifier: Apache-2.0
"""Every page of the console under axe-core: nothing serious or critical of WCAG 2.2, levels A and AA.

Source: axe-core's rules by tag, https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from sqlalchemy import insert
from werkzeug.serving import WSGIRequestHandler, make_server

from fleet.operators.accounts import Role
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.session import open_engine, unit_of_work
from tests.fleet.books import NOW_MS, add_kiosk, bring_samples, count, hand_over, heard, work
from tests.fleet.web.browsing import NEEDS_CHROMIUM, PHONE, WIDE
from tests.fleet.web.every_address import addresses
from tests.fleet.web.signed_in import Clock, Visitor, closed
from tests.fleet.web.tenants import UDON, fill
from tests.wire.test_orders import MACHINE
from wire.envelope import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apiflask import APIFlask
    from playwright.sync_api import Page
    from sqlalchemy import Engine

    from tests.fleet.shelf import Shelf
    from tests.fleet.web.browsing import Pages

AXE = Path(__file__).parents[3] / "build" / "axe.min.js"
LOOK = """
async () => {
  document.querySelectorAll('details').forEach(each => each.open = true);
  const found = await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations'], iframes: false,
  });
  return found.violations
    .filter(each => ['serious', 'critical'].includes(each.impact))
    .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
}
"""
FILLED = (  # addresses that show what the plain ones of the same pages do not
    "/coverage?year=2569&figures=official",
    "/coverage/41?year=2569&figures=official",
    "/coverage/41?figures=proxy-test",
    "/funnel?figures=proxy-test",
    "/morning?province=41&figures=proxy-test",
    *(f"/devices/{UDON.name}-{n}" for n in (1, 2, 3)),  # an alarm, lost, somebody asks for help
    "/imports/new?kind=official",
)
REFUSED = ("/nope", "/coverage?year=x")

pytestmark = [
    *NEEDS_CHROMIUM,
    pytest.mark.skipif(not AXE.exists(), reason="needs axe-core, which `make test` fetches from npm"),
]


class Quiet(WSGIRequestHandler):
    """Says nothing of requests, so that a failure is read at once."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def books(sqlite_template: Path, shelf: Shelf) -> Iterator[Engine]:
    """Filled once: no test here changes what another looks at."""
    engine = open_engine(shelf.copied(sqlite_template, "axe.db"))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def console(books: Engine) -> APIFlask:
    fill(books)
    bring_samples(books)
    add_kiosk(books, "udon-01")
    heard(books, "udon-01", reader="reader_service_down", oldest_unacked_s=90_000, outbox=61)
    hand_over(books, "udon-01")
    with unit_of_work(books) as connection:
        connection.execute(insert(order_nonce).values(kiosk="udon-01", nonce="1" * 32, heard_ms=NOW_MS))
        done = {"op": "diagnose", "asked_by": "somsri", "asked_ms": NOW_MS, "expires_ms": NOW_MS, "ended_ms": NOW_MS}
        told = done | {"ending": "done", "diagnosis": encode(MACHINE).decode()}
        connection.execute(insert(kiosk_order), [told | {"kiosk": "udon-01", "n": n} for n in (1, 2)])
    for state in ("submitted", "accepted", "activated"):
        count(books, "41", state, "2026-11-24", 2, profile="test")
    work(books, "41", "11013", "2026-11-24", 2, profile="test")
    return closed(books, Clock())


@dataclass(frozen=True, slots=True)
class Site:
    """A console that is served, and somebody who has signed in to it."""

    address: str
    visitor: Visitor
    paths: tuple[str, ...]  # of its pages

    def admit(self, page: Page) -> Page:
        """Let a page be theirs."""
        page.context.add_cookies([{"name": "dipchip", "value": self.visitor.session, "url": self.address}])
        return page


@pytest.fixture(scope="module")
def site(console: APIFlask, books: Engine) -> Iterator[Site]:
    """Serve the console at the moment for which its database was filled."""
    approver = Visitor.signed_in(console, books, "malee", Role.APPROVER)
    paths = tuple(html_pages(console, approver))
    server = make_server("127.0.0.1", 0, console, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", approver, paths)
    server.shutdown()
    thread.join()
    server.server_close()


def html_pages(console: APIFlask, visitor: Visitor) -> Iterator[str]:
    """Every address of the console that answers with a page; whoever adds one need not add it here."""
    for address in addresses(console):
        if address.startswith(("/sign-in/provider", "/papers/")):
            continue  # ways to a provider, and this console has none; and what is a paper, and takes a second to draw
        answer = visitor.client.get(address, buffered=True)
        assert answer.status_code in {HTTPStatus.OK, HTTPStatus.FOUND}, address
        if answer.status_code == HTTPStatus.OK and answer.mimetype == "text/html":
            yield address


def troubles(page: Page) -> list[str]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    return [f"{page.url} {found}" for found in page.evaluate(LOOK)]


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("th", "light", WIDE), ("en", "dark", PHONE)], ids=["th-light", "en-dark"]
)
def test_nothing_serious_is_wrong_with_any_page(
    pages: Pages, site: Site, language: str, scheme: Literal["light", "dark"], width: int
) -> None:
    page = pages.open(width, scheme)
    page.goto(f"{site.address}/sign-in?lang={language}")
    found = troubles(page)
    site.admit(page)
    assert {"/coverage", "/devices/udon-01", "/imports/1", "/sessions"} <= set(site.paths)
    for path in (*site.paths, *FILLED, *REFUSED):
        page.goto(f"{site.address}{path}{'&' if '?' in path else '?'}lang={language}")
        found += troubles(page)
    assert found == []


def test_nothing_serious_is_wrong_with_the_answers_to_forms(pages: Pages, site: Site, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("fiscal_year,province,b1,b2\n2026,8,1,2\n")
    page = site.admit(pages.open(PHONE))
    page.goto(f"{site.address}/imports/new")
    page.set_input_files('input[name="file"]', tmp_path / "bad.csv")
    page.fill('input[name="source"]', "NHSO")
    page.click("form.entry > button")
    assert page.locator(".problems").count() == 1
    found = troubles(page)
    page.goto(f"{site.address}/announcements")
    for name, typed in (("th", "1 1037 00000 00 0"), ("en", "x"), ("last_day", "2026-11-30")):
        page.fill(f'input[name="{name}"]', typed)
    page.click(".entry button")
    assert page.get_by_role("alert").count() == 1
    assert found + troubles(page) == []


def test_a_fault_would_be_told(pages: Pages, site: Site) -> None:
    page = pages.open()
    page.goto(f"{site.address}/sign-in")
    page.evaluate("document.documentElement.removeAttribute('lang')")
    (told,) = troubles(page)
    assert "html-has-lang" in told
