# SPDX-License-Identifier: Apache-2.0
"""What people do on the console from beginning to end in a real browser, with the keyboard alone, mostly on a phone."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, update

from fleet.devices import rings, rollout_driving
from fleet.entrypoints.clock import now_ms
from fleet.operators.accounts import Role
from fleet.store.order_tables import kiosk_order, order_nonce
from fleet.store.scope import NATION
from fleet.store.session import open_engine, unit_of_work
from fleet.store.tables import device_state
from tests.fleet.books import add_kiosk, heard
from tests.fleet.operators.people import KEY_BYTES, somebody
from tests.fleet.web.browsing import (
    CONTRAST,
    IS_NARROW_ENOUGH,
    NEEDS_CHROMIUM,
    PHONE,
    WIDE,
    press,
    tab_until,
    type_password_and_code,
    wait_for_focus,
)
from tests.fleet.web.process import closed_settings_file, running
from wire.ids import facility_code
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page
    from sqlalchemy import Engine

    from tests.fleet.operators.people import Person
    from tests.fleet.web.browsing import Pages

pytestmark = NEEDS_CHROMIUM


@dataclass(frozen=True, slots=True)
class Console:
    """A running console that needs an account, and its database; everybody is somebody else in each test."""

    address: str
    books: Engine

    def two(self, name: str) -> tuple[Person, Person]:
        """Make an operator and an approver."""
        return somebody(self.books, name, Role.OPERATOR), somebody(self.books, f"{name}-2", Role.APPROVER)


@pytest.fixture(scope="module")
def console(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    shutil.copy(sqlite_template, folder / "fleet.db")
    engine = open_engine(f"sqlite:///{folder / 'fleet.db'}")
    add_kiosk(engine, "udon-01")
    heard(engine, "udon-01", outbox=3)
    with running(closed_settings_file(folder, folder / "fleet.db", KEY_BYTES)) as address:
        yield Console(address, engine)
    engine.dispose()


def is_good_to_look_at(page: Page) -> None:
    assert page.evaluate(CONTRAST) == []
    assert page.evaluate(IS_NARROW_ENOUGH)


@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_one_signs_in_looks_and_signs_out(pages: Pages, console: Console, width: int) -> None:
    person = somebody(console.books, f"viewer-{width}")
    page = pages.open(width)
    page.goto(f"{console.address}devices?lang=en")
    assert page.locator("h1").inner_text() == "Sign in"
    wait_for_focus(page, "name")
    page.keyboard.type(person.name)
    page.keyboard.press("Tab")
    type_password_and_code(page, person, "wrong")
    is_good_to_look_at(page)
    assert "Not signed in" in page.get_by_role("alert").inner_text()
    wait_for_focus(page, "password")
    type_password_and_code(page, person)
    assert page.url == f"{console.address}devices?lang=en"
    is_good_to_look_at(page)
    tab_until(page, 'a[href^="/sessions"]')
    press(page, "Enter")
    assert "127.0.0.1" in page.locator("tbody").inner_text()
    is_good_to_look_at(page)
    tab_until(page, "tbody button")
    press(page, "Enter")
    page.goto(f"{console.address}devices?lang=en")
    assert page.locator("h1").inner_text() == "Sign in"


def test_a_stolen_kiosk_is_reported_by_one_and_confirmed_by_another(pages: Pages, console: Console) -> None:
    somsri, malee = console.two("loss")
    first = pages.signed_in(f"{console.address}devices/udon-01", somsri)
    tab_until(first, 'select[name="kind"]')
    first.keyboard.press("ArrowDown")
    tab_until(first, "button.danger")
    press(first, "Enter")
    assert "ถูกขโมย รอการยืนยัน" in first.locator("#loss + .note").inner_text()
    assert first.locator("button.danger").count() == 0
    second = pages.signed_in(f"{console.address}devices/udon-01", malee)
    tab_until(second, 'input[name="sure"]')
    second.keyboard.press("Space")
    tab_until(second, "button.danger")
    press(second, "Enter")
    assert "เพิกถอน" in second.locator(".facts").inner_text()
    assert "3 รายการที่ยังไม่ส่ง" in second.locator("main").inner_text()
    is_good_to_look_at(second)


def test_a_file_with_bad_rows_is_corrected_proposed_by_one_and_approved_by_another(
    pages: Pages, console: Console, tmp_path: Path
) -> None:
    somsri, malee = console.two("import")
    files = {"bad": "2570,41,1,2\n2026,8,1,2\n2570,40,-1,x", "good": "2570,41,1,2\n2570,40,3,4"}
    for name, rows in files.items():
        (tmp_path / f"{name}.csv").write_text(f"fiscal_year,province,b1,b2\n{rows}\n")
    first = pages.signed_in(f"{console.address}imports/new", somsri)
    tab_until(first, 'input[name="source"]')
    first.keyboard.type("NHSO")
    for name in files:
        first.set_input_files('input[name="file"]', tmp_path / f"{name}.csv")
        tab_until(first, "form.entry > button")
        press(first, "Enter")
        is_good_to_look_at(first)
        if name == "bad":
            told = first.locator(".problems tbody tr").all_inner_texts()
            assert [row.split()[:2] for row in told] == [
                ["3", "fiscal_year"],
                ["3", "province"],
                ["4", "b1"],
                ["4", "b2"],
            ]
            assert "รหัสจังหวัด 2 หลัก" in told[1]
            assert first.input_value('input[name="source"]') == "NHSO"
    assert first.url == f"{console.address}imports/1"
    assert first.locator(".answers button").all_inner_texts() == ["ถอนข้อเสนอ"]
    second = pages.signed_in(first.url, malee)
    tab_until(second, ".answers button")
    press(second, "Enter")
    assert "นำเข้าแล้ว" in second.locator(".lead").inner_text()
    is_good_to_look_at(second)


def test_an_announcement_is_proposed_by_one_and_approved_by_another(pages: Pages, console: Console) -> None:
    somsri, malee = console.two("news")
    first = pages.signed_in(f"{console.address}announcements", somsri)
    for name, typed in (("th", "ฉีดวัคซีนฟรี"), ("en", "Free flu shots"), ("kiosk", "udon-01")):
        tab_until(first, f'input[name="{name}"]')
        first.keyboard.type(typed)
    today = date.fromisoformat(first.input_value('input[name="first_day"]'))
    tab_until(first, 'input[name="last_day"]')
    first.keyboard.type(f"{today:%m%d%Y}")  # in the order of the browser's language, English of the USA
    tab_until(first, ".entry button")
    press(first, "Enter")
    assert "ฉีดวัคซีนฟรี" in first.locator("tbody th").inner_text()
    assert first.locator(".deeds button").all_inner_texts() == ["ถอน\nฉีดวัคซีนฟรี"]
    is_good_to_look_at(first)
    second = pages.signed_in(f"{console.address}announcements", malee)
    tab_until(second, ".deeds button:not(.plain)")
    press(second, "Enter")
    assert "อนุมัติโดย news-2" in second.locator("tbody tr").inner_text()
    is_good_to_look_at(second)


def test_a_release_is_let_out_by_two_stops_by_itself_and_is_ended_by_one(pages: Pages, console: Console) -> None:
    somsri, malee = console.two("release")
    for n in (1, 2):
        add_kiosk(console.books, f"pilot-{n}", facility=f"1101{n}")
    with unit_of_work(console.books) as connection:
        for n in (1, 2):
            said = {"kiosk": f"pilot-{n}", "seen_ms": now_ms(), "release": "0.1.0"}
            connection.execute(insert(device_state).values(said))
            connection.execute(insert(order_nonce).values(kiosk=f"pilot-{n}", nonce="1" * 32, heard_ms=now_ms()))
            rings.pin(connection, (province_code("41"), facility_code(f"1101{n}")), rings.Ring.PILOT, "x", 1, NATION)
    first = pages.signed_in(f"{console.address}rollouts", somsri)
    for name, typed in (("release", "0.2.0"), ("words", "แก้เครื่องอ่านบัตร")):
        tab_until(first, f'input[name="{name}"]')
        first.keyboard.type(typed)
    tab_until(first, 'input[name="at_once"]')
    first.keyboard.press("Space")
    tab_until(first, ".entry button")
    press(first, "Enter")
    assert "รออนุมัติ" in first.locator(".lead").inner_text()
    is_good_to_look_at(first)
    second = pages.signed_in(first.url, malee)
    tab_until(second, ".answers button:not(.plain)")
    press(second, "Enter")
    with unit_of_work(console.books) as connection:
        for _ in range(2):
            rollout_driving.step(connection, now_ms())
    second.reload()
    assert "2 สั่งแล้ว" in second.locator(".waves tr[aria-current]").inner_text()
    with unit_of_work(console.books) as connection:
        connection.execute(update(kiosk_order).values(ended_ms=now_ms(), ending="refused", reason="trial_camera"))
        rollout_driving.step(connection, now_ms())
    second.reload()
    assert "หยุดเอง" in second.locator(".lead").inner_text()
    assert "กล้องไม่ให้ภาพ" in second.locator("#failures + table").inner_text()
    is_good_to_look_at(second)
    tab_until(second, ".answers button.danger")
    press(second, "Enter")
    assert "ยุติโดยเจ้าหน้าที่" in second.locator(".lead").inner_text()
