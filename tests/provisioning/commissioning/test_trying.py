# SPDX-License-Identifier: Apache-2.0
"""The kiosk's own commands as commissioning starts them: a slip on a real device, a visit as the screen's own user."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioning.commissioning import trying
from provisioning.commissioning.steps import Step
from provisioning.commissioning.trying import Trials
from provisioning.places import Layout
from tests.simulators.services import script
from tests.simulators.slip_printer import printer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provisioning.commissioning.conftest import Bench

pytestmark = pytest.mark.real


def test_a_slip_that_is_good_for_nothing_comes_out(bench: Bench) -> None:
    bench.is_at(Step.PRINTER)
    trials = Trials((script("dipchip-kiosk"),), bench.place, Layout.BESIDE)
    assert trials.slip() == "printer_not_set"
    with printer() as machine:
        settings = bench.place / "kiosk.toml"
        with_it = settings.read_text(encoding="utf-8").replace('device = ""', f'device = "{machine.device}"')
        settings.write_text(with_it, encoding="utf-8")
        assert trials.slip() == ""
        assert machine.slip().getbbox() is not None
        machine.has_paper = False
        assert trials.slip() == "printer_no_paper"


def test_what_prints_otherwise_or_is_not_there_is_a_defect(tmp_path: Path) -> None:
    for command in (("false",), (str(tmp_path / "nothing"),)):
        assert Trials(command, tmp_path, Layout.BESIDE).slip() == "printer_defect"


def test_a_visit_is_told_by_its_exit_code(tmp_path: Path) -> None:
    for code, told in ((0, ""), (1, "ended"), (2, "not_begun")):
        program = tmp_path / f"visit-{code}"
        program.write_text(f"#!/bin/sh\nexit {code}\n")
        program.chmod(0o755)
        assert Trials((str(program),), tmp_path, Layout.BESIDE).visit() == told
    assert Trials((str(tmp_path / "nothing"),), tmp_path, Layout.BESIDE).visit() == "not_begun"


def test_an_installed_kiosk_lets_the_screens_own_user_serve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[str, ...]] = []

    def run(line: tuple[str, ...]) -> int:
        ran.append(line)
        return 0

    monkeypatch.setattr(trying, "_run", run)
    assert Trials(("dipchip-kiosk",), tmp_path, Layout.INSTALLED).visit() == ""
    courier, visit = ran
    assert courier == ("systemctl", "start", "dipchip-kiosk-courier.service")
    assert {"--property=User=dipchip-ui", f"--property=LoadCredential=event.jwk:{tmp_path / 'event.jwk'}"} <= set(visit)
    assert visit[-2:] == ("--event-key", "/run/credentials/dipchip-kiosk-rehearsal.service/event.jwk")
