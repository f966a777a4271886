# SPDX-License-Identifier: Apache-2.0
"""`make demo`: a kiosk, a controller and five made-up citizens on this machine; nothing leaves it.

On a terminal the reader plays the patient. Without one, or with `--auto`, seven visits are played on the real
screens and one JSON line tells what came of them.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.demo.director import LEAST_COLUMNS, LEAST_LINES, Director
from tests.simulators.broker import free_port
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS, FINDER, OWNER_OF_A_LOST_CARD, Citizen
from tests.simulators.services import wait_until

if TYPE_CHECKING:
    from types import FrameType

    from tests.simulators.people import PersonId

_SAMPLES = Path(__file__).parents[2] / "fleet" / "people" / "samples"
_CONSOLE_PORT = 8080
_FIGURES = "figures=proxy-test"
_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SIGNALLED = 128  # a shell's exit code for a signal


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--auto", action="store_true", help="play it through and print one JSON line")
    auto = parser.parse_args().auto or not (sys.stdin.isatty() and sys.stdout.isatty())
    for number in _ENDINGS:
        signal.signal(number, _leave)
    size = (LEAST_COLUMNS, LEAST_LINES) if auto else _room()
    with tempfile.TemporaryDirectory(prefix="dipchip-demo-") as folder:
        directory = Path(folder)
        _say("Making the demonstration people and the fleet's keys ...")
        lobby = Lobby(
            directory / "lobby",
            clips=directory / "clips",
            web_port=free_port() if auto else _console_port(),
            camera=None if auto else os.environ.get("CAMERA"),
            activate_after_s=2.0 if auto else 15.0,
            size=size,
            scripts=True,
        )
        with lobby, lobby.also("alerts"):
            _import_samples(lobby)
            lobby.wait_for_link()
            _say(f"Console: {lobby.address}")
            if auto:
                _play_through(lobby)
            else:
                Director(lobby).perform()
    if not auto:
        _say("The demonstration has ended; nothing of it is left.")


def _leave(number: int, _frame: FrameType | None) -> None:
    """End in order: what was started is stopped on the way out, and no second signal cuts that short."""
    for ending in _ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    sys.exit(_SIGNALLED + number)


def _room() -> tuple[int, int]:
    """How large the reader's terminal is."""
    columns, lines = os.get_terminal_size()
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        sys.exit(
            f"This terminal has {columns} x {lines} cells; kiosk and menu need {LEAST_COLUMNS} x {LEAST_LINES}. "
            "Enlarge it, or run `make demo AUTO=1`."
        )
    return columns, lines


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def _console_port() -> int:
    """The usual port when nobody has it."""
    import socket  # noqa: PLC0415

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", _CONSOLE_PORT))
        except OSError:
            return free_port()
    return _CONSOLE_PORT


def _import_samples(lobby: Lobby) -> None:
    for kind in ("denominators", "official", "indicators"):
        lobby.operate(kind, str(_SAMPLES / f"made-up-{kind}.csv"), "--source", "demo", "--by", "demo", "--made-up")


def _visits() -> list[tuple[str, Citizen, PersonId]]:
    first, *others = CITIZENS
    visits = [("enrols", citizen, citizen.face) for citizen in (first, *others)]
    visits.insert(3, ("comes a second time", first, first.face))
    visits.append(("has found somebody else's card", OWNER_OF_A_LOST_CARD, FINDER))
    return visits


def _play_through(lobby: Lobby) -> None:
    visits = _visits()
    for number, (what, citizen, face) in enumerate(visits, start=1):
        patient = lobby.patient(citizen, face)
        patient.visit()
        _say(f"Visit {number} of {len(visits)}: somebody {what}: {' > '.join(patient.seen)}")
    wait_until(lambda: lobby.kiosk_books().waiting == 0, "every event has its receipt")
    wait_until(lambda: _funnel(lobby)["activated"] == len(CITIZENS), "everybody is activated")
    _say(json.dumps(_outcome(lobby)))


def _funnel(lobby: Lobby) -> dict[str, int]:
    total: dict[str, int] = lobby.ask(f"funnel?{_FIGURES}")["total"]
    return total


def _outcome(lobby: Lobby) -> dict[str, int]:
    books = lobby.kiosk_books()
    provinces = lobby.ask(f"funnel?{_FIGURES}")["provinces"]
    counted = sum(row["activated"] for row in provinces)
    return {
        "sessions": sum(books.endings.values()),
        "filed": books.filed,
        "refused": books.endings.get("refused", 0),
        "already_enrolled": books.endings.get("already_enrolled", 0),
        "receipted": books.filed - books.waiting,
        "outbox": books.waiting,
        "people_activated": _funnel(lobby)["activated"],
        "provinces": sum(row["activated"] > 0 for row in provinces),
        "duplicates_counted": counted - len(CITIZENS),
    }


if __name__ == "__main__":
    main()
