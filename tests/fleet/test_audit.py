# SPDX-License-Identifier: Apache-2.0
"""What operators did is in the log, and a log that was changed, cut or written anew is found out."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import msgspec
import pytest
from sqlalchemy import Executable, delete, text, update
from sqlalchemy.exc import DatabaseError

from fleet import audit, config
from fleet.audit import Act, AuditBrokenError, Entry, Head
from fleet.entrypoints import audit as commands
from fleet.entrypoints import backup, imports, operator
from fleet.entrypoints.account import account
from fleet.errors import FleetError
from fleet.people.figures import Kind
from fleet.store import tables
from fleet.store.session import open_engine, reading, unit_of_work
from tests.simulators.kiosk_wire import WireKiosk
from wire.envelope import encode
from wire.ids import KeyId, kiosk_id
from wire.sealing import OpeningKey

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.config import Settings


DETAIL: audit.Detail = {"province": "41", "n": 3, "real": True}


def write(engine: Engine, *subjects: str) -> None:
    for subject in subjects:
        with unit_of_work(engine) as connection:
            audit.record(connection, Act.KIOSK_REGISTERED, who="กานดา", subject=subject, at_ms=1000, detail=DETAIL)


def log(engine: Engine) -> list[Entry]:
    with reading(engine) as connection:
        return list(audit.entries(connection))


def head(engine: Engine) -> Head:
    last = log(engine)[-1]
    return Head(last.seq, last.digest)


def forge(engine: Engine, statement: Executable) -> None:
    """As somebody can who owns the database: take the guard away, and put it back."""
    with unit_of_work(engine) as connection:
        if engine.dialect.name == "postgresql":
            off, on = ["ALTER TABLE audit DISABLE TRIGGER USER"], ["ALTER TABLE audit ENABLE TRIGGER USER"]
        else:
            guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
            off, on = [f"DROP TRIGGER {guard.name}" for guard in guards], [guard.sql for guard in guards]
        for change in (*map(text, off), statement, *map(text, on)):
            connection.execute(change)


def test_lines_are_read_as_they_were_written_and_hold(engine: Engine) -> None:
    write(engine, "udon-01", "เพ็ญ-02")
    first, second = audit.verified(log(engine))
    assert (first.seq, second.seq) == (1, 2)
    assert (second.who, second.act, second.subject) == ("กานดา", "kiosk.registered", "เพ็ญ-02")
    assert second.detail == DETAIL
    assert second.follows(first.digest)


def test_what_a_transaction_takes_back_is_not_in_the_log(engine: Engine) -> None:
    write(engine, "a")
    with engine.connect() as connection, connection.begin() as transaction:
        audit.record(connection, Act.KIOSK_REVOKED, who="x", subject="a", at_ms=1)
        transaction.rollback()
    write(engine, "b")
    assert [entry.subject for entry in audit.verified(log(engine))] == ["a", "b"]


def test_lines_that_are_written_at_once_make_one_chain(engine: Engine) -> None:
    writers = [threading.Thread(target=write, args=(engine, *[f"{n}-{m}" for m in range(10)])) for n in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert len(list(audit.verified(log(engine)))) == 40


@pytest.mark.parametrize(
    "statement", [update(tables.audit).values(who="nobody"), delete(tables.audit)], ids=["change", "delete"]
)
def test_the_database_refuses_to_change_a_line(engine: Engine, statement: Executable) -> None:
    write(engine, "a")
    with pytest.raises(DatabaseError, match="only added to"), unit_of_work(engine) as connection:
        connection.execute(statement)
    assert len(log(engine)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_refuses_to_empty_it(engine: Engine) -> None:
    with pytest.raises(DatabaseError, match="only added to"), unit_of_work(engine) as connection:
        connection.execute(text("TRUNCATE audit"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"who": "somebody else"}, "Line 2 of the audit log was changed"),
        ({"at_ms": 2000}, "Line 2 of the audit log was changed"),
        ({"detail": "junk"}, "Line 2 of the audit log was changed"),
        ({"detail": "{}"}, "Line 2 of the audit log was changed"),
        ({"subject": "z"}, "Line 2 of the audit log was changed"),
        ({"act": "kiosk.revoked"}, "Line 2 of the audit log was changed"),
        ({"digest": "0" * 64}, "Line 2 of the audit log was changed"),
        ({"seq": 9}, "Line 2 of the audit log is missing"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_line_that_was_changed_is_found(engine: Engine, change: dict[str, object], says: str) -> None:
    write(engine, "a", "b", "c")
    forge(engine, update(tables.audit).where(tables.audit.c.seq == 2).values(**change))
    with pytest.raises(AuditBrokenError, match=says):
        list(audit.verified(log(engine)))


def test_a_line_that_was_taken_out_is_found(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    forge(engine, delete(tables.audit).where(tables.audit.c.seq == 2))
    with pytest.raises(AuditBrokenError, match="Line 2 of the audit log is missing"):
        list(audit.verified(log(engine)))


@pytest.mark.parametrize("left", [0, 1, 2])
def test_a_log_that_was_cut_off_holds_by_itself_and_not_against_a_noted_head(engine: Engine, left: int) -> None:
    write(engine, "a", "b", "c")
    noted = head(engine)
    forge(engine, delete(tables.audit).where(tables.audit.c.seq > left))
    assert len(list(audit.verified(log(engine)))) == left
    with pytest.raises(AuditBrokenError, match=f"cut off after line {left} at the latest"):
        list(audit.verified(log(engine), noted))


def test_a_log_that_was_written_anew_does_not_fit_a_noted_head(engine: Engine) -> None:
    write(engine, "a", "b", "c")
    noted = head(engine)
    forge(engine, delete(tables.audit))
    write(engine, "a", "x", "c", "d")
    assert len(list(audit.verified(log(engine)))) == 4
    with pytest.raises(AuditBrokenError, match="written anew"):
        list(audit.verified(log(engine), noted))


def test_a_head_that_was_noted_long_ago_still_fits(engine: Engine) -> None:
    write(engine, "a", "b")
    noted = Head.parse(f" {head(engine)}\n")
    write(engine, "c", "d")
    assert len(list(audit.verified(log(engine), noted))) == 4


@pytest.mark.parametrize("noted", ["", "3", "0:" + "0" * 64, "3:abc", "-1:" + "0" * 64, "3:" + "A" * 64])
def test_what_is_no_head_is_refused(noted: str) -> None:
    with pytest.raises(AuditBrokenError, match="is no head"):
        Head.parse(noted)


# -- the commands -----------------------------------------------------------------------------------------------------


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "fleet.toml").write_text('database_url = "sqlite:///fleet.db"\n')
    settings = config.read(tmp_path / "fleet.toml")
    operator.migrate(settings)
    return settings


def _registration(tmp_path: Path, **place: str) -> Path:
    made = WireKiosk(kiosk_id("udon-01"), OpeningKey.generate(KeyId("relay#1")).public())
    file = tmp_path / "registration.json"
    if not file.exists():
        file.write_bytes(encode(made.registration()))
    file.write_bytes(json.dumps(json.loads(file.read_bytes()) | place).encode())
    return file


def _acts(settings: Settings) -> list[tuple[str, str]]:
    engine = open_engine(settings.database_url)
    acts = [(entry.act, entry.subject) for entry in audit.verified(log(engine))]
    engine.dispose()
    return acts


def test_what_an_operator_does_is_written_down_and_what_changes_nothing_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    for _ in range(2):
        operator.register(settings, _registration(tmp_path))
    operator.register(settings, _registration(tmp_path, facility="10999"))
    for _ in range(2):
        operator.revoke(settings, "udon-01")
    with pytest.raises(FleetError):
        operator.register(settings, _registration(tmp_path))
    figures = tmp_path / "b.csv"
    figures.write_text("fiscal_year,province,b1,b2\n2569,41,10,20\n")
    imports.at_once(settings, imports.Wanted(Kind.DENOMINATORS, figures, "NHSO", "กานดา", made_up=True))
    backup.backup(settings, tmp_path / "copy.db")
    assert _acts(settings) == [
        ("kiosk.registered", "udon-01"),
        ("kiosk.registered", "udon-01"),
        ("kiosk.revoked", "udon-01"),
        ("figures.imported", "denominators"),
        ("backup.verified", "copy.db"),
    ]
    engine = open_engine(settings.database_url)
    by = [entry.who for entry in log(engine)]
    engine.dispose()
    assert by == [account()] * 3 + ["กานดา", account()]


def test_a_log_that_was_written_out_is_checked_without_a_database(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operator.register(settings, _registration(tmp_path))
    operator.revoke(settings, "udon-01")
    commands.export(settings, None)
    told = capsys.readouterr()
    file = tmp_path / "audit.jsonl"
    file.write_text(told.out)
    noted = told.err.splitlines()[-1]
    commands.verify(file, noted)
    assert capsys.readouterr().out == told.err
    lines = told.out.splitlines()
    assert [msgspec.json.decode(line)["act"] for line in lines] == ["kiosk.registered", "kiosk.revoked"]
    file.write_text(lines[0] + "\n")
    with pytest.raises(AuditBrokenError, match="cut off after line 1"):
        commands.verify(file, noted)
    for junk in ("not json\n", '{"seq": 1}\n', lines[0].replace("}", ', "more": 1}') + "\n"):
        file.write_text(junk)
        with pytest.raises(AuditBrokenError):
            commands.verify(file, None)


def test_an_empty_log_says_so_and_does_not_fit_a_head(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    commands.export(settings, None)
    assert capsys.readouterr().err == "The audit log is empty.\n"
    with pytest.raises(AuditBrokenError):
        commands.export(settings, "1:" + "0" * 64)
