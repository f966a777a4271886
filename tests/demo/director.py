# SPDX-License-Identifier: Apache-2.0
"""Behind the scene of the played demonstration: puts cards in, and lets the face before the camera obey the screen."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.demo.parts import PARTS
from tests.simulators.patient import obey

if TYPE_CHECKING:
    from pathlib import Path

    from tests.simulators.lobby import Lobby
    from tests.simulators.people import PersonId

LEAST_COLUMNS, LEAST_LINES = 80, 24

_GLANCE_S = 0.2
_MENU_COLUMNS = (26, 34)
_BORDER = 1
_KIOSK_COLUMNS = 80
_LINE_BYTES = 200


class Director:
    """Runs the menu beside the kiosk's screen and does what it asks. `perform` blocks until the reader leaves."""

    def __init__(self, lobby: Lobby) -> None:
        """Take the lobby; nobody is on the scene yet."""
        self._lobby = lobby
        self._face: PersonId | None = None
        self._done = threading.Event()

    def perform(self) -> None:
        """Show the kiosk and the menu in this terminal."""
        address = self._lobby.directory / "menu.sock"
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listening.bind(str(address))
        threads = [
            threading.Thread(target=self._heed, args=(listening,), daemon=True),
            threading.Thread(target=self._act, daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._open_menu(address)
        try:
            subprocess.run(
                ["tmux", "-u", "-L", self._lobby.terminal.socket, "attach-session"],
                check=False,
                env={name: value for name, value in os.environ.items() if name != "TMUX"},  # the reader may sit in one
            )
        finally:
            self._done.set()
            listening.close()

    def _open_menu(self, address: Path) -> None:
        tmux = self._lobby.terminal.tmux
        columns = str(menu_columns(os.get_terminal_size().columns))
        menu = (sys.executable, "-m", "tests.demo.menu", str(address), self._lobby.address)
        tmux("set-option", "-g", "window-size", "latest")
        tmux("set-option", "-g", "mouse", "on")
        tmux("bind-key", "-n", "C-c", "detach-client")  # the screen of a kiosk hears nobody's Ctrl-C
        tmux("set-hook", "-g", "window-resized", f"resize-pane -t kiosk:0.1 -x {columns}")
        tmux("split-window", "-h", "-d", "-l", columns, "-t", "kiosk:0.0", *menu)

    def _heed(self, listening: socket.socket) -> None:
        while not self._done.is_set():
            try:
                wish = json.loads(listening.recv(_LINE_BYTES))
            except OSError:
                return
            match wish:
                case {"play": int(part)}:
                    self._lobby.card.pull()
                    self._lobby.scene.prepare(PARTS[part].face)
                    self._face = PARTS[part].face
                    self._lobby.card.insert(PARTS[part].citizen.card())
                case {"pull": True}:
                    self._lobby.card.pull()
                case {"quit": True}:
                    self._lobby.terminal.tmux("detach-client", "-s", "kiosk")

    def _act(self) -> None:
        while not self._done.wait(_GLANCE_S):
            if self._face is not None and self._lobby.terminal.alive:
                obey(self._lobby.terminal.look(), self._lobby.scene, self._face)


def menu_columns(columns: int) -> int:
    """Share a terminal out: the menu is as wide as it may be while the kiosk has its usual width."""
    least, most = _MENU_COLUMNS
    return min(most, max(least, columns - _KIOSK_COLUMNS - _BORDER))
