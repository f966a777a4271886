# SPDX-License-Identifier: Apache-2.0
"""The code comes out on paper as it was drawn, and a printer that does not work holds up nobody."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont
from structlog.testing import capture_logs

from kiosk import config
from kiosk.enrollment import happenings as on
from kiosk.enrollment.happenings import PrintSlip
from kiosk.enrollment.policy import SessionPolicy
from kiosk.enrollment.ports import Enrolled, Presence
from kiosk.enrollment.session import Session
from kiosk.enrollment.states import Intent
from kiosk.entrypoints.fonts import font_with
from kiosk.entrypoints.person import PipeStage
from kiosk.entrypoints.slip_picture import drawn, letters
from kiosk.entrypoints.slips import TECHNICIAN, Job, NoPrinter, ProcessPrinter, Trouble
from kiosk.entrypoints.ui import printer_from
from kiosk.records import pipe
from kiosk.screens.slip import Line, Look, lines
from kiosk.screens.wording import load_wordings
from tests.kiosk.enrollment.walk import Walk, findings
from tests.kiosk.test_camera_setting import REST
from tests.simulators.canary import Canary
from tests.simulators.holders import identity
from tests.simulators.patient import CITIZENS
from tests.simulators.slip_printer import Printer, printer
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDINGS = load_wordings()
CODE, UNTIL_MS = "482913", 1_796_032_800_000  # 30 November 2026, 17:00 in Bangkok
SLIP = PrintSlip(CODE, UNTIL_MS, sandbox=True)
LINK = "https://example.moph.go.th"
LATEST_S = 20.0  # a busy machine starts a process more slowly than a kiosk


def written(language: str = "th", *, test: bool = True, link: str = LINK) -> tuple[Line, ...]:
    wording = WORDINGS[language]
    return lines(wording, code=CODE, valid_until_ms=UNTIL_MS, test=test, link=link, kiosk="k-udon-01")


def said(language: str, *, test: bool = True, link: str = LINK) -> str:
    return "\n".join(line.text for line in written(language, test=test, link=link)).replace(WORD_MARK, "")


def picture(of: Sequence[Line], width_dots: int = 384) -> Image.Image:
    font = font_with(letters(of), rather="Loma")
    assert font is not None
    return drawn(of, width_dots, font)


def printed(by: Printer, width_dots: int = 384, within_s: float = LATEST_S) -> bool:
    """Print on this printer as the screen's process does, and say what came of it."""
    machine = ProcessPrinter(by.device, width_dots, lambda _: written(), within_s=within_s)
    return _ended(machine)


def _ended(machine: ProcessPrinter) -> bool:
    ends: list[bool] = []
    told = threading.Event()

    def ended(whole: bool) -> None:  # noqa: FBT001 - the port's signature
        ends.append(whole)
        told.set()

    machine.print(SLIP, ended)
    assert told.wait(LATEST_S)
    assert len(ends) == 1
    return ends[0]


# -- what is written ----------------------------------------------------------------------------------------------


def test_a_slip_says_the_code_until_when_where_and_who_helps() -> None:
    thai = said("th")
    assert "482 913" in thai
    assert "30 พ.ย. 2569 17:00 น." in thai
    assert "example.moph.go.th" in thai
    assert "0-2257-7119" in thai
    assert "k-udon-01" in thai
    assert "30 Nov 2026, 17:00" in said("en")


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_slip_of_a_trial_says_so_first_and_another_does_not(language: str) -> None:
    assert written(language)[0] == Line(Look.BANNER, "ทดสอบ TEST MODE")
    assert WORDINGS[language].text("accepted.sandbox").replace(WORD_MARK, "") in said(language)
    live = said(language, test=False)
    assert "TEST" not in live
    assert "ทดสอบ" not in live


def test_without_a_link_no_address_is_printed() -> None:
    assert "moph" not in said("th", link="")


def test_the_code_is_in_one_line_and_in_no_other() -> None:
    assert [line.look for line in written() if "482" in line.text or "913" in line.text] == [Look.CODE]


def test_the_person_is_in_nothing_that_is_sent_on_to_be_printed(tmp_path: Path) -> None:
    canary = Canary.of(CITIZENS[0])
    canary.prove()
    walk = Walk()
    walk.session = Session(policy=SessionPolicy(offers_slip=True), presence=Presence.ABSENT)
    walk.to_confirm(identity(CITIZENS[0].seed)).say(Intent.YES).tell(on.StatusKnown(Enrolled.NOT_YET))
    walk.tell(on.FaceJudged(findings()), on.Filed("K7QX-29DM"), on.PinIssued(CODE, UNTIL_MS, sandbox=True))
    (step,) = [step for step in walk.say(Intent.PRINT).steps if isinstance(step, on.PrintSlip)]
    assert walk.session.consent is not None
    ours, theirs = pipe.Pipe.pair()
    with ours, theirs:
        PipeStage(pipe.Pipe(ours, pipe.ToPerson)).slip_asked(step)
        sent = theirs.recv(4096)
    machine = printer_from(_settings(tmp_path, 'device = "/dev/usb/lp0"'), lambda: WORDINGS["th"])
    assert isinstance(machine, ProcessPrinter)
    job = msgspec.json.encode(Job(machine.device, machine.width_dots, machine.written(step)))
    assert CODE.encode() in sent
    assert canary.scan_bytes(sent + job) == []


# -- how it is drawn ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width_dots", [384, 576, 256])
@pytest.mark.parametrize("language", ["th", "en"])
def test_a_slip_is_as_wide_as_the_paper_and_its_words_keep_off_the_edges(language: str, width_dots: int) -> None:
    slip = picture(written(language, test=False), width_dots)
    assert (slip.mode, slip.width) == ("1", width_dots)
    inked = ImageChops.invert(slip.convert("L")).getbbox()
    assert inked is not None
    assert inked[0] > 0
    assert inked[2] < width_dots
    assert inked[1] > 8
    assert inked[3] < slip.height - 8


@pytest.mark.parametrize("word", ["ที่", "ปิ่น", "กู้", "น้ำ", "ญี่ปุ่น", "ฟ้า", "ปู่", "ฏุ"])
def test_the_marks_of_thai_letters_are_neither_cut_nor_run_together_with_other_rows(word: str) -> None:
    alone = picture([Line(Look.TEXT, word)])
    inked = ImageChops.invert(alone.convert("L")).getbbox()
    font = font_with(frozenset(word), rather="Loma")
    assert inked is not None
    assert font is not None
    whole = _with_much_room(word, font)
    left, top, right, bottom = inked
    three = picture([Line(Look.TEXT, word)] * 3)
    row = (three.height - alone.height) // 2  # from one to the next
    assert row > bottom - top
    for slip, n in ((alone, 0), (three, 0), (three, 1), (three, 2)):
        cut = slip.crop((left, top + n * row, right, bottom + n * row))
        assert ImageChops.invert(cut.convert("L")).tobytes() == whole.tobytes()


def _with_much_room(word: str, font: Path) -> Image.Image:
    """The same letters in the middle of a sheet on which nothing could be cut."""
    sheet = Image.new("L", (800, 400), 0)
    ImageDraw.Draw(sheet).text((384, 200), word, 255, ImageFont.truetype(str(font), 30), anchor="ls")
    dots = sheet.point([0] * 128 + [255] * 128)
    return dots.crop(dots.getbbox())


def test_a_word_too_long_for_the_paper_is_broken_and_the_code_is_never() -> None:
    long = picture([Line(Look.TEXT, "a" * 80), Line(Look.CODE, "K7QX29DM-K7QX29DM")], 384)
    inked = ImageChops.invert(long.convert("L")).getbbox()
    assert inked is not None
    assert inked[0] >= 0
    assert inked[2] <= 384


# -- how it gets on paper -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width_dots", [384, 576])
def test_what_comes_out_is_dot_for_dot_what_was_drawn(width_dots: int) -> None:
    with printer() as machine, capture_logs() as logged:
        assert printed(machine, width_dots)
        assert machine.wait(lambda: machine.received.endswith(b"\x10\x04\x04"))
        out = machine.slip()
    assert out.size == (width_dots, out.height)
    assert out.tobytes() == picture(written(), width_dots).tobytes()
    assert logged == []


def test_a_printer_that_never_answers_prints_all_the_same() -> None:
    with printer(answers=False) as machine:
        assert printed(machine)
        assert machine.wait(lambda: b"\x1dV\x01" in machine.received)
        assert machine.slip().width == 384


@pytest.mark.parametrize(
    ("faults", "code"),
    [
        ({"has_paper": False}, "printer_no_paper"),
        ({"paper_ends_after": 2000}, "printer_no_paper"),
        ({"hangs_after": 0}, "printer_silent"),
        ({"hangs_after": 4000, "answers": False}, "printer_silent"),
        ({"goes_after": 1, "answers": False}, "printer_absent"),
        ({"goes_after": 3000}, "printer_absent"),
    ],
    ids=["no paper", "paper ends", "hangs", "hangs in the middle", "goes", "goes in the middle"],
)
def test_a_printer_that_does_not_work_is_told_to_the_technician_in_time(faults: dict[str, object], code: str) -> None:
    with printer(**faults) as machine, capture_logs() as logged:
        began_s = time.monotonic()
        assert not printed(machine)
        assert time.monotonic() - began_s < LATEST_S
    (told,) = logged
    assert (told["event"], told["code"]) == ("slip_not_printed", code)
    assert told["technician"] == TECHNICIAN[Trouble(code)]
    assert CODE not in json.dumps(told)


def test_a_printer_that_hangs_is_waited_for_no_longer_than_said_and_then_killed() -> None:
    with printer(hangs_after=0) as machine:
        began_s = time.monotonic()
        assert not printed(machine, within_s=1.0)
        assert time.monotonic() - began_s < 3.0


def test_nothing_is_printed_into_a_file_or_where_no_printer_is(tmp_path: Path) -> None:
    file = tmp_path / "paper"
    file.touch()
    for path in (file, tmp_path / "nothing", Path("/dev/nothing")):
        with capture_logs() as logged:
            assert not _ended(ProcessPrinter(str(path), 384, lambda _: written(), within_s=LATEST_S))
        assert [told["code"] for told in logged] == ["printer_absent"]
    assert file.read_bytes() == b""
    assert [path.name for path in tmp_path.iterdir()] == ["paper"]


def test_whoever_leaves_takes_the_waiting_slip_away_and_nobody_is_blamed_for_it() -> None:
    with printer(hangs_after=0) as machine, capture_logs() as logged:
        printing = ProcessPrinter(machine.device, 384, lambda _: written(), within_s=LATEST_S)
        told = threading.Event()
        printing.print(SLIP, lambda _: told.set())
        printing.give_up()
        assert told.wait(5)
    assert logged == []


@pytest.mark.parametrize(
    "program", [("/nowhere/python",), ("/bin/sh", "-c", "cat >/dev/null; exit 3"), ("/bin/echo", "what")]
)
def test_a_program_that_fails_is_told_and_not_quoted(program: tuple[str, ...]) -> None:
    with capture_logs() as logged:
        assert not _ended(ProcessPrinter("/dev/null", 384, lambda _: written(), LATEST_S, program))
    assert [told["code"] for told in logged] == ["printer_defect"]


def test_the_code_stands_in_no_process_list_and_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with printer(hangs_after=0) as machine:
        printing = ProcessPrinter(machine.device, 384, lambda _: written(), within_s=LATEST_S)
        told = threading.Event()
        printing.print(SLIP, lambda _: told.set())
        listed = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if os.access(path, os.R_OK)]
        assert any(b"kiosk.entrypoints.printing" in line for line in listed)
        assert not any(CODE.encode() in line or b"482 913" in line for line in listed)
        printing.give_up()
        assert told.wait(5)
    with printer() as machine:
        assert printed(machine)
    assert list(tmp_path.iterdir()) == []


# -- what a kiosk is told -----------------------------------------------------------------------------------------


def _settings(folder: Path, section: str) -> config.Settings:
    file = folder / "kiosk.toml"
    file.write_text(f"{REST}\n[printer]\n{section}\n", encoding="utf-8")
    return config.read(file)


def test_unless_told_otherwise_a_kiosk_has_no_printer(tmp_path: Path) -> None:
    machine = printer_from(_settings(tmp_path, ""), lambda: WORDINGS["th"])
    assert isinstance(machine, NoPrinter)
    ends: list[bool] = []
    machine.print(SLIP, ends.append)
    assert ends == [False]


def test_a_printer_is_a_device_and_speaks_the_language_of_the_screen(tmp_path: Path) -> None:
    settings = _settings(tmp_path, 'device = "/dev/usb/lp0"\nwidth_dots = 576')
    machine = printer_from(settings, lambda: WORDINGS["en"])
    assert isinstance(machine, ProcessPrinter)
    assert (machine.device, machine.width_dots) == ("/dev/usb/lp0", 576)
    assert Line(Look.TITLE, WORDINGS["en"].text("paper.title")) in machine.written(SLIP)
    assert machine.written(PrintSlip(CODE, UNTIL_MS, sandbox=False))[0].look is Look.BANNER  # the profile is test


@pytest.mark.parametrize(
    "line",
    [
        'device = "lp0"',
        'device = "tcp://10.0.0.9:9100"',
        'device = "/etc/passwd"',
        "width_dots = 100",
        "width_dots = 385",
    ],
)
def test_what_is_no_printer_stops_the_start(tmp_path: Path, line: str) -> None:
    with pytest.raises(config.ConfigError, match=r"printer\."):
        _settings(tmp_path, line)
