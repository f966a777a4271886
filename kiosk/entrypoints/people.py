# SPDX-License-Identifier: Apache-2.0
"""People's processes as the desk starts them: each one loaded while the person before it is served, and fresh."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import structlog

from kiosk.records import pipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

log = structlog.get_logger()

REHEARSAL = "rehearsal"  # a person's process that is told so serves in the profile test
_END_S = 5.0
_OPENCV = {
    "OPENCV_LOG_LEVEL": "ERROR",  # it warns in words of its own between our log lines
    "OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT": "3",  # seconds that a camera may be silent; its own ten freeze the screen
}


class StartedPerson:
    """One person's process and the channel to it."""

    def __init__(self, settings_file: Path, log_to: TextIO, *, rehearsal: bool = False) -> None:
        """Start it; it inherits one end of a socket, and the log: standard error is the screen.

        Raises:
            OSError: when the machine has no room for another process.
        """
        ours, theirs = pipe.Pipe.pair()
        self.channel: pipe.Pipe[pipe.FromPerson] = pipe.Pipe(ours, pipe.FromPerson)
        try:
            self._process = _started(settings_file, theirs.fileno(), log_to, rehearsal=rehearsal)
        except OSError:
            self.channel.close()
            raise
        finally:
            theirs.close()

    def end(self) -> int:
        """Hang up, which ends it, and make sure."""
        self.channel.close()
        try:
            return self._process.wait(timeout=_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _started(settings_file: Path, descriptor: int, log_to: TextIO, *, rehearsal: bool) -> subprocess.Popen[bytes]:
    told = [str(settings_file), str(descriptor), *([REHEARSAL] if rehearsal else [])]
    return subprocess.Popen(  # noqa: S603 - our own module with our own interpreter
        [sys.executable, "-m", "kiosk.entrypoints.person", *told],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log_to,
        pass_fds=[descriptor],
        env={**os.environ, **_OPENCV},
    )


class PeopleAhead:
    """The desk's `People`: keeps one process that waits, loaded, and has seen nobody."""

    def __init__(self, fresh: Callable[[], StartedPerson]) -> None:
        """Take what starts one."""
        self._fresh = fresh
        self._waiting: StartedPerson | None = None

    def start(self, policy_at_least: int) -> StartedPerson:
        """See `People`. One that waited and died meanwhile is replaced."""
        begin = pipe.Begin(policy_at_least)
        waited, self._waiting = self._waiting, None
        if waited is not None:
            try:
                waited.channel.send(begin)
            except pipe.PipeClosedError:
                log.warning("waiting_process_died", exit_code=waited.end())
            else:
                return waited
        person = self._fresh()
        person.channel.send(begin)
        return person

    def prepare(self) -> None:
        """See `People`. Where there is no room for it, the next person waits for a process as the first one did."""
        if self._waiting is not None:
            return
        try:
            self._waiting = self._fresh()
        except OSError as error:
            log.warning("no_process_waits", error=error.strerror)

    def dismiss(self) -> None:
        """See `People`."""
        if self._waiting is not None:
            self._waiting.end()
            self._waiting = None
