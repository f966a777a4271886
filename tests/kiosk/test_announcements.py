# SPDX-License-Identifier: Apache-2.0
"""What may be announced on the welcome screen, by whom, and until when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from kiosk.config import ConfigError
from kiosk.entrypoints import announcements
from kiosk.entrypoints.announcements import Board
from kiosk.store.newest import Word, keep
from tests.kiosk.conftest import KIOSK
from wire.announcements import Announcement, Announcements
from wire.envelope import seal_message
from wire.ids import KeyId
from wire.signing import Kind, SigningKey

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.store.database import Store
    from tests.kiosk.conftest import World

LAST_EVENING = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)  # 23:59 in Bangkok
NEW_YEAR = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
TODAY = date(2026, 12, 31)
ONE = """
[[announcement]]
th = "ฉีดวัคซีนฟรี"
en = "Free vaccination"
approved_by = "PR office"
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "announcements.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_announcement_is_read_in_both_languages(tmp_path: Path) -> None:
    assert announcements.read(_file(tmp_path, ONE), TODAY) == (("ฉีดวัคซีนฟรี", "Free vaccination"),)


def test_its_last_day_is_the_last_on_which_it_is_read(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{ONE}until = 2026-12-31")
    assert len(announcements.read(path, TODAY)) == 1
    assert announcements.read(path, TODAY + timedelta(days=1)) == ()


def test_without_a_day_only_what_has_none_is_read(tmp_path: Path) -> None:
    path = _file(tmp_path, f"{ONE}until = 2026-12-31\n{ONE.replace('Free', 'Paid')}")
    assert announcements.read(path, None) == (("ฉีดวัคซีนฟรี", "Paid vaccination"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (ONE.replace("approved_by", "made_by"), "approved_by"),
        (ONE.replace('en = "Free vaccination"', ""), "en"),
        (ONE.replace("ฟรี", "ฟรี" * 60), "th"),
        (ONE.replace("Free", "\\u001b[2JFree"), "en"),
        (ONE * 11, "announcement"),
        ("not toml", "announcements.toml"),
    ],
)
def test_a_file_that_is_wrong_announces_nothing_and_says_why(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        announcements.read(_file(tmp_path, text), TODAY)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml"):
        announcements.read(tmp_path / "nowhere.toml", TODAY)


MADE = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
FLU = Announcement("วัคซีน", "Flu shots", first=date(2026, 12, 30), last=date(2026, 12, 31))


class Sent:
    """What the courier has put into the store, and a board over it."""

    def __init__(self, store: Store, world: World, file: Path | None = None) -> None:
        self.now = LAST_EVENING
        self._store, self._world = store, world
        self.board = Board(file=file, store=store, believes=world.receipt.public(), kiosk=KIOSK, clock=lambda: self.now)

    def put(
        self, *items: Announcement, made: datetime = MADE, key: SigningKey | None = None, kiosk: str = KIOSK
    ) -> None:
        at_ms = int(made.timestamp() * 1000)
        body = Announcements(v=1, kiosk=kiosk, at_ms=at_ms, items=items)
        keep(self._store, Word.ANNOUNCEMENTS, at_ms, seal_message(key or self._world.receipt, Kind.ANNOUNCEMENTS, body))


def test_what_the_controller_sent_stands_from_its_first_day_to_its_last_in_bangkok(store: Store, world: World) -> None:
    sent = Sent(store, world)
    assert sent.board() == ()
    sent.put(FLU)
    stood = []
    for days in (-2, -1, 0, 1):
        sent.now = LAST_EVENING + timedelta(days=days)
        stood.append(sent.board() == (("วัคซีน", "Flu shots"),))
    assert stood == [False, True, True, False]


def test_a_newer_list_takes_its_place_and_an_older_one_does_not(store: Store, world: World) -> None:
    sent = Sent(store, world)
    sent.put(FLU)
    sent.put(made=MADE - timedelta(seconds=1))
    assert len(sent.board()) == 1
    sent.put(made=MADE + timedelta(seconds=1))
    assert sent.board() == ()


def test_the_hospital_s_own_stand_first_and_ten_at_most_in_all(store: Store, world: World, tmp_path: Path) -> None:
    sent = Sent(store, world, _file(tmp_path, ONE * 3))
    sent.put(*(FLU for _ in range(10)))
    assert [en for _, en in sent.board()] == ["Free vaccination"] * 3 + ["Flu shots"] * 7


def test_a_wrong_file_hides_nothing_of_the_controller_s(store: Store, world: World, tmp_path: Path) -> None:
    sent = Sent(store, world, _file(tmp_path, "not toml"))
    sent.put(FLU)
    assert sent.board() == (("วัคซีน", "Flu shots"),)


@pytest.mark.parametrize("now", [datetime(1970, 1, 1, tzinfo=UTC), MADE - timedelta(days=1)])
def test_a_clock_that_was_never_set_shows_nothing_that_has_a_day(
    now: datetime, store: Store, world: World, tmp_path: Path
) -> None:
    own = f"{ONE}until = 2027-12-31\n{ONE.replace('Free', 'Paid')}"
    sent = Sent(store, world, _file(tmp_path, own))
    sent.put(Announcement("วัคซีน", "Flu shots", first=date(1970, 1, 1), last=date(2026, 12, 31)))
    assert len(sent.board()) == 3
    sent.now = now
    assert sent.board() == (("ฉีดวัคซีนฟรี", "Paid vaccination"),)


def test_a_list_in_the_store_that_the_controller_has_not_signed_for_this_kiosk_is_not_shown(
    store: Store, world: World
) -> None:
    sent = Sent(store, world)
    sent.put(FLU, key=SigningKey.generate(KeyId("controller#1")))
    assert sent.board() == ()
    sent.put(FLU, kiosk="k-loei-01", made=MADE + timedelta(seconds=1))
    assert sent.board() == ()
    sent.put(FLU, made=MADE + timedelta(seconds=2))
    assert len(sent.board()) == 1
