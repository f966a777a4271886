# SPDX-License-Identifier: Apache-2.0
"""The code on paper, all the way: a touch on the real screen, a slip from a printer, and nobody held up without one."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from PIL import ImageChops

from kiosk.entrypoints.fonts import font_with
from kiosk.entrypoints.slip_picture import drawn, letters
from kiosk.screens.code_digits import grouped
from kiosk.screens.slip import Line, Look
from kiosk.screens.wording import load_wordings
from tests.simulators.canary import Canary
from tests.simulators.lobby import FACILITY, KIOSK, PROVINCE, Lobby
from tests.simulators.patient import CITIZENS, Patient
from tests.simulators.services import wait_until
from tests.simulators.slip_printer import printer
from wire.lettering.thai import WORD_MARK

if TYPE_CHECKING:
    from pathlib import Path

    from PIL import Image

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

TH = load_wordings()["th"].text


def test_a_person_takes_the_code_on_paper_and_another_goes_on_without_a_printer_that_works(
    place: Path, clips: Path
) -> None:
    with printer() as machine:
        lobby = Lobby(place / "printing", clips=clips, activate_after_s=120.0, console=False)
        lobby.provision_kiosk(KIOSK, FACILITY, PROVINCE, lobby.kiosk, *lobby.camera, "--printer", str(machine.device))
        with lobby:
            lobby.wait_for_link()
            patient = lobby.patient(CITIZENS[0])
            patient.visit(stop_at="accepted")
            _touch_and_read(lobby, "slip.printed.title")
            code = _codes(lobby)[0]
            assert _is_on(code, machine.slip())
            _finish(lobby, patient)
            machine.hangs_after = 0
            patient = lobby.patient(CITIZENS[1])
            patient.visit(stop_at="accepted")
            _touch_and_read(lobby, "slip.failed.title")
            _finish(lobby, patient)
            wait_until(lambda: lobby.kiosk_books().endings.get("filed", 0) == 2, "both sessions ended as filed")
    log = (lobby.logs / "kiosk-ui.log").read_bytes()
    assert b"printer_silent" in log
    told = [json.loads(line) | {"timestamp": ""} for line in log.splitlines()]  # six digits of it may be anything
    assert not any(each in json.dumps(told) for each in _codes(lobby))
    for citizen in CITIZENS[:2]:
        canary = Canary.of(citizen)
        canary.prove()
        assert canary.scan_bytes(log + bytes(machine.received)) == []


def _touch_and_read(lobby: Lobby, key: str) -> None:
    words = TH("button.print").replace(WORD_MARK, "")
    wait_until(lambda: lobby.terminal.look().shows(words), "the screen offers to print", 30)
    lobby.terminal.touch(words)
    wait_until(lambda: lobby.terminal.look().shows(TH(key).replace(WORD_MARK, "")), f"the screen says {key}", 30)


def _finish(lobby: Lobby, patient: Patient) -> None:
    lobby.terminal.touch(TH("button.finish"))
    patient.visit()


def _codes(lobby: Lobby) -> list[str]:
    """The codes that the identity provider's sandbox has given, as it keeps them."""
    with closing(sqlite3.connect(lobby.directory / "idp-sandbox.db")) as books:
        return [str(pin) for (pin,) in books.execute("SELECT pin FROM enrolment ORDER BY rowid")]


def _is_on(code: str, slip: Image.Image) -> bool:
    """Whether the code stands on the slip, dot for dot as it is drawn, at any height."""
    line = [Line(Look.CODE, grouped(code))]
    font = font_with(letters(line), rather="Loma")
    assert font is not None
    alone = drawn(line, slip.width, font)
    inked = ImageChops.invert(alone.convert("L")).getbbox()
    assert inked is not None
    row = alone.crop((0, inked[1], alone.width, inked[3]))
    return any(
        slip.crop((0, top, slip.width, top + row.height)).tobytes() == row.tobytes()
        for top in range(slip.height - row.height)
    )
