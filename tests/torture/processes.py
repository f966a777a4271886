# SPDX-License-Identifier: Apache-2.0
"""The processes of a run: the product's own console scripts, unless they are altered; and the proxy."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.simulators.broker import free_port
from tests.simulators.services import script

if TYPE_CHECKING:
    from tests.torture.schedule import Act

_AS_SHIPPED = {
    "kiosk-courier": (script("dipchip-kiosk"), "courier"),
    "fleet-courier": (script("dipchip-fleet"), "courier"),
    "screen": (sys.executable, "-m", "tests.torture.screen"),
}


def command(process: str, *arguments: str, without: str | None, hasty: bool = False) -> list[str]:
    """The command line of a process; `without` names the rule that it does not keep, `hasty` lets it erase at once."""
    altered = [*(["--hasty"] if hasty else []), *(["--without", without] if without is not None else [])]
    if not altered:
        return [*_AS_SHIPPED[process], *arguments]
    return [sys.executable, "-m", "tests.torture.altered", process, *altered, *arguments]


class Proxy:
    """The proxy's process, and what it is told."""

    def __init__(self, broker_port: int) -> None:
        self.ports = {"kiosks": free_port(), "controller": free_port()}
        self._command = [sys.executable, "-m", "tests.torture.proxy", str(broker_port)]
        self._command += [str(port) for port in self.ports.values()]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it and wait until it listens; one that runs is left alone."""
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            if self._process.stdout is not None:
                self._process.stdout.readline()

    def tell(self, act: Act) -> bool:
        """Let it do something; whether it runs."""
        if self._process is None or self._process.stdin is None:
            return False
        told = {"side": act.on, "deed": act.deed, "lasts_s": act.lasts_s, "share": act.share}
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        self._process.stdin.flush()
        return True

    def kill(self) -> None:
        """End it like a power cut would."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.send_signal(signal.SIGKILL)
