# SPDX-License-Identifier: Apache-2.0
"""The second, small menu of the played demonstration: whose card goes into the virtual reader."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.widgets import Button, Label

from kiosk.screens.thai import drawable
from tests.demo.parts import PARTS

if TYPE_CHECKING:
    from textual.app import ComposeResult

_PULL, _QUIT = "pull", "quit"


class Menu(App[None]):
    """One button a part; each press is one datagram to the director."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    CSS = """
    Screen { background: $panel; padding: 0 1; overflow: hidden auto; }
    Label { width: 1fr; margin: 0 0 1 0; }
    Button { width: 1fr; min-width: 10; height: 3; }
    """

    def __init__(self, director: str, console: str) -> None:
        """Talk to the socket `director`; show the console's address."""
        super().__init__()
        self._director = director
        self._console = console

    def compose(self) -> ComposeResult:
        """Lay the buttons out."""
        yield Label(f"เดโม / Demo\nConsole: {self._console}", markup=False)
        yield Label(drawable("เสียบบัตรของ / Insert the card of"), markup=False)
        for number, part in enumerate(PARTS):
            yield Button(drawable(part.name), id=f"part-{number}")
        yield Button("ดึงบัตร / Pull the card", id=_PULL, variant="warning")
        yield Button("เลิก / Quit", id=_QUIT, variant="error")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Tell the director."""
        pressed = event.button.id or ""
        wish = {pressed: True} if pressed in {_PULL, _QUIT} else {"play": int(pressed.removeprefix("part-"))}
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(json.dumps(wish).encode(), self._director)


if __name__ == "__main__":
    Menu(*sys.argv[1:3]).run()
