# SPDX-License-Identifier: Apache-2.0
"""Pages in Chromium that tell what the browser was unhappy with, and hands that know the keyboard only."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from playwright.sync_api import sync_playwright

from tests.fleet.operators.people import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.fleet.operators.people import Person

CHROMIUM = Path("/usr/bin/chromium")
NEEDS_CHROMIUM = [pytest.mark.real, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")]
WIDE, PHONE = 1280, 360  # CSS pixels
IS_NARROW_ENOUGH = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
# The browser runs this before the page in spite of the page's policy: it is the test's and not the page's.
_TELL = """
document.addEventListener('securitypolicyviolation', event =>
  console.error(`the policy forbids: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
_REFUSED = re.compile(r"Failed to load resource: .* status of 4\d\d ")  # an answer that the tests ask for


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Debian's browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=_FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True, slots=True)
class Pages:
    """Opens pages, and keeps what their consoles said: errors, and whatever the content security policy forbade.

    `foreign` are beginnings of addresses whose pages are somebody else's: what those say is not kept.
    """

    browser: Browser
    trouble: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def open(self, width: int = WIDE, scheme: Literal["light", "dark"] = "light") -> Page:
        """Open an empty page of a browser that nobody has used, so many CSS pixels wide."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.add_init_script(_TELL)
        context.on("console", lambda message: self._note(message.text, message.location["url"]))
        context.on("weberror", lambda error: self._note(str(error.error), error.page.url if error.page else ""))
        return context.new_page()

    def signed_in(self, address: str, person: Person) -> Page:
        """Open a page on a phone and sign in on the way."""
        page = self.open(PHONE)
        page.goto(address)
        wait_for_focus(page, "name")
        page.keyboard.type(person.name)
        page.keyboard.press("Tab")
        type_password_and_code(page, person)
        assert page.url == address
        return page

    def close(self) -> None:
        """Close them all."""
        for context in self.browser.contexts:
            context.close()

    def _note(self, said: str, where: str) -> None:
        if not _REFUSED.match(said) and not where.startswith(tuple(self.foreign)):
            self.trouble.append(said)


def tab_until(page: Page, wanted: str, most: int = 60) -> int:
    """Press Tab until the focus is on what is wanted, and tell how often."""
    for pressed in range(1, most + 1):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return pressed
    pytest.fail(f"{wanted} is not reached by {most} times Tab")


def wait_for_focus(page: Page, name: str) -> None:
    """Wait until the browser has put the focus where the page wants it, which is after the page was loaded."""
    page.locator(f'input[name="{name}"]:focus').wait_for()


def type_password_and_code(page: Page, person: Person, password: str = PASSWORD) -> None:
    """Go on with signing in, where the focus is on the password."""
    page.keyboard.type(password)
    page.keyboard.press("Tab")
    page.keyboard.type(person.code(time.time_ns() // 1_000_000))
    press(page, "Enter")


def press(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait for it."""
    with page.expect_navigation():
        page.keyboard.press(key)


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
