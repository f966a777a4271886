# SPDX-License-Identifier: Apache-2.0
"""Between systemd and a screen that systemd does not hear: signs of life go through, ends both ways."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

_WELL = "import os; from wire.watchdog import Watchdog; Watchdog(os.environ['NOTIFY_SOCKET']).alive(); "
_WAIT = "import time; time.sleep(600)"


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        yield listening


def seat(folder: Path, code: str, **env: str) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "kiosk.entrypoints.seat", sys.executable, "-c", code]
    known = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    return subprocess.Popen(line, env=known | {"XDG_RUNTIME_DIR": str(folder)} | env)


def test_what_the_screen_says_reaches_systemd_and_a_stop_reaches_the_screen(
    systemd: socket.socket, tmp_path: Path
) -> None:
    running = seat(tmp_path, _WELL + _WAIT, NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_PID="1")
    assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0


def test_the_screens_end_is_its_own(systemd: socket.socket, tmp_path: Path) -> None:
    assert seat(tmp_path, "raise SystemExit(3)", NOTIFY_SOCKET=str(tmp_path / "notify")).wait(60) == 3
    assert seat(tmp_path, _WELL + "raise SystemExit(4)", NOTIFY_SOCKET=str(tmp_path / "notify")).wait(60) == 4
    assert systemd.recv(100) == b"READY=1\nWATCHDOG=1"


def test_where_nobody_asked_it_only_runs_the_command(tmp_path: Path) -> None:
    assert seat(tmp_path, "import os; raise SystemExit('NOTIFY_SOCKET' in os.environ)").wait(60) == 0
    assert not (tmp_path / "signs-of-life").exists()
