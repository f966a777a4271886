# SPDX-License-Identifier: Apache-2.0
"""The second, small menu of the played demonstration: whose card goes into the virtual reader."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.widgets import Button, Label

from tests.demo.parts import PARTS
from wire.lettering.thai import drawable

if TYPE_CHECKING:
    from textual.app import ComposeResult

_PULL, _QUIT = "pull", "quit"


class Menu(App[None]):
    """One button a part; each press is one datagram to the director."""

    ENABLE_COMMAND_PALETTE: ClassVar[bool] = False
    VERTICAL_BREAKPOINTS = [(0, "-short"), (31, "-tall")]  # noqa: RUF012 - Textual declares it as an instance variable
    CSS = """
    Screen { background: #10231c; padding: 1 1 0 1; overflow: hidden auto; scrollbar-size: 1 1; }
    Label { width: 1fr; margin: 0 0 1 0; color: #dcebe5; }
    .title { text-style: bold; color: #ffd400; margin: 0; }
    Button, Button:hover { width: 1fr; min-width: 10; height: 1; margin: 0 0 1 0; border: none; text-style: bold; }
    Button { background: #dcebe5; color: #10231c; }
    #pull { background: #00523f; color: #ffffff; }
    #quit { background: #7a1f1f; color: #ffffff; margin: 0; }
    Button:focus, Button:hover, #pull:hover, #quit:hover { background: #ffd400; color: #10231c; }
    .-tall Button { height: 3; margin: 0; border-top: tall #10231c; border-bottom: tall #10231c; }
    """

    def __init__(self, director: str, console: str) -> None:
        """Talk to the socket `director`; show the console's address."""
        super().__init__()
        self._director = director
        self._console = console

    def compose(self) -> ComposeResult:
        """Lay the buttons out."""
        yield Label("เดโม / Demo", classes="title", markup=False)
        yield Label(self._console, markup=False)
        yield Label("เสียบบัตรของ\nInsert the card of", classes="title", markup=False)
        for number, part in enumerate(PARTS):
            yield Button(drawable(part.name), id=f"part-{number}")
        yield Button("ดึงบัตร / Pull the card", id=_PULL)
        yield Button("เลิก / Quit  Ctrl-C", id=_QUIT)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Tell the director."""
        pressed = event.button.id or ""
        if pressed in {_PULL, _QUIT}:
            self._ask({pressed: True})
        else:
            self._ask({"play": int(pressed.removeprefix("part-"))})

    async def action_quit(self) -> None:
        """Let the director end the menu with all else."""
        self._ask({_QUIT: True})

    def _ask(self, wish: dict[str, bool | int]) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.sendto(json.dumps(wish).encode(), self._director)


if __name__ == "__main__":
    Menu(*sys.argv[1:3]).run()
