# SPDX-License-Identifier: Apache-2.0
"""How long people see no welcome after the screen process has failed: a screen of it, or the whole process.

The kiosk's own command runs in a real terminal (tmux) with a real pcscd and a film as camera; the controller is away. A
bare Textual app that shows one word is started in each round too: what the machine, Python and Textual take anyway.
Seconds are of the clock, from the crash until the words stand on the screen, looked for every few milliseconds. Beside
them stands the processor time that the processes took for it, which a busy machine lengthens little.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import against, show
from kiosk.screens.wording import load_wordings
from tests.simulators.lobby import Lobby
from tests.simulators.services import wait_until
from tests.simulators.terminal import Terminal
from tests.simulators.vpcd import VpcdCard

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS = 7
_TARGET_S = 3.0
_SIZE = (47, 12)  # of the 7-inch panel
_BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("BARE")

Bare().run()
"""
_TH = load_wordings()["th"].text


@dataclass(frozen=True, slots=True)
class _Took:
    """How long one start or recovery took, by the clock and of processors."""

    clock_s: float
    processor_s: float


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="dc-") as folder:
        timed = _timed(Path(folder))
    names = {"bare": "a bare Textual app's start", "screen": "a screen failed", "process": "the process was killed"}
    clocked = [{name: took.clock_s for name, took in each.items()} for each in timed]
    rows = []
    for name, words in names.items():
        clock_s = statistics.median(each[name].clock_s for each in timed)
        processor_s = statistics.median(each[name].processor_s for each in timed)
        ratio, spread = against(clocked, name, "bare").columns()
        rows.append((words, f"{clock_s:.1f}", f"{clock_s / _TARGET_S:.0%}", f"{processor_s:.1f}", ratio, spread))
    columns = ("after", "s", f"of {_TARGET_S:.0f} s", "processor s", "ratio", "middle half")
    show("recovery: until the welcome is back", columns, rows)


def _timed(folder: Path) -> list[dict[str, _Took]]:
    lobby = Lobby(folder / "lobby", clips=folder / "clips")
    told = ("ui", "--config", str(lobby.kiosk / "kiosk.toml"), "--log", str(lobby.logs / "kiosk-ui.log"))
    command = [sys.executable, "-m", "tests.simulators.failing_screen", *told]
    kiosk = Terminal(command, env=lobby.reader.env, size=_SIZE)
    with lobby.reader, VpcdCard(lobby.reader.vpcd_port):
        kiosk.start()
        try:
            _wait(kiosk, _TH("attract.start"))
            return [_round(kiosk) for _ in range(_ROUNDS)]
        finally:
            kiosk.stop()


def _round(kiosk: Terminal) -> dict[str, _Took]:
    """One of each; the kiosk begins at the welcome and ends there."""
    return {
        "bare": _bare(),
        "screen": _until_welcome(kiosk, lambda: kiosk.press("F9")),
        "process": _until_welcome(kiosk, lambda: _kill(kiosk)),
    }


def _bare() -> _Took:
    terminal = Terminal([sys.executable, "-c", _BARE], env={}, size=_SIZE)
    began_s = time.perf_counter()
    terminal.start()
    try:
        _wait(terminal, "BARE")
        return _Took(time.perf_counter() - began_s, _processor_s(terminal.pid))
    finally:
        terminal.stop()


def _until_welcome(kiosk: Terminal, crash: Callable[[], None]) -> _Took:
    """Go to the menu, so that the welcome that is seen is a new one, and crash there."""
    kiosk.touch(_TH("attract.start"))
    _wait(kiosk, _TH("menu.title"))
    before, before_s = kiosk.pid, _own_s(kiosk.pid)
    began_s = time.perf_counter()
    crash()
    _wait(kiosk, _TH("attract.start"))
    clock_s = time.perf_counter() - began_s
    return _Took(clock_s, _processor_s(kiosk.pid) - (before_s if kiosk.pid == before else 0.0))


def _kill(kiosk: Terminal) -> None:
    kiosk.kill()
    kiosk.restart()


def _wait(terminal: Terminal, words: str) -> None:
    wait_until(lambda: terminal.look().shows(words), f"the screen says {words}", 60)


def _processor_s(pid: int) -> float:
    """What a process and the children that it has now took so far."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return _own_s(pid) + sum(_own_s(int(child)) for task in tasks for child in task.read_text().split())


def _own_s(pid: int) -> float:
    """What a process took itself. Source: proc_pid_stat(5), utime and stime."""
    after_the_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, after_the_name[11:13])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
