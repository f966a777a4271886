# SPDX-License-Identifier: Apache-2.0
"""The whole updater: an order in the store, a signed repository, real processes that stand or do not, an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from platform import machine
from typing import TYPE_CHECKING

import pytest

from kiosk import config
from kiosk.entrypoints.update import Updater
from kiosk.store import noticeboard, orders
from kiosk.store.database import Store
from kiosk.store.noticeboard import Topic
from kiosk.update.trial import Patience
from tests.kiosk.update.conftest import FIRST, UpdatedKiosk
from tests.simulators.release_machine import STANDS, RunningMachine, telling
from tests.simulators.services import wait_until
from wire.events import ClockSync

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.simulators.release_keepers import ReleaseKeepers

PATIENCE = Patience(to_stand_s=60, standing_s=1, between_looks_s=0.1)
FALLS = Patience(to_stand_s=3, standing_s=1, between_looks_s=0.1)


@pytest.fixture
def kiosk(tmp_path: Path, first_keepers: ReleaseKeepers) -> UpdatedKiosk:
    made = UpdatedKiosk(tmp_path, first_keepers)
    made.keepers.machine = machine()
    made.lay_down(FIRST, telling(made.store, STANDS))
    (tmp_path / "root.json").write_bytes(made.first_root)
    return made


@pytest.fixture
def processes(kiosk: UpdatedKiosk) -> Iterator[RunningMachine]:
    made = RunningMachine(kiosk.slots)
    try:
        made.start()
        wait_until(lambda: told(kiosk).get(Topic.SCREEN) == "ok", "the first release stands")
        yield made
    finally:
        made.close()


def told(kiosk: UpdatedKiosk) -> dict[str, str]:
    store = Store(kiosk.store)
    found = {name: notice.value for name, notice in noticeboard.read(store).items()}
    store.close()
    return found


def settings(kiosk: UpdatedKiosk) -> Path:
    place = kiosk.store.parent
    text = "\n".join(
        (
            'kiosk = "k-udon-01"\nfacility = "10670"\nprovince = "41"\nshard = "00"\nprofile = "test"',
            'store = "store.db"\ntrust = "none"\nevent_key = "none"\ncourier_key = "none"',
            '[broker]\nhost = "none"\nca = "none"\ncertificate = "none"\nkey = "none"',
            f'[updates]\nrepository = {json.dumps(str(kiosk.keepers.repository))}\nroot = "root.json"',
            f'home = {json.dumps(str(kiosk.slots.home))}\nstate = "state"\n',
        )
    )
    (place / "kiosk.toml").write_text(text, encoding="utf-8")
    return place / "kiosk.toml"


def updater(kiosk: UpdatedKiosk, processes: RunningMachine, patience: Patience = PATIENCE) -> Updater:
    return Updater(config.read(settings(kiosk)), processes, patience)


def ordered(kiosk: UpdatedKiosk, release: str, n: int) -> None:
    store = Store(kiosk.store)
    assert orders.take(store, orders.Book(last=n, update=orders.Update(n, release)), b"taken %d" % n)
    store.close()


def answer(kiosk: UpdatedKiosk) -> orders.Update | None:
    store = Store(kiosk.store)
    found = orders.book(store).update
    store.close()
    return found


def test_an_ordered_release_runs_and_the_next_one_that_dies_is_taken_back(
    kiosk: UpdatedKiosk, processes: RunningMachine
) -> None:
    kiosk.keepers.release("0.2.0", program=telling(kiosk.store, STANDS))
    ordered(kiosk, "0.2.0", 1)
    assert updater(kiosk, processes).by_order() == 0
    assert answer(kiosk) == orders.Update(1, "0.2.0", ended=True)
    assert kiosk.runs() == ("0.2.0", "0.2.0")
    kiosk.keepers.release("0.3.0", program="sys.exit(1)")
    ordered(kiosk, "0.3.0", 2)
    updater(kiosk, processes).by_order()
    assert answer(kiosk) == orders.Update(2, "0.3.0", ended=True, reason="trial_screen")
    assert kiosk.runs() == ("0.2.0", "0.2.0")
    wait_until(lambda: told(kiosk).get(Topic.SCREEN) == "ok", "the second release stands again")


def test_by_hand_a_release_that_loses_the_camera_is_taken_back_and_the_technician_is_told(
    kiosk: UpdatedKiosk, processes: RunningMachine, capsys: pytest.CaptureFixture[str]
) -> None:
    lost: dict[str, str] = {Topic.SCREEN: "camera_absent", Topic.READER: "absent", Topic.CAMERA: "camera_absent"}
    kiosk.keepers.release("0.2.0", program=telling(kiosk.store, lost))
    stick = kiosk.keepers.repository.rename(kiosk.store.parent / "stick")
    assert updater(kiosk, processes, FALLS).by_hand(stick, again=False) == 3
    assert "trial_camera: the release did not stand, and 0.1.0 runs again." in capsys.readouterr().err
    assert kiosk.runs() == (FIRST, FIRST)


def test_an_answer_that_was_cut_off_is_given_by_the_next_run(kiosk: UpdatedKiosk, processes: RunningMachine) -> None:
    kiosk.keepers.release("0.2.0", program=telling(kiosk.store, STANDS))
    ordered(kiosk, "0.2.0", 1)
    made = updater(kiosk, processes)
    made._answer = lambda *_: None  # type: ignore[method-assign]  # noqa: SLF001 - power was cut before it
    made.by_order()
    assert answer(kiosk) == orders.Update(1, "0.2.0")
    after = updater(kiosk, processes)
    after.resume()
    after.by_order()
    assert answer(kiosk) == orders.Update(1, "0.2.0", ended=True)


def test_without_an_order_nothing_is_asked_and_nothing_happens(kiosk: UpdatedKiosk, processes: RunningMachine) -> None:
    kiosk.keepers.release("0.2.0")
    assert updater(kiosk, processes).by_order() == 0
    assert kiosk.runs() == (FIRST, FIRST)
    assert not (kiosk.state / "believed").exists()


def test_the_way_back_needs_no_store(kiosk: UpdatedKiosk, processes: RunningMachine) -> None:
    kiosk.keepers.release("0.2.0", program="sys.exit(1)")
    ordered(kiosk, "0.2.0", 1)
    kiosk.store.write_bytes(b"no database" * 1000)
    made = updater(kiosk, processes, FALLS)
    made.by_order()
    assert made.by_hand(None, again=False) == 3  # nobody knows what stood before, but the screen dies
    assert kiosk.runs() == (FIRST, FIRST)


@pytest.mark.parametrize("setting", ["", 'root = "root.json"'])
def test_the_command_says_why_it_installs_nothing(kiosk: UpdatedKiosk, setting: str) -> None:
    file = settings(kiosk)
    text = file.read_text()
    file.write_text(text[: text.index("[updates]")] + f'[updates]\n{setting}\nstate = "state"\n')
    command = [sys.executable, "-c", "from kiosk.entrypoints.cli import main; main()", "update", "--config", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (3 if setting else 2, "")
    assert ("updates.repository is empty" if setting else "updates.root is empty") in done.stderr


def test_the_clock_is_remembered_only_while_it_is_known(
    kiosk: UpdatedKiosk, processes: RunningMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = updater(kiosk, processes)
    for sync, wall_ms, latest_ms in (("unsynced", 9_000, 0), ("synced", 7_000, 7_000), ("synced", 5_000, 7_000)):
        monkeypatch.setattr("kiosk.device.clock_sync", lambda sync=sync: (ClockSync(sync), None))  # the kernel's word
        monkeypatch.setattr("kiosk.device.wall_ms", lambda wall_ms=wall_ms: wall_ms)
        assert made._look_at_clock().latest_ms == latest_ms  # noqa: SLF001 - no other place shows it
