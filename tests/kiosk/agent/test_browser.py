# SPDX-License-Identifier: Apache-2.0
"""Pages in a real browser ask the agent: the listed one gets an answer, every other touches no card."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import sync_playwright

from tests.kiosk.agent.process import READ, insert, serving, wait_for_card
from tests.kiosk.card.cards import HOLDER, NUMBER
from tests.simulators.card import ThaiCard
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.simulators.pcscd import PcscDaemon

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--host-resolver-rules=MAP rebound.example 127.0.0.1",  # as a hostile name server would answer
]
ASK = "address => fetch(address).then(answer => answer.json(), () => 'the browser refused')"
SHOW = """address => new Promise(told => {
    const image = new Image();
    image.onload = () => told('shown');
    image.onerror = () => told('not shown');
    image.src = address;
})"""

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


class Pages(BaseHTTPRequestHandler):
    """An empty page at every address."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>hospital software</title>")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass


@pytest.fixture(scope="module")
def page_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(scope="module")
def agent(pcscd: PcscDaemon, page_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("agent")
    service = serving(folder, pcscd.env, f'origins = ["http://localhost:{page_port}"]').start()
    try:
        with httpx.Client(base_url=service.first_line()["agent"], timeout=30, trust_env=False) as client:
            yield client
    finally:
        service.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def card(pcscd: PcscDaemon, agent: httpx.Client) -> Iterator[ThaiCard]:
    """A card in the reader."""
    wait_for_card(agent, present=False)
    inserted = ThaiCard.of(HOLDER)
    with VpcdCard(pcscd.vpcd_port) as slot:
        insert(slot, agent, inserted)
        yield inserted


def test_a_listed_page_gets_the_card(browser: Browser, agent: httpx.Client, page_port: int, card: ThaiCard) -> None:
    page = browser.new_page()
    page.goto(f"http://localhost:{page_port}/")
    assert page.evaluate(ASK, f"http://localhost:{agent.base_url.port}/{READ}")["pid"] == NUMBER
    assert card.commands != []


def test_a_page_that_is_not_listed_gets_nothing_and_touches_no_card(
    browser: Browser, agent: httpx.Client, page_port: int, card: ThaiCard
) -> None:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{page_port}/")
    address = f"http://localhost:{agent.base_url.port}/{READ}"
    assert page.evaluate(ASK, address) == "the browser refused"
    assert page.evaluate(SHOW, address) == "not shown"
    assert card.commands == []


def test_a_name_that_was_bent_to_this_machine_gets_nothing(
    browser: Browser, agent: httpx.Client, card: ThaiCard
) -> None:
    answer = browser.new_page().goto(f"http://rebound.example:{agent.base_url.port}/{READ}")
    assert answer is not None
    assert (answer.status, answer.json()["code"]) == (421, "name_not_ours")
    assert card.commands == []


def test_an_address_typed_by_a_technician_is_answered(browser: Browser, agent: httpx.Client, card: ThaiCard) -> None:
    answer = browser.new_page().goto(f"http://localhost:{agent.base_url.port}/{READ}?readImageFlag=false")
    assert answer is not None
    assert (answer.status, answer.json()["pid"]) == (200, NUMBER)
    assert len(card.commands) > 0
