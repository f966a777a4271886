# SPDX-License-Identifier: Apache-2.0
"""How systemd's answers are read; that it obeys, and only for these units, the container shows."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from kiosk.update.units import UNITS, Systemd, Unit

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SAID = """NRestarts=0
Id=dipchip-kiosk-ui.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled

NRestarts=3
Id=dipchip-kiosk-courier.service
LoadState=loaded
ActiveState=activating
UnitFileState=enabled

NRestarts=0
Id=dipchip-kiosk-agent.service
LoadState=not-found
ActiveState=inactive
UnitFileState=
"""


def test_a_unit_that_waits_to_be_started_again_is_started_and_one_that_is_not_there_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    real = subprocess.run

    def run(command: list[str], **options: object) -> object:  # no systemd runs here
        script = f"case $1 in show) cat {tmp_path}/said;; *) echo $* >> {asked};; esac"
        return real(["sh", "-c", script, *command], **options)  # type: ignore[call-overload]

    (tmp_path / "said").write_text(SAID)
    monkeypatch.setattr("kiosk.update.units.subprocess.run", run)
    systemd = Systemd()
    assert list(systemd.look().values()) == [
        Unit(up=True, restarts=0),
        Unit(up=False, restarts=3),
        Unit(up=False, restarts=0),
    ]
    systemd.stop()
    systemd.start()
    both = " ".join(UNITS[:2])
    assert asked.read_text() == f"--no-ask-password stop {both}\n--no-ask-password start {both}\n"


def test_no_answer_is_no_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> object:
        raise FileNotFoundError

    monkeypatch.setattr("kiosk.update.units.subprocess.run", run)
    assert set(Systemd().look().values()) == {Unit(up=False, restarts=0)}
