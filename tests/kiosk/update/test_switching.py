# SPDX-License-Identifier: Apache-2.0
"""A release runs and is judged; the way back is found from every point at which power may be cut."""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING

import pytest

from kiosk.store import noticeboard
from kiosk.store.database import Store
from kiosk.store.noticeboard import Topic
from kiosk.store.visiting import Visit
from kiosk.update.book import Book, Facts, Page
from kiosk.update.errors import ReleaseError
from kiosk.update.slots import Link
from kiosk.update.switching import Pace
from kiosk.update.taking import MOST_FAILURES
from kiosk.update.trial import Patience, Sights, verdict, watch
from kiosk.update.units import SCREEN, Unit
from tests.kiosk.update.conftest import FIRST, UpdatedKiosk
from tests.simulators.release_machine import STANDS
from wire.ids import ReleaseVersion
from wire.orders import NotUpdated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COURIER = "dipchip-kiosk-courier.service"
WELL = Facts("ok", "absent", "ok", store=True, running=(SCREEN, COURIER))


def facts(**changes: object) -> Facts:
    said = {name: getattr(WELL, name) for name in Facts.__struct_fields__}
    return Facts(**{**said, **changes})


# What is judged


@pytest.mark.parametrize(
    ("before", "now", "reason"),
    [
        ({}, {}, None),
        ({}, {"screen": None}, NotUpdated.TRIAL_SCREEN),
        ({}, {"screen": "starting"}, NotUpdated.TRIAL_SCREEN),
        ({}, {"screen": "keys_missing"}, NotUpdated.TRIAL_SCREEN),
        ({}, {"screen": "person_process_died"}, NotUpdated.TRIAL_SCREEN),
        ({}, {"running": (COURIER,)}, NotUpdated.TRIAL_SCREEN),
        ({}, {"running": (SCREEN,)}, NotUpdated.TRIAL_UNITS),
        ({"running": (SCREEN,)}, {"running": (SCREEN,)}, None),
        ({}, {"screen": "reader_absent", "reader": "reader_absent", "camera": None}, NotUpdated.TRIAL_READER),
        ({}, {"reader": None}, NotUpdated.TRIAL_READER),
        ({}, {"reader": "no_reader"}, NotUpdated.TRIAL_READER),
        ({}, {"reader": "present"}, None),
        ({"screen": "reader_absent", "reader": "reader_absent"}, {"screen": "reader_absent", "reader": None}, None),
        ({"screen": "reader_absent", "reader": "reader_absent"}, {}, None),
        ({"screen": "reader_absent", "reader": "reader_absent"}, {"screen": "store_broken"}, NotUpdated.TRIAL_STORE),
        ({}, {"screen": "camera_absent", "camera": "camera_absent"}, NotUpdated.TRIAL_CAMERA),
        ({}, {"screen": "model_altered"}, NotUpdated.TRIAL_CAMERA),
        ({"screen": "camera_absent", "camera": "camera_absent"}, {"screen": "camera_absent"}, None),
        ({"screen": "camera_absent", "camera": "camera_absent"}, {"screen": "camera_frozen"}, NotUpdated.TRIAL_CAMERA),
        ({}, {"store": False}, NotUpdated.TRIAL_STORE),
        ({"store": False}, {"store": False, "screen": None}, None),
        ({}, {"screen": "resting", "reader": None, "camera": None}, None),
        ({"screen": "resting", "reader": None, "camera": None}, {"screen": "resting", "reader": None}, None),
    ],
)
def test_a_release_answers_for_what_worked_before(
    before: dict[str, object], now: dict[str, object], reason: NotUpdated | None
) -> None:
    assert verdict(facts(**before), facts(**now)) == reason


def test_a_network_that_is_down_is_not_looked_at(kiosk: UpdatedKiosk) -> None:
    kiosk.tells["0.2.0"] = {**STANDS, Topic.LINK: "down"}
    kiosk.keepers.release("0.2.0")
    assert kiosk.install("0.2.0", kiosk.machine()) is None
    assert kiosk.runs() == ("0.2.0", "0.2.0")


class Restless:
    """Units of which one is started again and again."""

    def __init__(self, restarts: Iterator[int]) -> None:
        self.restarts = restarts

    def stop(self) -> None:
        """Nothing."""

    def start(self) -> None:
        """Nothing."""

    def look(self) -> dict[str, Unit]:
        return {SCREEN: Unit(up=True, restarts=next(self.restarts))}


def test_a_process_that_keeps_dying_is_not_waited_for(kiosk: UpdatedKiosk) -> None:
    kiosk.machine()
    sights = Sights(kiosk.store, Restless(count()))
    assert watch(sights, sights.look(), Patience(to_stand_s=1e9, standing_s=1e9, between_looks_s=0)) is (
        NotUpdated.TRIAL_SCREEN
    )


def test_one_that_stands_late_and_falls_and_stands_is_given_the_time(kiosk: UpdatedKiosk) -> None:
    kiosk.machine()
    sights, now_s, waits = Sights(kiosk.store, Restless(iter([0] * 999))), count(0, 1), count()
    store = Store(kiosk.store)

    def wait(_: float) -> None:
        told = {5: "camera_absent", 8: "ok", 20: "camera_absent", 22: "ok"}.get(next(waits))
        if told is not None:
            noticeboard.pin(store, Topic.SCREEN, told, 0)

    before = sights.look()
    patience = Patience(to_stand_s=60, standing_s=15)
    assert watch(sights, before, patience, clock_s=lambda: float(next(now_s)), wait=wait) is None
    assert next(waits) > 22 + 14
    store.close()


# Keeping and going back


def test_a_release_that_stands_is_kept_and_proven(kiosk: UpdatedKiosk) -> None:
    kiosk.keepers.release("0.2.0")
    assert kiosk.install("0.2.0", kiosk.machine(), order=7) is None
    page = kiosk.book.read()
    assert kiosk.runs() == ("0.2.0", "0.2.0")
    assert (page.proven, page.trial, page.ending and page.ending.order) == ("0.2.0", None, 7)


def test_one_that_does_not_stand_is_taken_back_and_counted(kiosk: UpdatedKiosk) -> None:
    kiosk.tells["0.2.0"] = {**STANDS, Topic.SCREEN: "camera_absent"}
    kiosk.keepers.release("0.2.0")
    machine = kiosk.machine()
    for n in range(1, MOST_FAILURES + 1):
        assert kiosk.install("0.2.0", machine, order=n) is NotUpdated.TRIAL_CAMERA
        page = kiosk.book.read()
        assert (kiosk.runs(), page.failures) == ((FIRST, FIRST), {"0.2.0": n})
        assert page.ending is not None
        assert (page.ending.order, page.ending.reason) == (n, NotUpdated.TRIAL_CAMERA)
    with pytest.raises(ReleaseError) as caught:
        kiosk.install("0.2.0", machine)
    assert caught.value.reason is NotUpdated.TRIED_BEFORE
    assert kiosk.taking().take(ReleaseVersion("0.2.0"), kiosk.book.read(), again=True) == "0.2.0"
    kiosk.keepers.release("0.3.0")
    assert kiosk.install("0.3.0", machine) is None
    assert (kiosk.runs(), kiosk.book.read().failures) == (("0.3.0", "0.3.0"), {})
    assert set(kiosk.slots.versions()) == {"0.3.0", FIRST}


def test_what_has_stood_is_the_lowest_that_is_taken(kiosk: UpdatedKiosk) -> None:
    kiosk.keepers.release("0.2.0")
    machine = kiosk.machine()
    assert kiosk.install("0.2.0", machine) is None
    for link in Link:  # a technician's playbook with an older wheel
        kiosk.slots.point(link, FIRST)
    shutil.rmtree(kiosk.state / "believed")  # and The Update Framework's memory is gone
    with pytest.raises(ReleaseError) as caught:
        kiosk.install("0.1.5", machine)
    assert caught.value.reason is NotUpdated.OLDER_RELEASE
    assert kiosk.install("0.2.0", machine) is None


@pytest.mark.parametrize(
    ("wanted", "follows", "reason"),
    [
        (str(FIRST), "0.0.0", NotUpdated.SAME_RELEASE),
        ("0.0.9", "0.0.0", NotUpdated.OLDER_RELEASE),
        ("0.3.0", "0.0.0", NotUpdated.NOT_OFFERED),
        ("0.2.0", "0.1.5", NotUpdated.CANNOT_FOLLOW),
    ],
)
def test_what_may_not_be_had_is_refused_and_nothing_is_touched(
    kiosk: UpdatedKiosk, wanted: str, follows: str, reason: NotUpdated
) -> None:
    kiosk.keepers.release("0.2.0", follows=follows)
    machine = kiosk.machine()
    with pytest.raises(ReleaseError) as caught:
        kiosk.install(wanted, machine)
    assert (caught.value.reason, machine.started, kiosk.slots.versions()) == (reason, 1, [FIRST])


def test_a_full_card_another_file_and_no_repository_are_told_apart(kiosk: UpdatedKiosk) -> None:
    kiosk.keepers.release("0.2.0")
    with pytest.raises(ReleaseError) as caught:
        kiosk.taking(reserve_bytes=2**60).take(None, Page())
    assert caught.value.reason is NotUpdated.NO_ROOM
    file = next(kiosk.keepers.places.targets.rglob("*.tar.gz"))
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(ReleaseError) as caught:
        kiosk.taking().take(None, Page())
    assert caught.value.reason is NotUpdated.NOT_BELIEVED
    shutil.rmtree(kiosk.keepers.repository)
    with pytest.raises(ReleaseError) as caught:
        kiosk.taking().take(None, Page())
    assert caught.value.reason is NotUpdated.UNREACHABLE
    assert kiosk.slots.versions() == [FIRST]


def test_a_repository_that_does_not_answer_is_asked_again(kiosk: UpdatedKiosk, tmp_path: Path) -> None:
    kiosk.keepers.release("0.2.0")
    away = kiosk.keepers.repository.rename(tmp_path / "away")
    pauses: list[float] = []

    def wait(pause_s: float) -> None:
        pauses.append(pause_s)
        if len(pauses) == 3:
            away.rename(kiosk.keepers.repository)

    taking = kiosk.taking()
    patient = type(taking)(
        taking.slots, taking.source, taking.asker, taking.fetched, pauses_s=(1, 2, 3, 4), reserve_bytes=0, wait=wait
    )
    assert patient.take(None, Page()) == "0.2.0"
    assert pauses == [1, 2, 3]


def test_nothing_is_switched_while_somebody_is_served(kiosk: UpdatedKiosk) -> None:
    kiosk.keepers.release("0.2.0")
    machine, visit = kiosk.machine(), Visit(kiosk.store)
    assert visit.begin()
    with pytest.raises(ReleaseError) as caught:
        kiosk.install("0.2.0", machine)
    assert (caught.value.reason, kiosk.runs(), machine.started) == (NotUpdated.NEVER_QUIET, (FIRST, FIRST), 1)
    waits = count()

    def wait(_: float) -> None:
        if next(waits) == 3:
            assert kiosk.runs() == (FIRST, FIRST)
            visit.end()

    switching = kiosk.switching(machine, pace=Pace(quiet_s=1e9, back_s=0, between_s=0))
    patient = type(switching)(**{name: getattr(switching, name) for name in switching.__slots__} | {"wait": wait})
    assert patient.switch(ReleaseVersion("0.2.0"), None) is None
    assert kiosk.runs() == ("0.2.0", "0.2.0")


def test_units_that_may_not_be_stopped_leave_all_as_it_was(
    kiosk: UpdatedKiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    kiosk.keepers.release("0.2.0")
    machine = kiosk.machine()

    def refused() -> None:
        raise ReleaseError(NotUpdated.CANNOT_SWITCH, "Access denied.")

    monkeypatch.setattr(machine, "stop", refused)  # what systemd says without the rule; the container tries that
    with pytest.raises(ReleaseError):
        kiosk.install("0.2.0", machine)
    assert (kiosk.runs(), kiosk.book.read().trial) == ((FIRST, FIRST), None)


def test_a_kiosk_without_a_way_back_switches_nothing(kiosk: UpdatedKiosk) -> None:
    kiosk.keepers.release("0.2.0")
    (kiosk.slots.home / Link.PROVEN).unlink()
    with pytest.raises(ReleaseError) as caught:
        kiosk.install("0.2.0", kiosk.machine())
    assert caught.value.reason is NotUpdated.CANNOT_UPDATE


def test_a_damaged_book_is_an_empty_one(tmp_path: Path) -> None:
    book = Book(tmp_path)
    for content in (b"", b"{", b'{"v": 2}', b'{"v": 1, "proven": "later"}', b"\xff" * 100_000):
        (tmp_path / "book.json").write_bytes(content)
        assert book.read() == Page()
