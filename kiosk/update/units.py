# SPDX-License-Identifier: Apache-2.0
"""The kiosk's own units, stopped and started by the machine's manager. A polkit rule allows these, and nothing else."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from kiosk.update.errors import ReleaseError
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Mapping

log = structlog.get_logger()

SCREEN = "dipchip-kiosk-ui.service"
UNITS = (SCREEN, "dipchip-kiosk-courier.service", "dipchip-kiosk-agent.service")
_PATIENCE_S = 120.0  # a screen that hangs is given ten seconds to stop
_ANSWER_S = 30.0
_PROPERTIES = ("Id", "LoadState", "UnitFileState", "ActiveState", "NRestarts")


@dataclass(frozen=True, slots=True)
class Unit:
    """How a unit is: up, and how often it was started again by itself since somebody started it."""

    up: bool
    restarts: int


class Units(Protocol):
    """What starts and stops the kiosk's processes."""

    def stop(self) -> None:
        """Stop them all; they are down when this returns.

        Raises:
            ReleaseError: CANNOT_SWITCH.
        """

    def start(self) -> None:
        """Start those that start with the machine; whether they are up then, `look` tells."""

    def look(self) -> dict[str, Unit]:
        """How each of them is."""


class Systemd:
    """systemd, asked by its own command."""

    def stop(self) -> None:
        """See `Units`."""
        said = _asked("stop", [name for name, told in _shown().items() if told.get("LoadState") == "loaded"])
        if said:
            message = f"systemctl stop: {said}. Run site.yml, which lets the updater, and look at `systemctl status`."
            raise ReleaseError(NotUpdated.CANNOT_SWITCH, message)

    def start(self) -> None:
        """See `Units`. What was tried too often before is forgotten, or systemd would refuse."""
        known = _shown()
        _asked("reset-failed", [name for name, told in known.items() if told.get("ActiveState") == "failed"])
        said = _asked("start", [name for name, told in known.items() if told.get("UnitFileState") == "enabled"])
        if said:
            log.error("units_not_started", technician=said)

    def look(self) -> dict[str, Unit]:
        """See `Units`."""
        return {name: _unit(told) for name, told in _shown().items()}


def _unit(told: Mapping[str, str]) -> Unit:
    restarts = told.get("NRestarts", "")
    return Unit(told.get("ActiveState") == "active", int(restarts) if restarts.isdecimal() else 0)


def _asked(verb: str, names: list[str]) -> str:
    """Have systemd do it; what it says where it does not."""
    if not names:
        return ""
    command = ["/usr/bin/systemctl", "--no-ask-password", verb, *names]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE_S)  # noqa: S603 - as written here
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return done.stderr.strip() or f"exit {done.returncode}" if done.returncode != 0 else ""


def _shown() -> dict[str, dict[str, str]]:
    """What systemd says of each unit, in one question; nothing where it does not answer."""
    command = ["/usr/bin/systemctl", "show", f"--property={','.join(_PROPERTIES)}", *UNITS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_ANSWER_S)  # noqa: S603 - as written here
    except (OSError, subprocess.TimeoutExpired):
        return {name: {} for name in UNITS}
    blocks = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in done.stdout.split("\n\n")]
    told = {block.get("Id", ""): block for block in blocks}
    return {name: told.get(name, {}) for name in UNITS}
