# SPDX-License-Identifier: Apache-2.0
"""How states reach the screen: from any thread, in any haste, before the first frame."""

from __future__ import annotations

import threading

from kiosk.enrollment.failures import Fault
from kiosk.enrollment.states import Accepted, Attract, InsertCard, Looking, OutOfService, Reading, StillThere
from kiosk.screens.app import KioskApp
from kiosk.screens.code_digits import block_digits, grouped
from kiosk.screens.wording import load_wordings
from tests.kiosk.screens.conftest import running
from tests.kiosk.screens.moments import MOMENTS
from tests.kiosk.screens.terminal import cells, lines


async def test_the_first_screen_says_that_the_kiosk_does_not_serve_yet() -> None:
    async with running() as kiosk:
        assert "starting" in "".join(kiosk.lines)


async def test_a_state_given_before_the_start_is_the_first_shown() -> None:
    app = KioskApp(send=lambda _: None, wordings=load_wordings(), language="en")
    app.show(Attract())
    async with app.run_test(size=(80, 24)):
        assert "Touch to start" in "".join(lines(app))


async def test_a_state_may_come_from_another_thread() -> None:
    async with running() as kiosk:
        arrival = threading.Thread(target=kiosk.app.post_message, args=(KioskApp.StateArrived(InsertCard()),))
        arrival.start()
        arrival.join()
        await kiosk.pilot.pause()
        assert "เสียบบัตรประชาชน" in "".join(kiosk.lines)


async def test_a_frame_may_come_from_another_thread() -> None:
    async with running() as kiosk:
        await kiosk.show(Looking())
        kiosk.app.post_message(KioskApp.FrameArrived(1, 1, bytes((200, 16, 16))))
        await kiosk.pilot.pause()
        assert "#c81010" in {cell.ink for cell in cells(kiosk.app)}


async def test_of_many_states_in_one_breath_the_last_is_shown() -> None:
    async with running() as kiosk:
        for _ in range(3):
            for state in MOMENTS.values():
                kiosk.app.show(state)
        for second in range(20, 0, -1):
            kiosk.app.show(StillThere(second))
        await kiosk.pilot.pause()
        assert "หน้านี้จะปิดใน 1 วินาที" in "".join(kiosk.lines)


async def test_progress_fills_the_bar_and_stays_inside_it() -> None:
    async with running() as kiosk:
        filled = []
        for progress in (-1.0, 0.0, 0.5, 1.0, 7.0):
            await kiosk.show(Reading(progress=progress))
            bar = next(line for line in kiosk.lines if "█" in line or "░" in line)
            filled.append(bar.count("█") / (bar.count("█") + bar.count("░")))
        assert filled == [0.0, 0.0, 0.5, 1.0, 1.0]


async def test_the_name_on_the_card_is_shown_in_the_language_of_the_screen_while_it_is_read() -> None:
    async with running() as kiosk:
        await kiosk.show(MOMENTS["reading-named"])
        assert "นายสมชาย ใ•••" in "".join(kiosk.lines)
        await kiosk.pilot.click("#language")
        await kiosk.pilot.pause()
        assert "Mr. Somchai J•••" in "".join(kiosk.lines)
        assert "นายสมชาย" not in "".join(kiosk.lines)


async def test_a_code_is_valid_until_the_clock_in_bangkok() -> None:
    async with running() as kiosk:
        await kiosk.show(Accepted(pin="482913", valid_until_ms=1_796_058_000_000))  # 30 November 17:00 UTC
        assert "ใช้ได้ถึง 1 ธ.ค. 00:00 น." in "".join(kiosk.lines)


async def test_a_live_kiosk_calls_nothing_a_test() -> None:
    async with running(live=True, language="en") as kiosk:
        await kiosk.show(Accepted(pin="482913", valid_until_ms=0, sandbox=False))
        assert "test" not in "".join(kiosk.lines).casefold()


async def test_a_sandbox_code_is_called_one() -> None:
    async with running(live=True, language="en") as kiosk:
        await kiosk.show(Accepted(pin="482913", valid_until_ms=0, sandbox=True))
        assert "Test code, not for real use" in "".join(kiosk.lines)


async def test_the_fault_code_is_shown_for_the_technician() -> None:
    async with running() as kiosk:
        await kiosk.show(OutOfService(Fault.CAMERA_FROZEN))
        assert "camera_frozen" in "".join(kiosk.lines)


def test_six_digits_stand_in_two_groups() -> None:
    assert [grouped(code) for code in ("482913", "4829", "AB12CD")] == ["482 913", "4829", "AB12CD"]


def test_digits_are_drawn_in_half_blocks() -> None:
    assert block_digits("47", 1) == ["█ █ ▀▀█", "▀▀█   █", "  ▀   ▀"]


async def test_the_code_on_the_screen_is_the_code_given() -> None:
    for size, scale in (((80, 24), 2), ((46, 12), 1)):
        async with running(size=size) as kiosk:
            await kiosk.show(Accepted(pin="482913", valid_until_ms=0))
            drawn = [line.rstrip() for line in block_digits("482 913", scale)]
            shown = "\n".join(kiosk.lines)
            assert [row for row in drawn if row.strip() not in shown] == []


async def test_a_screen_has_the_looks_of_its_panel_from_its_first_frame_on() -> None:
    async with running(size=(46, 12)) as kiosk:
        kiosk.app.show(MOMENTS["insert-card"])
        assert {"-short", "-narrow"} <= kiosk.app.screen.classes | kiosk.app.screen_stack[-1].classes
        assert {"-medium", "-tall", "-wide"}.isdisjoint(kiosk.app.screen.classes)
