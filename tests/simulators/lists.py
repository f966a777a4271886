# SPDX-License-Identifier: Apache-2.0
"""Does for one machine what systemd does with the units that follow revocation lists: their own commands, unchanged.

Only their paths are those of a fleet's folder, and `systemctl` hands what it is told to the broker and proxy that run.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.simulators.services import script

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = Path(__file__).parents[2] / "systemd"
_POLL_S = 0.02
_SYSTEMCTL = '#!/bin/sh\necho "$@" >> "$TOLD"\n'


class Fetching:
    """The unit that fetches the signer's list for a broker elsewhere, from here until it is stopped."""

    def __init__(self, place: Path, url: str, folder: Path) -> None:
        """Start it; it believes the door by the authorities of that folder."""
        self.file = place / "kiosks.crl.pem"
        unit = (_UNITS / "dipchip-broker-fetch.service").read_text().replace("\\\n", "")
        (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        words = [
            word.replace("/var/lib/dipchip-revocations", str(place)).replace("$$", "$") for word in shlex.split(command)
        ]
        environment = {**os.environ, "LISTS_FROM": url, "CREDENTIALS_DIRECTORY": str(folder)}
        self._process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(60)


class FollowingUnits:
    """The `.path` units of broker and door, from entry to exit."""

    def __init__(self, fleet: Path, tools: Path, *, restart: Callable[[], None], reload: Callable[[str], None]) -> None:
        """Read the units; `restart` is for the broker, `reload` is told the service."""
        self._fleet = fleet
        self._given = fleet / "controller/signer/kiosks.crl.pem"
        self._restart, self._reload = restart, reload
        self._told = tools / "told"
        self._tools = tools
        systemctl = tools / "systemctl"
        systemctl.write_text(_SYSTEMCTL)
        systemctl.chmod(0o755)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        """Begin to watch."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        seen = None
        while not self._stop.wait(_POLL_S):
            now = self._given.stat().st_mtime_ns if self._given.exists() else None
            if now != seen:
                seen = now
                for who in ("door", "broker"):
                    self._start(who)

    def _start(self, who: str) -> None:
        unit = (_UNITS / f"dipchip-{who}-lists.service").read_text().replace("\\\n", "")
        for command in re.findall(r"^ExecStart(?:Post)?=\+?(.*)$", unit, re.MULTILINE):
            words = [self._placed(word, who) for word in shlex.split(command)]
            environment = {**os.environ, "PATH": f"{self._tools}:{os.environ['PATH']}", "TOLD": str(self._told)}
            subprocess.run(words, check=True, env=environment, stdout=subprocess.DEVNULL, timeout=60)
        told = self._told.read_text().splitlines() if self._told.exists() else []
        self._told.unlink(missing_ok=True)
        for each in told:
            _, verb, service = each.split()
            if verb == "try-restart":
                self._restart()
            else:
                self._reload(service)

    def _placed(self, word: str, who: str) -> str:
        folder = str(self._fleet / who)
        places = {
            "/opt/dipchip/current/bin/dipchip-provision": script("dipchip-provision"),
            f"/var/lib/dipchip-{who}-lists": folder,
            "/var/lib/dipchip-revocations/kiosks.crl.pem": str(self._given),
            "%d": folder,
        }
        for theirs, ours in places.items():
            word = word.replace(theirs, str(ours))
        return word
