# SPDX-License-Identifier: Apache-2.0
"""The console over a small database, with its Thai words compiled as `make` compiles them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from fleet.web import paper
from fleet.web.wording import TRANSLATIONS
from tests.fleet.books import NOW
from tests.fleet.web.browsing import Pages, chromium
from tests.fleet.web.consoles import console_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from apiflask import APIFlask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser
    from sqlalchemy import Engine

WORDS = TRANSLATIONS / "th" / "LC_MESSAGES" / "messages.po"


@pytest.fixture(scope="session", autouse=True)
def thai_words() -> None:
    compiled = WORDS.with_suffix(".mo")
    with WORDS.open("rb") as source, (fresh := compiled.with_suffix(f".{os.getpid()}.tmp")).open("wb") as target:
        write_mo(target, read_po(source, locale="th"))
    fresh.replace(compiled)


@pytest.fixture
def books(sqlite_engine: Engine) -> Engine:
    return sqlite_engine


@pytest.fixture
def console(books: Engine) -> APIFlask:
    return console_over(books, sign_in=None, clock=lambda: NOW)


@pytest.fixture
def client(console: APIFlask) -> FlaskClient:
    return console.test_client()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def pages(browser: Browser) -> Iterator[Pages]:
    """Pages of the browser; the test fails if the browser was unhappy with one of them."""
    pages = Pages(browser)
    yield pages
    pages.close()
    assert pages.trouble == []


@pytest.fixture
def papers_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a paper tells is its HTML; to draw each of them as PDF and read it back would take minutes."""
    monkeypatch.setattr(paper, "drawn", str.encode)
