# SPDX-License-Identifier: Apache-2.0
"""One made-up citizen enrols at the kiosk whose units run here, with a virtual card in the reader of the real pcscd.

Run by the release's own Python, as root, after the units are up. Prints the screens that were seen.
"""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path

from tests.container.machine import tell
from tests.simulators.patient import CITIZENS, Patient
from tests.simulators.scene import Scene
from tests.simulators.services import wait_until
from tests.simulators.terminal import Terminal
from tests.simulators.vpcd import VpcdCard

SCENE = Path("/srv/scene")
READER_PORT = 0x8C7B  # where Debian's vsmartcard-vpcd listens for a card
FUNNEL = "http://127.0.0.1:8080/api/v1/funnel?figures=proxy-test"
_SOCKET = "/run/dipchip-kiosk-ui/tmux"  # as in screen.conf
_ACTIVATED_S = 90.0


class Screen(Terminal):
    """The terminal that the unit has started, and nobody here starts or ends."""

    def __init__(self) -> None:
        super().__init__([], env={}, size=(0, 0))

    def tmux(self, *words: str, quiet: bool = False) -> str:
        done = subprocess.run(
            ["tmux", "-u", "-S", _SOCKET, *words],
            capture_output=True,
            check=not quiet,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        return done.stdout.decode()


def counted() -> dict[str, int]:
    """What the console counts of this province's people."""
    with urllib.request.urlopen(FUNNEL, timeout=10.0) as answer:
        total: dict[str, int] = json.load(answer)["total"]
    return total


def main() -> None:
    scene = Scene(SCENE, SCENE / "clips")
    citizen = CITIZENS[0]
    with VpcdCard(READER_PORT) as card:
        patient = Patient(terminal=Screen(), card=card, scene=scene, citizen=citizen, face=citizen.face)
        patient.visit()
    tell("Screens: " + " > ".join(patient.seen))
    wait_until(lambda: counted()["activated"] == 1, "the one enrolment is activated and counted", _ACTIVATED_S)
    tell("Counted: " + json.dumps(counted()))


if __name__ == "__main__":
    main()
