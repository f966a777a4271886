# SPDX-License-Identifier: Apache-2.0
"""All parts at once, in this room because the reader is one of them: the report is the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from kiosk.entrypoints import doctor
from kiosk.findings import Code, Level, Part, Report
from kiosk.screens.wording import LANGUAGES
from tests.kiosk.doctored import fleet_with_a_dark_kiosk, hot_raspberry_pi, settings
from tests.provisioning.conftest import MINE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.usefixtures("no_card")]


def test_every_part_is_examined_and_the_json_is_the_contract(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, kernel = fleet_with_a_dark_kiosk(tmp_path / "fleet"), hot_raspberry_pi(tmp_path)
    exit_code = doctor.run(settings(made), tuple(Part), "th", as_json=True, for_it=False, kernel=kernel)
    report = msgspec.json.decode(capsys.readouterr().out, type=Report)
    found = {finding.part: finding for finding in report.parts}
    assert list(found) == list(Part)
    assert (report.v, report.kiosk, report.exit_code, exit_code) == (1, MINE, 2, 2)
    assert report.level is Level.FAULT
    told = {part: found[part].code for part in Part if part not in {Part.CLOCK, Part.DISK}}
    assert told == {
        Part.READER: "ok",
        Part.CAMERA: Code.CAMERA_DARK,
        Part.SCREEN: Code.SCREEN_NOT_TOLD,
        Part.STORE: Code.STORE_NOT_BEGUN,
        Part.NETWORK: Code.PORT_REFUSED,
        Part.CERTIFICATES: "ok",
        Part.TEMPERATURE: Code.TEMPERATURE_HIGH,
        Part.POWER: Code.THROTTLED,
    }
    for finding in report.parts:
        assert set(finding.next) == (set() if finding.code == "ok" else set(LANGUAGES))
    assert not (made.kiosk(MINE) / "store.db").exists()
