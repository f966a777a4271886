# SPDX-License-Identifier: Apache-2.0
"""Announcements by the commands that staff type, in both databases."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy.exc import IntegrityError
from typer.testing import CliRunner

from fleet import audit
from fleet.announcements.rules import AnnouncementRefusedError
from fleet.entrypoints.account import account
from fleet.entrypoints.cli import app
from fleet.store.days import BANGKOK
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import announcement
from tests.fleet.books import add_kiosk

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine


class Desk:
    """Somebody at the controller's command line."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._config = folder / "fleet.toml"
        self._config.write_text(f'database_url = "{database_url}"\n')
        today = datetime.now(BANGKOK).date()
        self.today, self.until = today.isoformat(), (today + timedelta(days=30)).isoformat()

    def type(self, *words: str) -> list[dict[str, Any]]:
        """What the command answers, line by line; raises what it refuses."""
        done = CliRunner().invoke(app, ["announcement", *words, "--config", str(self._config)])
        if done.exception is not None:
            raise done.exception
        return [json.loads(line) for line in done.stdout.splitlines()]

    def propose(self, *where: str, by: str = "Somchai") -> str:
        (told,) = self.type(
            *("propose", "--th", "ฉีดวัคซีนฟรี", "--en", "Free flu shots"),
            *("--until", self.until, "--by", by, *(where or ("--nation",))),
        )
        return str(told["announcement"])

    def listed(self) -> list[tuple[Any, ...]]:
        return [(each["stage"], each["where"], each["approved_by"]) for each in self.type("list")]


@pytest.fixture
def desk(engine: Engine, database_url: str, tmp_path: Path) -> Desk:
    add_kiosk(engine, "k-udon-01")
    return Desk(database_url, tmp_path)


def test_one_proposes_another_approves_and_anybody_withdraws(desk: Desk) -> None:
    number = desk.propose(by="สมชาย ใจดี")
    assert desk.listed() == [("proposed", "nation", None)]
    desk.type("approve", number, "--by", "มาลี")
    assert desk.listed() == [("approved", "nation", "มาลี")]
    desk.type("withdraw", number, "--by", "Somsri")
    (told,) = desk.type("list")
    assert told == {
        "announcement": int(number),
        "stage": "withdrawn",
        "where": "nation",
        "from": desk.today,
        "until": desk.until,
        "th": "ฉีดวัคซีนฟรี",
        "en": "Free flu shots",
        "proposed_by": "สมชาย ใจดี",
        "approved_by": "มาลี",
        "withdrawn_by": "Somsri",
    }


def test_each_step_is_in_the_log_of_what_operators_did_with_whoever_typed_it(desk: Desk, engine: Engine) -> None:
    number = desk.propose()
    with pytest.raises(AnnouncementRefusedError):
        desk.type("approve", number, "--by", "Somchai")
    desk.type("approve", number, "--by", "Malee")
    desk.type("withdraw", number, "--by", "Somsri")
    with reading(engine) as connection:
        lines = [(line.who, line.act, line.subject, line.detail) for line in audit.entries(connection)]
    acts = ("announcement.proposed", "announcement.approved", "announcement.withdrawn")
    assert lines == [
        (account(), act, number, {"by": by}) for act, by in zip(acts, ("Somchai", "Malee", "Somsri"), strict=True)
    ]


def test_nobody_approves_their_own_and_nothing_changes(desk: Desk) -> None:
    number = desk.propose()
    with pytest.raises(AnnouncementRefusedError, match="Let another person approve it"):
        desk.type("approve", number, "--by", " somchai ")
    assert desk.listed() == [("proposed", "nation", None)]


def test_the_table_itself_knows_that_it_takes_two(desk: Desk, engine: Engine) -> None:
    desk.propose()
    with pytest.raises(IntegrityError), unit_of_work(engine) as connection:
        connection.execute(announcement.update().values(approved_by="Somchai", approved_ms=1))


def test_it_is_announced_where_somebody_says_and_nowhere_by_default(desk: Desk) -> None:
    for where in (("--nation",), ("--province", "41"), ("--kiosk", "k-udon-01")):
        desk.propose(*where)
    assert [where for _, where, _ in desk.listed()] == ["nation", "41", "k-udon-01"]
    for wrong, complaint in (
        (("--from", desk.today), "Where"),
        (("--nation", "--province", "41"), "Where"),
        (("--province", "99"), "99"),
        (("--kiosk", "k-loei-01"), "not registered"),
        (("--kiosk", "K/1"), "label"),
    ):
        with pytest.raises(AnnouncementRefusedError, match=complaint):
            desk.propose(*wrong)
    assert len(desk.listed()) == 3


@pytest.mark.parametrize("command", ["approve", "withdraw"])
def test_a_number_that_nobody_knows_says_where_the_numbers_are(desk: Desk, command: str) -> None:
    with pytest.raises(AnnouncementRefusedError, match="announcement list"):
        desk.type(command, "7", "--by", "Malee")


def test_what_was_withdrawn_is_done_with(desk: Desk) -> None:
    number = desk.propose()
    desk.type("withdraw", number, "--by", "Somchai")
    for command in ("approve", "withdraw"):
        with pytest.raises(AnnouncementRefusedError, match="withdrawn"):
            desk.type(command, number, "--by", "Malee")


def test_the_eleventh_of_a_day_waits_until_there_is_room(desk: Desk) -> None:
    numbers = [desk.propose("--kiosk", "k-udon-01") if n % 2 else desk.propose("--province", "41") for n in range(11)]
    for number in numbers[:10]:
        desk.type("approve", number, "--by", "Malee")
    with pytest.raises(AnnouncementRefusedError, match="Withdraw one"):
        desk.type("approve", numbers[10], "--by", "Malee")
    desk.type("withdraw", numbers[0], "--by", "Malee")
    desk.type("approve", numbers[10], "--by", "Malee")


@pytest.mark.parametrize("day", ["31.12.2026", "tomorrow", "2026-02-30"])
def test_a_day_that_is_none_is_named(desk: Desk, day: str) -> None:
    desk.until = day
    with pytest.raises(AnnouncementRefusedError, match=r"until: .* is no day"):
        desk.propose()
