# SPDX-License-Identifier: Apache-2.0
"""One of the product's own processes, started as in the field: its console script, its settings file, its log.

It can be killed and started again at any moment.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PATIENCE_S = 30.0
_BEGINNING_S = 120.0  # three journeys at once on two processors begin as many processes each
_POLL_S = (0.02, 0.25)  # at least and at most; between, an eighth of what was waited


class ServiceError(RuntimeError):
    """A process did not do what it must; the message holds the end of its log."""


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = _PATIENCE_S) -> None:
    """Wait for a condition.

    Raises:
        ServiceError: when it does not come about in time.
    """
    began = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began
        if waited_s > timeout_s:
            message = f"not within {timeout_s:.0f} s: {what}"
            raise ServiceError(message)
        time.sleep(min(max(waited_s / 8, _POLL_S[0]), _POLL_S[1]))


def script(name: str) -> str:
    """The console script of this interpreter's installation."""
    return str(Path(sys.executable).with_name(name))


class Service:
    """A process with a name and a log file."""

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None) -> None:
        """Prepare; nothing is started."""
        self.name = log.stem
        self._command = list(command)
        self._log = log
        self._out = log.with_suffix(".out")
        self._env = {**os.environ, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, appending to its log."""
        with self._log.open("ab") as errors, self._out.open("ab") as out:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=out, stderr=errors, env=self._env
            )
        return self

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id.

        Raises:
            ServiceError: when it does not run.
        """
        if self._process is None:
            message = f"{self.name} does not run"
            raise ServiceError(message)
        return self._process.pid

    def first_line(self) -> dict[str, Any]:
        """The JSON line that a server prints when it listens; waits for it."""
        wait_until(
            lambda: b"\n" in self._out.read_bytes() or not self.alive,
            f"{self.name} says where it listens",
            _BEGINNING_S,
        )
        if not self.alive:
            raise ServiceError(self.explain())
        line: dict[str, Any] = json.loads(self._out.read_bytes().splitlines()[-1])
        return line

    def kill(self) -> None:
        """SIGKILL, as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, then SIGKILL when it does not listen."""
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """SIGHUP: read what may be read again while running."""
        os.kill(self.pid, signal.SIGHUP)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def run(self) -> None:
        """Run it to its end.

        Raises:
            ServiceError: when it fails.
        """
        self.start()
        process = self._process
        if process is None or process.wait(timeout=60) != 0:
            raise ServiceError(self.explain())
        self._process = None

    def explain(self) -> str:
        """How it ended, if it has, and the end of its log."""
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:] if self._log.exists() else ""
        code = None if self._process is None else self._process.poll()
        return f"{self.name} (exit {code}): {tail}"
