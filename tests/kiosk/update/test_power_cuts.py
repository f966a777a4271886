# SPDX-License-Identifier: Apache-2.0
"""Power may be cut before every change that the updater makes, and a release may start the machine again and again."""

from __future__ import annotations

import os
import shutil
import sys
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import pytest

from kiosk.store.noticeboard import Topic
from kiosk.update.book import Page
from kiosk.update.slots import Link
from kiosk.update.trial import Patience
from kiosk.update.units import SCREEN
from tests.kiosk.update.conftest import FIRST, UpdatedKiosk
from tests.simulators.release_machine import STANDS
from wire.ids import ReleaseVersion
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_release_that_starts_the_machine_again_and_again_is_taken_back(kiosk: UpdatedKiosk) -> None:
    kiosk.tells["0.2.0"] = None
    kiosk.keepers.release("0.2.0")
    machine = kiosk.machine()
    endless = Patience(to_stand_s=1e9, standing_s=1e9)

    class Cut(Exception):  # noqa: N818 - no error
        pass

    def cut(_: float) -> None:
        raise Cut

    def judged(act: Callable[..., object], *arguments: object) -> None:
        with pytest.raises(Cut):
            act(*arguments)

    def booted() -> object:
        kiosk.boots += 1
        machine.boot()
        return patient()

    def patient() -> object:
        made = kiosk.switching(machine, patience=endless)
        return type(made)(**{name: getattr(made, name) for name in made.__slots__} | {"wait": cut})

    taken = kiosk.taking().take(ReleaseVersion("0.2.0"), kiosk.book.read())
    judged(patient().switch, taken, 3)  # type: ignore[attr-defined]
    judged(booted().resume)  # type: ignore[attr-defined]
    assert kiosk.runs() == ("0.2.0", FIRST)
    booted().resume()  # type: ignore[attr-defined]
    page = kiosk.book.read()
    assert kiosk.runs() == (FIRST, FIRST)
    assert page.ending is not None
    assert (page.ending.reason, page.failures) == (NotUpdated.INTERRUPTED, {"0.2.0": 1})


_TOUCHES = {"os.rename", "os.mkdir", "os.symlink", "os.remove", "os.rmdir"}


def killed_at(n: int, folders: tuple[str, ...], act: Callable[[], object]) -> bool:
    """Run something in a process of its own that dies before its n-th change of these folders; whether it died."""
    child = os.fork()
    if child == 0:
        changes = count(1)

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            writes = (
                event == "open" and len(arguments) > 2 and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
            )
            here = any(str(each).startswith(folders) for each in arguments[:2])
            if (event in _TOUCHES or writes) and here and next(changes) == n:
                os._exit(9)

        sys.addaudithook(hook)
        try:
            act()
        except BaseException:  # noqa: BLE001 - the child must not go on with the tests
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 9}
    return code == 9


class Snapshot:
    """What is on a kiosk's card, to be brought back."""

    def __init__(self, kiosk: UpdatedKiosk, kept: Path) -> None:
        self.kept, self.folders, self.store = kept, (kiosk.slots.home, kiosk.state), kiosk.store
        for folder in self.folders:
            shutil.copytree(folder, kept / folder.name, symlinks=True)
        shutil.copy(self.store, kept)

    def bring_back(self) -> None:
        for folder in self.folders:
            shutil.rmtree(folder)
            shutil.copytree(self.kept / folder.name, folder, symlinks=True)
        shutil.copy(self.kept / self.store.name, self.store)


def test_power_may_be_cut_before_every_change_while_a_release_is_unpacked(kiosk: UpdatedKiosk, tmp_path: Path) -> None:
    kiosk.keepers.release("0.2.0")
    snapshot, folders = Snapshot(kiosk, tmp_path / "kept"), (str(kiosk.slots.home), str(kiosk.state / "fetched"))
    for n in count(1):
        snapshot.bring_back()
        was_cut = killed_at(n, folders, lambda: kiosk.taking().take(ReleaseVersion("0.2.0"), Page()))
        assert kiosk.runs() == (FIRST, FIRST)
        whole = "0.2.0" in kiosk.slots.versions()
        assert kiosk.taking().take(ReleaseVersion("0.2.0"), Page()) == "0.2.0"
        assert (kiosk.slots.releases / "0.2.0/venv/lib64").exists() or not whole
        kiosk.slots.point(Link.CURRENT, ReleaseVersion("0.2.0"))
        assert (kiosk.slots.home / "current/bin/python").exists()
        if not was_cut:
            assert n > 10
            break


@pytest.mark.parametrize("stands", [True, False])
def test_power_may_be_cut_before_every_change_while_a_release_is_tried(
    kiosk: UpdatedKiosk, tmp_path: Path, *, stands: bool
) -> None:
    kiosk.keepers.release("0.2.0")
    kiosk.tells["0.2.0"] = STANDS if stands else {**STANDS, Topic.SCREEN: "camera_absent"}
    kiosk.machine()
    version = kiosk.taking().take(ReleaseVersion("0.2.0"), Page())
    snapshot, folders = Snapshot(kiosk, tmp_path / "kept"), (str(kiosk.slots.home), str(kiosk.state))
    for n in count(1):
        snapshot.bring_back()
        machine = kiosk.machine()
        was_cut = killed_at(n, folders, partial(kiosk.switching(machine).switch, version, 5))
        kiosk.boots += 1
        machine.boot()  # which needs a whole release
        kiosk.switching(machine).resume()
        assert kiosk.book.read().trial is None
        if kiosk.book.read().ending is None:  # cut off before it began: the order still stands
            assert kiosk.runs() == (FIRST, FIRST)
            kiosk.switching(machine).switch(version, 5)
        ending = kiosk.book.read().ending
        assert ending is not None
        assert (ending.order, ending.reason) == (5, None if stands else NotUpdated.TRIAL_CAMERA)
        assert kiosk.runs() == (("0.2.0", "0.2.0") if stands else (FIRST, FIRST))
        assert machine.look()[SCREEN].up
        if not was_cut:
            assert n > 7
            break
