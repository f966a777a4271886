# SPDX-License-Identifier: Apache-2.0
"""The kiosk's terminal, without a person: tmux runs the real screen process; words are read and touched on it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len

from wire.lettering.thai import drawable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PANE = "kiosk:0.0"


@dataclass(frozen=True, slots=True)
class Sight:
    """A screen's lines as they stood at one moment."""

    lines: tuple[str, ...]

    def shows(self, words: str) -> bool:
        """Whether the words stand on one line."""
        return any(_plain(words) in line for line in self.lines)


class Terminal:
    """A terminal of fixed size that runs one command; it can be killed and started again."""

    def __init__(self, command: Sequence[str], *, env: Mapping[str, str], size: tuple[int, int]) -> None:
        """Prepare; nothing is started."""
        self.socket = f"dipchip-{secrets.token_hex(4)}"
        self._argv = list(command)
        self._env = {"LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", **env}
        self._size = size

    def tmux(self, *words: str, quiet: bool = False) -> str:
        """Run a tmux command on this terminal's own server."""
        done = subprocess.run(
            ["tmux", "-u", "-L", self.socket, "-f", "/dev/null", *words],
            capture_output=True,
            check=not quiet,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout.decode()

    def start(self) -> None:
        """Start the command."""
        columns, lines = self._size
        settings = [word for name, value in self._env.items() for word in ("-e", f"{name}={value}")]
        self.tmux("new-session", "-d", "-s", "kiosk", "-x", str(columns), "-y", str(lines), *settings, *self._argv)
        for option, value in (("status", "off"), ("remain-on-exit", "on"), ("escape-time", "0")):
            self.tmux("set-option", "-g", option, value)

    def restart(self) -> None:
        """Start the command again in the same terminal."""
        settings = [word for name, value in self._env.items() for word in ("-e", f"{name}={value}")]
        self.tmux("respawn-pane", "-k", "-t", _PANE, *settings, *self._argv)

    @property
    def pid(self) -> int:
        """The command's process id."""
        return int(self.tmux("display-message", "-p", "-t", _PANE, "#{pane_pid}"))

    def kill(self) -> None:
        """SIGKILL the command, as a power cut would."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def alive(self) -> bool:
        """Whether the command runs."""
        return self.tmux("display-message", "-p", "-t", _PANE, "#{pane_dead}", quiet=True).strip() == "0"

    def stop(self) -> None:
        """End the terminal with what runs in it."""
        socket = self.tmux("display-message", "-p", "#{socket_path}", quiet=True).strip()
        self.tmux("kill-server", quiet=True)
        if socket:
            Path(socket).unlink(missing_ok=True)  # tmux leaves it behind

    def lines(self) -> list[str]:
        """What stands on the screen now."""
        return self.tmux("capture-pane", "-p", "-t", _PANE, quiet=True).splitlines()

    def look(self) -> Sight:
        """The screen at this moment; several questions about one moment need one look."""
        return Sight(tuple(_plain(line) for line in self.lines()))

    def touch(self, words: str) -> bool:
        """Touch the middle of the words where they stand alone, as on a button; says whether they did."""
        alone = re.compile(rf"(?<![\w\u0e00-\u0e7f]){re.escape(_plain(words))}(?![\w\u0e00-\u0e7f])")
        for row, line in enumerate(self.lines(), start=1):
            found = alone.search(_plain(line))
            if found:
                column = cell_len(_plain(line)[: found.start()]) + max(1, cell_len(found[0]) // 2)
                self._send(f"\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m")
                return True
        return False

    def press(self, key: str) -> None:
        """Press a key by tmux's name for it, such as `Enter` or `C-q`."""
        self.tmux("send-keys", "-t", _PANE, key)

    def _send(self, text: str) -> None:
        self.tmux("send-keys", "-t", _PANE, "-H", *(f"{byte:02x}" for byte in text.encode()))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", drawable(text))
