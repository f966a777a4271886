# SPDX-License-Identifier: Apache-2.0
"""Complaints from the controller's command line, in both databases."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from fleet import audit
from fleet.complaints.rules import ComplaintRefusedError, Why
from fleet.entrypoints.account import account
from fleet.entrypoints.cli import app
from fleet.store.complaint_tables import complaint
from fleet.store.session import reading, unit_of_work
from tests.fleet.books import NOW_MS, add_kiosk

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

NUMBER = "4821-7306"


class Desk:
    """Somebody at the controller's command line."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self._config = folder / "fleet.toml"
        self._config.write_text(f'database_url = "{database_url}"\n')

    def type(self, *words: str) -> list[dict[str, Any]]:
        """What the command answers, line by line; raises what it refuses."""
        done = CliRunner().invoke(app, ["complaint", *words, "--config", str(self._config)])
        if done.exception is not None:
            raise done.exception
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def desk(engine: Engine, database_url: str, tmp_path: Path) -> Desk:
    add_kiosk(engine, "udon-01")
    came(engine, "1")
    return Desk(database_url, tmp_path)


def came(engine: Engine, ident: str) -> None:
    row = {
        "number": "48217306",
        "profile": "live",
        "province": "41",
        "facility": "11013",
        "kiosk": "udon-01",
        "ident": ident * 32,
        "source": "kiosk",
        "category": "card",
        "term": "short",
        "state": "new",
        "words": "",
        "said_day": "2026-11-23",
        "opened_ms": NOW_MS,
        "due_ms": NOW_MS,
        "answer": "",
        "reopened": 0,
    }
    with unit_of_work(engine) as connection:
        connection.execute(complaint.insert().values(row))


def test_one_is_listed_taken_answered_closed_and_opened_again(desk: Desk, engine: Engine) -> None:
    assert [(each["number"], each["state"]) for each in desk.type("list", "--scope", "province:41")] == [
        (NUMBER, "new")
    ]
    assert desk.type("list", "--scope", "province:42") == []
    states = [
        desk.type(*words)[0]["state"]
        for words in (
            ("take", NUMBER, "--term", "long"),
            ("answer", "48217306", "--words", "เปลี่ยนแล้ว"),
            ("close", NUMBER),
            ("reopen", NUMBER),
        )
    ]
    assert states == ["taken", "answered", "closed", "taken"]
    with reading(engine) as connection:
        entries = list(audit.entries(connection))
    assert {entry.who for entry in entries} == {account()}
    assert [entry.act for entry in entries] == [f"complaint.{a}" for a in ("taken", "answered", "closed", "reopened")]


def test_a_number_that_is_none_or_two_is_not_guessed_at(desk: Desk, engine: Engine) -> None:
    came(engine, "2")
    for number in (NUMBER, "0000-0000", "abc"):
        with pytest.raises(ComplaintRefusedError) as refused:
            desk.type("take", number)
        assert refused.value.why is Why.UNKNOWN


def test_words_with_a_citizen_number_are_refused(desk: Desk) -> None:
    with pytest.raises(ComplaintRefusedError) as refused:
        desk.type("answer", NUMBER, "--words", "1101700203451")
    assert refused.value.why is Why.NUMBER
