# SPDX-License-Identifier: Apache-2.0
"""Behind the scene of the played demonstration: puts cards in, and lets the face before the camera obey the screen."""

from __future__ import annotations

import json
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

_GLANCE_S = 0.2
_MENU_COLUMNS = 34
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
        terminal = self._lobby.terminal
        subprocess.run(["tmux", "-u", "-L", terminal.socket, "attach-session"], check=False)
        self._done.set()
        listening.close()

    def _open_menu(self, address: Path) -> None:
        tmux = self._lobby.terminal.tmux
        menu = (sys.executable, "-m", "tests.demo.menu", str(address), self._lobby.address)
        tmux("split-window", "-h", "-d", "-l", str(_MENU_COLUMNS), "-t", "kiosk:0.0", *menu)
        tmux("set-option", "-g", "window-size", "latest")
        tmux("set-option", "-g", "mouse", "on")

    def _heed(self, listening: socket.socket) -> None:
        while not self._done.is_set():
            try:
                wish = json.loads(listening.recv(_LINE_BYTES))
            except OSError:
                return
            match wish:
                case {"play": int(part)}:
                    self._lobby.card.pull()
                    self._face = PARTS[part].face
                    self._lobby.card.insert(PARTS[part].citizen.card())
                case {"pull": True}:
                    self._lobby.card.pull()
                case {"quit": True}:
                    self._lobby.terminal.stop()

    def _act(self) -> None:
        while not self._done.wait(_GLANCE_S):
            if self._face is not None and self._lobby.terminal.alive:
                obey(self._lobby.terminal.look(), self._lobby.scene, self._face)
