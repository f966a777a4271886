# SPDX-License-Identifier: Apache-2.0
"""Runs the screen's compositor, and passes on to systemd what the screen says of itself.

The screen's processes stand in a session of logind's, outside their unit, where systemd hears nobody. This one is the
unit's own. It draws nothing and knows nothing: `python -m kiosk.entrypoints.seat COMMAND ...`, with the folder for its
socket in XDG_RUNTIME_DIR. Where nobody asked for signs of life it only runs the command.

Source: sd_notify(3); systemd.service(5), NotifyAccess=; pam_systemd(8).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

NOTIFY_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG_PID = "WATCHDOG_PID"  # is this process's, and would tell the screen that it is not asked
_MOST_BYTES = 256
_LOOK_S = 1.0  # at the command, which may have ended


def run(command: Sequence[str], folder: Path) -> int:
    """Run the command to its end, which SIGTERM brings about; its exit code, 0 where it was told to end.

    Raises:
        OSError: it cannot be started, or the socket cannot be made.
    """
    systemd = os.environ.get(NOTIFY_SOCKET)
    if systemd is None:
        return _Screen(command, os.environ).wait()
    place = folder / "signs-of-life"
    place.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(place))
        heard.settimeout(_LOOK_S)
        told = {name: value for name, value in os.environ.items() if name != _WATCHDOG_PID}
        screen = _Screen(command, told | {NOTIFY_SOCKET: str(place)})
        while screen.runs:
            with suppress(TimeoutError):
                _pass_on(heard.recv(_MOST_BYTES), systemd)
    return screen.wait()


class _Screen:
    """The command, and whether it was told to end."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str]) -> None:
        self._is_told = False
        self._process = subprocess.Popen(command, env=env)  # noqa: S603 - the unit's own line
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end)

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> int:
        ended = self._process.wait()
        return 0 if self._is_told else ended

    def _end(self, *_: object) -> None:
        self._is_told = True
        self._process.terminate()


def _pass_on(said: bytes, systemd: str) -> None:
    """A systemd that does not listen is not waited for."""
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.settimeout(0)
        out.sendto(said, systemd.replace("@", "\0", 1))


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:], Path(os.environ["XDG_RUNTIME_DIR"])))
