# SPDX-License-Identifier: Apache-2.0
"""How long people see no welcome after the screen process has failed: a screen of it, or the whole process.

The kiosk's own command runs in a real terminal (tmux) with a real pcscd and a film as camera; the controller is away. A
bare Textual app that shows one word is started in each round too: what the machine, Python and Textual take anyway.
Seconds are of the clock, from the crash until the words stand on the screen, looked for every few milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Ratio, against, show
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


def main() -> None:
    """Measure."""
    with tempfile.TemporaryDirectory(prefix="dc-") as folder:
        timed = _timed(Path(folder))
    names = {"bare": "a bare Textual app's start", "screen": "a screen failed", "process": "the process was killed"}
    rows = []
    for name, words in names.items():
        seconds = statistics.median(each[name] for each in timed)
        ratio, spread = (Ratio(1, 1, 1) if name == "bare" else against(timed, name, "bare")).columns()
        rows.append((words, f"{seconds:.1f}", f"{seconds / _TARGET_S:.0%}", ratio, spread))
    show("recovery: until the welcome is back", ("after", "s", "of 3 s", "ratio", "middle half"), rows)


def _timed(folder: Path) -> list[dict[str, float]]:
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


def _round(kiosk: Terminal) -> dict[str, float]:
    """One of each; the kiosk begins at the welcome and ends there."""
    return {
        "bare": _bare(),
        "screen": _until_welcome(kiosk, lambda: kiosk.press("F9")),
        "process": _until_welcome(kiosk, lambda: _kill(kiosk)),
    }


def _bare() -> float:
    terminal = Terminal([sys.executable, "-c", _BARE], env={}, size=_SIZE)
    began = time.perf_counter()
    terminal.start()
    try:
        _wait(terminal, "BARE")
        return time.perf_counter() - began
    finally:
        terminal.stop()


def _until_welcome(kiosk: Terminal, crash: Callable[[], None]) -> float:
    """Go to the menu, so that the welcome that is seen is a new one, and crash there."""
    kiosk.touch(_TH("attract.start"))
    _wait(kiosk, _TH("menu.title"))
    began = time.perf_counter()
    crash()
    _wait(kiosk, _TH("attract.start"))
    return time.perf_counter() - began


def _kill(kiosk: Terminal) -> None:
    kiosk.kill()
    kiosk.restart()


def _wait(terminal: Terminal, words: str) -> None:
    wait_until(lambda: terminal.look().shows(words), f"the screen says {words}", 60)


if __name__ == "__main__":
    main()
