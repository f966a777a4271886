# SPDX-License-Identifier: Apache-2.0
"""While somebody is served no release is switched; the lock is gone with the process that held it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from kiosk.store.visiting import Visit, quiet

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys
from pathlib import Path
from kiosk.store.visiting import Visit
visit = Visit(Path(sys.argv[1]))
print(visit.begin(), flush=True)
sys.stdin.read()
"""


def is_quiet(store: Path) -> bool:
    with quiet(store) as found:
        return found


def test_it_is_quiet_until_a_visit_begins_and_after_it_ends(tmp_path: Path) -> None:
    store, visit = tmp_path / "store.db", Visit(tmp_path / "store.db")
    assert is_quiet(store)
    assert visit.begin()
    assert visit.begin()
    assert not is_quiet(store)
    visit.end()
    visit.end()
    assert is_quiet(store)


def test_no_visit_begins_while_a_release_is_switched(tmp_path: Path) -> None:
    visit = Visit(tmp_path / "store.db")
    with quiet(tmp_path / "store.db") as found:
        assert found
        assert not visit.begin()
    assert visit.begin()
    visit.end()


def test_a_screen_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    store = tmp_path / "store.db"
    screen = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert screen.stdout is not None
    assert screen.stdin is not None
    assert screen.stdout.readline() == "True\n"
    assert not is_quiet(store)
    screen.kill()
    screen.wait()
    assert is_quiet(store)
    screen.stdin.close()
    screen.stdout.close()


def test_both_users_of_the_group_may_open_it(tmp_path: Path) -> None:
    is_quiet(tmp_path / "store.db")
    assert (tmp_path / "visit.lock").stat().st_mode & 0o777 == 0o660


def test_a_person_is_not_sent_away_for_a_lock_that_cannot_be_made(tmp_path: Path) -> None:
    assert Visit(tmp_path / "none" / "store.db").begin()
