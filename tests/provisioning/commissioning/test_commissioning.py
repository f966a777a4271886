# SPDX-License-Identifier: Apache-2.0
"""A whole commissioning by touch: a bare machine, a real claim, the doctor's real JSON, a power cut at every step."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from fleet.devices import claims, self_tests
from fleet.store.device_tables import self_test
from fleet.store.session import reading
from kiosk.config import read as read_kiosk
from kiosk.findings import Part
from provisioning.commissioning.examining import NOT_EXAMINED, Doctor
from provisioning.commissioning.sheet import SelfTest
from provisioning.commissioning.steps import Outcome, Progress, Step, next_step
from provisioning.device.asking import How
from tests.provisioning.commissioning.conftest import before
from tests.simulators.desk import HERE, NAME
from tests.simulators.doctor import DARK, NO_CARD, PULLED, REFUSED_PORT, WELL
from tests.simulators.services import script
from wire import words
from wire.claims import LIVES_MS
from wire.phones import CENTRAL, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provisioning.commissioning.conftest import Bench, Hand

TARGETS = [f"target-{at}" for at in range(5)]


async def claimed(hand: Hand, code: str) -> None:
    await hand.touch("act-go", "act-go")
    await hand.type(HERE)
    await hand.touch("act-go")
    await hand.type(code)
    await hand.touch("act-go")


async def take(hand: Hand, bench: Bench) -> None:
    """Take the step that is shown as a technician does to whom nothing goes wrong."""
    step = hand.guide.step
    if step is Step.WORDS:
        await hand.touch("act-yes")
    elif step is Step.TOUCH:
        await hand.touch(*TARGETS)
    elif step in (Step.SOUND, Step.PRINTER):
        await hand.touch("act-go", "act-yes")
    elif step is Step.PRIVACY:
        await hand.touch("act-yes")
    elif step is Step.REHEARSAL:
        bench.doctor.finds(PULLED)
        await hand.touch("act-go")
        bench.doctor.finds(WELL[Part.NETWORK])
        await hand.touch("act-go")
        await hand.read_to_the_end()
        await hand.touch("act-go")
    else:
        await hand.touch("act-go")
        await hand.read_to_the_end()
        await hand.touch("act-go")
        if step is Step.HAND_OVER:
            await hand.touch("act-go")  # the controller has the report


async def test_a_bare_machine_becomes_a_kiosk_with_a_sheet_and_a_report(bench: Bench) -> None:
    async with before(bench, is_finger=True) as hand:
        assert "พร้อมติดตั้ง" in hand.text
        await claimed(hand, bench.counter.code())
        assert hand.guide.step is Step.WORDS
        while hand.guide.step is not None:
            await take(hand, bench)
        assert "ตรวจครบแล้ว" in hand.text
        assert (bench.place / "commissioning/underway").exists(), "a restart now shows this page again"
        await hand.touch("act-end")
    assert not (bench.place / "commissioning/underway").exists(), "from now on the machine starts with its kiosk"
    assert read_kiosk(bench.place / "kiosk.toml").kiosk == NAME
    sheet = (bench.place / "commissioning/hand-over.txt").read_text()
    assert f"เครื่อง {NAME} · หน่วยบริการ {HERE}" in sheet
    assert "กล้องและแสง: ผ่าน\n  ภาพ 640x480 จุด\n  กล้อง วินาทีละ 15.0 ภาพ" in sheet
    assert "Camera and light: passed\n  picture 640x480 px" in sheet
    assert f"โทร {written(CENTRAL)}" in sheet
    report = json.loads((bench.place / "commissioning/self-test.json").read_bytes())
    assert [each["step"] for each in report["results"]] == [str(step) for step in Step][2:-1]
    assert {each["outcome"] for each in report["results"]} == {"well"}
    assert report["examined"]["parts"][0]["part"] == "reader", "the doctor's report, as it came"
    assert set(SelfTest.__struct_fields__) >= set(report)
    with reading(bench.counter.engine) as connection:
        kept = self_tests.read_latest(connection, NAME)
    assert kept is not None, "the controller has what the technician has"
    assert [each.step for each in kept.report.steps] == [each["step"] for each in report["results"]]
    assert kept.report.parts[0].figures["names"].value == "ACS ACR39U"
    assert bench.trials.tried == ["slip", "visit"]
    assert bench.voice.said == [("ทดสอบเสียง เครื่องลงทะเบียนพร้อมให้บริการ", "th")]


async def test_the_power_is_cut_at_every_step_and_nothing_is_typed_or_done_twice(bench: Bench) -> None:
    code, taken = bench.counter.code(), []
    async with before(bench) as hand:
        await claimed(hand, code)
    for _ in range(len(Step)):
        async with before(bench) as hand:
            if hand.guide.step is None:
                break
            taken.append(hand.guide.step)
            await take(hand, bench)
    assert taken == list(Step)[2:]


async def test_a_claim_that_was_cut_off_goes_on_without_typing(bench: Bench) -> None:
    async with before(bench) as hand:
        await hand.touch("act-go", "act-go")
        bench.cut = How.REFUSED
        await hand.type(HERE)
        await hand.touch("act-go")
        await hand.type(bench.counter.code())
        await hand.touch("act-go")
        assert "พอร์ตปิดอยู่" in hand.text
    bench.cut = None
    async with before(bench) as hand:
        assert hand.guide.step is Step.WORDS


async def test_a_code_that_is_shown_to_the_camera_is_not_typed(bench: Bench) -> None:
    async with before(bench, (58, 15)) as hand:
        await hand.touch("act-go", "act-go", "act-scan")
        assert "ไม่เห็นคิวอาร์ติดตั้ง" in hand.text
        await hand.touch("act-retype")
        assert "รหัสหน่วยบริการ" in hand.text
        bench.trials.shown = (HERE, bench.counter.code())
        await hand.touch("act-scan")
        assert hand.guide.step is Step.WORDS


async def test_the_words_are_those_that_the_controller_has(bench: Bench) -> None:
    async with before(bench, (80, 24)) as hand:
        await claimed(hand, bench.counter.code())
        with reading(bench.counter.engine) as connection:
            (listed,) = claims.read_recent(connection, bench.counter.clock())
        assert listed.fingerprint is not None
        english = words.english(listed.fingerprint)
        assert all(word in hand.text for word in english.split("-"))
        await hand.touch("act-no", "act-no")
        assert "หยุดติดตั้งเครื่องนี้" in hand.text
    async with before(bench) as hand:
        assert "หยุดติดตั้งเครื่องนี้" in hand.text, "for good"


async def test_a_wrong_code_is_typed_anew_and_an_old_one_says_what_to_do(bench: Bench) -> None:
    async with before(bench) as hand:
        await claimed(hand, "22222222")
        assert "ไม่มีรหัสนี้" in hand.text
        await hand.touch("act-retype")
        code = bench.counter.code()
        bench.counter.clock.ms += LIVES_MS + 1
        await hand.type(HERE)
        await hand.touch("act-go")
        await hand.type(code)
        await hand.touch("act-go")
        assert "รหัสหมดอายุ" in hand.text


@pytest.mark.parametrize(("how", "said"), [(How.NAME, "DNS"), (How.SILENT, "ไม่ตอบ"), (How.STRANGER, "TLS")])
async def test_a_door_that_is_not_reached_has_a_reason_and_a_message_to_it(bench: Bench, how: How, said: str) -> None:
    bench.cut = how
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert said in hand.text
        await hand.touch("act-message")
        message = "\n".join(await hand.read_to_the_end())
        assert "door.example TCP" in message
        assert str(how) in message
        await hand.touch("act-close")
        bench.cut = None
        await hand.touch("act-again")
        assert "door.example:443" in hand.text


async def test_a_closed_port_says_what_to_do_and_can_be_left_for_later(bench: Bench) -> None:
    bench.is_at(Step.NETWORK)
    bench.doctor.finds(REFUSED_PORT)
    async with before(bench) as hand:
        await hand.touch("act-go")
        shown = "\n".join(await hand.read_to_the_end())
        assert "✗ โบรกเกอร์ พอร์ต 8883: port_refused" in shown
        assert "โปรดแจ้งไอทีโรงพยาบาลให้เปิด" in shown.replace("\n", "")
        await hand.touch("act-message")
        assert "192.0.2.17" in "\n".join(await hand.read_to_the_end())
        await hand.touch("act-close")
        await hand.read_to_the_end()
        await hand.touch("act-later")
        assert hand.guide.step is Step.READER
    bench.doctor.finds(WELL[Part.NETWORK])
    async with before(bench) as hand:
        while hand.guide.step is not Step.NETWORK:
            await take(hand, bench)
        await take(hand, bench)
        assert hand.guide.step is Step.HAND_OVER


async def test_a_reader_without_a_card_and_a_dark_camera(bench: Bench) -> None:
    bench.is_at(Step.READER)
    bench.doctor.finds(NO_CARD, DARK)
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "ไม่พบบัตรในเครื่องอ่าน" in hand.text
        bench.doctor.finds(WELL[Part.READER])
        await hand.read_to_the_end()
        await hand.touch("act-again")
        await hand.touch("act-go")
        assert hand.guide.step is Step.CAMERA
        await hand.touch("act-go", "act-anyway")
        assert hand.guide.step is Step.TOUCH
        assert hand.guide.progress.results[-1].outcome is Outcome.CARE
        assert hand.guide.progress.results[-1].code == "camera_dark"
        await hand.touch("act-back")
        assert hand.guide.step is Step.CAMERA


async def test_a_doctor_that_cannot_speak_is_no_clean_bill(bench: Bench) -> None:
    bench.is_at(Step.NETWORK)
    bench.doctor.is_broken()
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "ตรวจไม่ได้" in hand.text
        assert not hand.app.screen.query("#act-go")


async def test_a_cable_that_was_not_pulled_is_no_rehearsal(bench: Bench) -> None:
    bench.is_at(Step.REHEARSAL)
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "ยังติดต่อออกได้" in hand.text
        bench.doctor.finds(REFUSED_PORT)  # a network that answers
        await hand.touch("act-again")
        assert "ยังติดต่อออกได้" in hand.text
        bench.doctor.finds(PULLED)
        await hand.touch("act-again")
        assert "รอส่ง 0 รายการ" in hand.text


async def test_no_sound_is_said_and_a_kiosk_may_have_none(bench: Bench) -> None:
    bench.is_at(Step.SOUND)
    bench.voice.trouble = "no_sound"
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "เครื่องไม่มีเสียงออก" in hand.text
        await hand.touch("act-absent")
        assert hand.guide.progress.results[-1].outcome is Outcome.ABSENT


async def test_a_printer_without_paper_is_said_and_a_kiosk_may_have_none(bench: Bench) -> None:
    bench.is_at(Step.PRINTER)
    bench.trials.printer = "printer_no_paper"
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "กระดาษหมด" in hand.text
        bench.trials.printer = ""
        await hand.touch("act-again", "act-no")
        assert "ตรวจม้วนกระดาษ" in hand.text
        await hand.touch("act-absent")
        assert hand.guide.progress.results[-1].outcome is Outcome.ABSENT


async def test_a_visit_that_failed_is_repeated_and_nothing_is_handed_over_before(bench: Bench) -> None:
    bench.is_at(Step.VISIT)
    bench.trials.visitor = "ended"
    async with before(bench) as hand:
        await hand.touch("act-go")
        assert "ยังไม่ครบรอบ" in hand.text
        await hand.touch("act-later")
        await take(hand, bench)  # the rehearsal without a network
        assert hand.guide.step is Step.VISIT, "it comes again"
        bench.trials.visitor = ""
        await hand.touch("act-go")
        assert "ลงทะเบียนทดสอบครบรอบแล้ว" in hand.text
        await hand.touch("act-go")
        assert hand.guide.step is Step.HAND_OVER


async def test_a_report_that_cannot_be_sent_is_kept_and_sent_the_next_time(bench: Bench) -> None:
    bench.is_at(Step.HAND_OVER)
    bench.cut = How.REFUSED
    async with before(bench) as hand:
        await hand.touch("act-go")
        await hand.read_to_the_end()
        await hand.touch("act-go")
        assert "รายงานเก็บไว้ในเครื่องแล้ว" in hand.text
        assert "พอร์ตปิดอยู่" in hand.text
        bench.cut = None
        await hand.touch("act-again")
        assert "ระบบกลางได้รับรายงานแล้ว" in hand.text
    signed = (bench.place / "commissioning/self-test.jws").read_bytes()
    with reading(bench.counter.engine) as connection:
        (row,) = connection.execute(select(self_test.c.digest)).all()
    assert row.digest == hashlib.sha256(signed).hexdigest()


async def test_the_language_is_turned_and_stays(bench: Bench) -> None:
    async with before(bench) as hand:
        await hand.touch("language")
        assert "Ready to set up." in hand.text
    async with before(bench) as hand:
        assert "Ready to set up." in hand.text


def test_the_real_doctor_is_understood(bench: Bench) -> None:
    bench.is_at(Step.NETWORK)
    told = Doctor((script("dipchip-kiosk"),), bench.place / "kiosk.toml").parts("certificates", "disk")
    assert [found.part for found in told.parts] == ["certificates", "disk"]
    assert told.of("certificates").figure("name") == NAME
    assert NOT_EXAMINED not in {found.code for found in told.parts}


def test_what_cannot_be_started_or_speaks_otherwise_was_not_examined(tmp_path: Path) -> None:
    for command in (("true",), ("echo", '{"v": 2}'), (str(tmp_path / "nothing"),)):
        told = Doctor(command, tmp_path / "kiosk.toml").parts("store")
        assert (told.level, told.of("store").code) == ("fault", NOT_EXAMINED)


def test_a_fresh_machine_begins_with_the_way() -> None:
    assert next_step(Progress(), kiosk="") is Step.WAY
