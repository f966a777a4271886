# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import random

from tests.simulators.disk import Kind, Record, run_above
from tests.simulators.power import BLOCK, SECTOR, Disk, Fault

FOLDER, FILE = 4, 5
SEED = "20261"


def _records(*told: tuple[Kind, int, int, bytes]) -> list[Record]:
    return [Record(kind, failed=False, fd=fd, number=number, data=data) for kind, fd, number, data in told]


def _disk(*told: tuple[Kind, int, int, bytes], files: dict[str, bytes] | None = None) -> Disk:
    disk = Disk(files)
    opened = _records((Kind.OPEN_FOLDER, FOLDER, 0, b""), (Kind.OPEN, FILE, 0 if files else 1, b"a"))
    for record in [*opened, *_records(*told)]:
        disk.take(record)
    return disk


def _left(disk: Disk, fault: Fault) -> list[bytes | None]:
    """What a hundred cuts leave of the file, each once."""
    cuts = [disk.cut(fault, random.Random(n)).get("a") for n in range(100)]  # noqa: S311 - chance that can be repeated
    return sorted(set(cuts), key=lambda left: (left is not None, left or b""))


def test_a_write_that_was_not_synced_is_there_or_not() -> None:
    disk = _disk((Kind.WRITE, FILE, 0, b"new"), files={"a": b"old"})
    assert _left(disk, Fault.DROPPED) == [b"new", b"old"]
    assert disk.synced() == {"a": b"old"}


def test_a_write_that_was_synced_stays_whatever_the_fault() -> None:
    disk = _disk((Kind.WRITE, FILE, 0, b"new"), (Kind.SYNC, FILE, 0, b""), files={"a": b"old"})
    assert [_left(disk, fault) for fault in Fault] == [[b"new"]] * 3


def test_a_later_write_may_be_there_without_an_earlier_one() -> None:
    disk = _disk((Kind.WRITE, FILE, 0, b"12"), (Kind.WRITE, FILE, 1, b"34"), files={"a": b"..."})
    assert _left(disk, Fault.DROPPED) == [b"...", b".34", b"12.", b"134"]


def test_a_torn_write_comes_apart_at_its_sectors() -> None:
    disk = _disk((Kind.WRITE, FILE, SECTOR - 1, b"x" * (SECTOR + 1)), files={"a": b"." * 2 * SECTOR})
    left = _left(disk, Fault.TORN)
    assert b"." * (SECTOR - 1) + b"x" + b"." * SECTOR in left
    assert b"." * SECTOR + b"x" * SECTOR in left
    assert len(left) == 4


def test_garbage_takes_the_whole_block_and_no_other() -> None:
    old = bytes(3 * BLOCK)
    left = [one for one in _left(_disk((Kind.WRITE, FILE, BLOCK + 9, b"new"), files={"a": old}), Fault.GARBAGE) if one]
    noise = [one for one in left if one[BLOCK : BLOCK + 9] != bytes(9)]
    assert noise
    assert all(one[:BLOCK] == one[2 * BLOCK :] == bytes(BLOCK) for one in noise)


def test_a_file_is_made_and_removed_for_good_only_when_the_folder_was_synced() -> None:
    written = ((Kind.WRITE, FILE, 0, b"x"), (Kind.SYNC, FILE, 0, b""))
    folder_synced, removed = (Kind.SYNC, FOLDER, 0, b""), (Kind.UNLINK, 0, 0, b"a")
    assert _left(_disk(*written), Fault.DROPPED) == [None, b"x"]
    assert _left(_disk(*written, folder_synced), Fault.DROPPED) == [b"x"]
    assert _left(_disk(*written, folder_synced, removed), Fault.DROPPED) == [None, b"x"]
    assert _left(_disk(*written, folder_synced, removed, folder_synced), Fault.DROPPED) == [None]


def test_a_write_whose_sync_failed_is_not_made_safe_by_the_next_sync() -> None:
    disk = _disk((Kind.WRITE, FILE, 0, b"new"), files={"a": b"old"})
    disk.take(Record(Kind.SYNC, failed=True, fd=FILE, number=0, data=b""))
    disk.take(Record(Kind.SYNC, failed=False, fd=FILE, number=0, data=b""))
    assert _left(disk, Fault.DROPPED) == [b"new", b"old"]
    disk.take(Record(Kind.WRITE, failed=False, fd=FILE, number=0, data=b"new"))
    disk.take(Record(Kind.SYNC, failed=False, fd=FILE, number=0, data=b""))
    assert _left(disk, Fault.DROPPED) == [b"new"]


def test_a_disk_that_lies_keeps_nothing_for_certain() -> None:
    disk = Disk({"a": b"old"}, lies=True)
    for record in _records((Kind.OPEN, FILE, 0, b"a"), (Kind.WRITE, FILE, 0, b"new"), (Kind.SYNC, FILE, 0, b"")):
        disk.take(record)
    assert _left(disk, Fault.DROPPED) == [b"new", b"old"]


def test_a_kiosk_at_work_loses_nothing_to_power_cuts_and_erased_stays_erased() -> None:
    found = run_above("tests.simulators.cuts", "--seed", SEED, "--cuts", "200")
    stories = [story for model in found.values() for story in model.pop("stories")]
    assert stories == []
    assert found.pop("recovery")["cuts"] > 0
    assert found == {fault: {"cuts": 200} for fault in Fault}


def test_the_cuts_find_what_a_less_careful_way_loses() -> None:
    """SQLite alone with synchronous=NORMAL: the removal of the journal, which commits, is never synced."""
    careless = ("--synchronous", "NORMAL", "--without", "own-sync")
    found = run_above("tests.simulators.cuts", "--seed", SEED, "--cuts", "60", *careless)
    assert all(found[fault]["lost"] > 0 for fault in Fault)


def test_the_store_s_own_sync_of_its_folder_makes_up_for_sqlite_s() -> None:
    found = run_above("tests.simulators.cuts", "--seed", SEED, "--cuts", "60", "--synchronous", "FULL")
    assert found[Fault.DROPPED] == {"cuts": 60, "stories": []}
