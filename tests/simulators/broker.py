# SPDX-License-Identifier: Apache-2.0
"""The real Mosquitto, run from a folder that `dipchip-provision fleet` made; for tests, journeys and the demo.

It can be killed and started again like a broker in the field. It changes nothing in the folder but its log and data.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_PATIENCE_S = 15.0
_POLL_S = 0.01
_LISTENER = re.compile(r"^listener (\d+) (\S+)$", re.MULTILINE)


class BrokerNotRunningError(RuntimeError):
    """Mosquitto is missing or ended; the message holds the end of its log and what to do."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """Mosquitto on the folder's own configuration; as a context manager it runs from entry to exit."""

    def __init__(self, directory: Path) -> None:
        """Read where it will listen; nothing is started."""
        self.configuration = directory / "mosquitto.conf"
        self.log = directory / "mosquitto.log"
        found = _LISTENER.search(self.configuration.read_text(encoding="utf-8"))
        if found is None:
            message = f"{self.configuration}: no listener. Make the folder with `dipchip-provision fleet`."
            raise BrokerNotRunningError(message)
        self.port = int(found[1])
        self.host = "127.0.0.1" if found[2] == "0.0.0.0" else found[2]  # noqa: S104 - compared, not bound
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Start it and wait until it listens.

        Raises:
            BrokerNotRunningError: when it is not installed, or ends instead.
        """
        binary = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if binary is None:
            message = "mosquitto is not installed. Install the package `mosquitto`."
            raise BrokerNotRunningError(message)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [binary, "-c", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait_until_listening(self._process)

    def _wait_until_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while process.poll() is None and time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex((self.host, self.port)) == 0:
                    return
            time.sleep(_POLL_S)
        self.kill()
        tail = self.log.read_text(encoding="utf-8", errors="replace")[-2000:]
        message = f"mosquitto does not listen on {self.host}:{self.port}. Read the end of its log:\n{tail}"
        raise BrokerNotRunningError(message)

    def stop(self) -> None:
        """End it in order, as systemd would."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it like a power cut would."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop it and start it on the same port."""
        self.stop()
        self.start()

    def reload(self) -> None:
        """Let it read certificates, access list and revocations again; open sessions stay."""
        if self._process is not None:
            self._process.send_signal(signal.SIGHUP)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()
