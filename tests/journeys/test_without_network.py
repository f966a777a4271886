# SPDX-License-Identifier: Apache-2.0
"""A person leaves a request at a kiosk that has no network, on real parts; it is sent when the network is back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from kiosk.screens.wording import load_wordings
from tests import simulators
from tests.simulators.lobby import Lobby
from tests.simulators.patient import CITIZENS
from tests.simulators.services import script, wait_until
from wire.lettering.thai import WORD_MARK

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

HOURS = 24


def TH(key: str) -> str:  # noqa: N802 - as in the other journeys
    return load_wordings()["th"].text(key).replace(WORD_MARK, "").split("\n")[0]


@pytest.fixture
def synchronized(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process that is started from now on believes that its clock is synchronized."""
    library = place / "clock.so"
    source = Path(simulators.__file__).with_name("clock.c")
    subprocess.run(["gcc", "-Wall", "-Werror", "-O1", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    monkeypatch.setenv("LD_PRELOAD", str(library))


@pytest.mark.usefixtures("synchronized")
def test_a_request_that_was_left_without_a_network_is_enrolled_when_it_is_back(place: Path, clips: Path) -> None:
    lobby = Lobby(place / "without-network", clips=clips, activate_after_s=3600.0)
    _allow(lobby)
    with lobby:
        lobby.wait_for_link()
        lobby.broker.stop()
        wait_until(lambda: lobby.kiosk_told().get("link") == "down", "the courier notices")

        patient = lobby.patient(CITIZENS[0])
        patient.visit(stop_at="confirm")
        lobby.terminal.touch(TH("confirm.yes"))
        _take(lobby, "deferral.body", "button.defer")
        _take(lobby, "notice.kept_title", "notice.kept_unticked")
        _take(lobby, "notice.kept_ticked", "notice.agree")
        patient.visit(stop_at="finish")
        assert lobby.terminal.look().shows(TH("saved_here.title"))
        lobby.terminal.touch(TH("button.finish"))
        patient.visit()
        assert "challenge" in patient.seen
        books = lobby.kiosk_books()
        assert (books.filed, books.waiting, books.endings) == (1, 1, {"filed": 1})

        lobby.broker.start()
        wait_until(lambda: lobby.kiosk_books().waiting == 0, "the request is delivered", 180)
        wait_until(lambda: _total(lobby)["accepted"] == 1, "the person is enrolled", 60)
        assert (_total(lobby)["captured"], _total(lobby)["lapsed"]) == (1, 0)


def _allow(lobby: Lobby) -> None:
    """Sign a policy that lets requests wait, and give it to the kiosk."""
    shipped = subprocess.run(
        [script("dipchip-kiosk"), "models", "rules", "demonstration"], capture_output=True, check=True
    )
    rules = json.loads(shipped.stdout)
    rules["policy"]["deferred_hours"] = HOURS
    draft = lobby.directory / "rules.json"
    draft.write_text(json.dumps(rules), encoding="utf-8")
    signed = lobby.kiosk / "face-policy.jws"
    make = [script("dipchip-provision"), "policy", "make", str(lobby.fleet), "--rules", str(draft)]
    subprocess.run([*make, "--out", str(signed)], check=True, capture_output=True)
    settings = lobby.kiosk / "kiosk.toml"
    told = settings.read_text(encoding="utf-8")
    assert 'face_policy = ""' in told
    settings.write_text(told.replace('face_policy = ""', f'face_policy = "{signed.name}"'), encoding="utf-8")


def _take(lobby: Lobby, seen: str, choice: str) -> None:
    wait_until(lambda: lobby.terminal.look().shows(TH(seen)), f"the screen says {seen}", 60)
    lobby.terminal.touch(TH(choice))


def _total(lobby: Lobby) -> dict[str, int]:
    total: dict[str, int] = lobby.ask("funnel?figures=proxy-test")["total"]
    return total
