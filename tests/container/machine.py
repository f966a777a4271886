# SPDX-License-Identifier: Apache-2.0
"""The container from inside, by the commands that an operator types; what they say on failure is shown whole."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CURRENT = "/opt/dipchip/current/bin"
_PATIENCE_S = 30.0


class UnmetError(Exception):
    """What must be so is not; the message says what, and what was found."""


def tell(words: str) -> None:
    """Say something to whoever waits for the test."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def run(*command: str, check: bool = True, env: dict[str, str] | None = None) -> str:
    """Run a command and give what it prints.

    Raises:
        UnmetError: it fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    if check and done.returncode != 0:
        message = f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        raise UnmetError(message)
    return done.stdout


def as_user(user: str, group: str, *command: str) -> str:
    """Run a command as one of the controller's users."""
    return run("runuser", f"--user={user}", f"--group={group}", "--", *command)


def shown(unit: str, what: str) -> str:
    """One property of a unit."""
    return run("systemctl", "show", "--value", f"--property={what}", unit).strip()


def journal(unit: str) -> str:
    """The end of what a unit has said."""
    return run("journalctl", "--no-pager", "--output=cat", "--lines=30", f"--unit={unit}")


def wait_until(holds: Callable[[], bool], what: str, timeout_s: float = _PATIENCE_S) -> None:
    """Wait for something.

    Raises:
        UnmetError: it does not come about in time.
    """
    deadline = time.monotonic() + timeout_s
    while not holds():
        if time.monotonic() > deadline:
            message = f"not within {timeout_s:.0f} s: {what}"
            raise UnmetError(message)
        time.sleep(0.2)


def wait_for_active(units: Sequence[str], timeout_s: float = _PATIENCE_S) -> None:
    """Wait until all of these run.

    Raises:
        UnmetError: one does not; with what it has said.
    """
    try:
        wait_until(lambda: all(shown(unit, "ActiveState") == "active" for unit in units), "all run", timeout_s)
    except UnmetError as error:
        down = [unit for unit in units if shown(unit, "ActiveState") != "active"]
        message = "\n".join(f"{unit} is {shown(unit, 'ActiveState')}:\n{journal(unit)}" for unit in down)
        raise UnmetError(message) from error
