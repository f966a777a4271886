# SPDX-License-Identifier: Apache-2.0
"""Rosters: whole lists of tokens, replaced in one step; a problem names a line and never a person."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from fleet import audit
from fleet.errors import ImportRefusedError
from fleet.people import tickets
from fleet.people.imports import Upload
from fleet.people.roster import Importer, admin_of, forget_roster, import_roster, listed
from fleet.people.tickets import OPEN_AT_MOST, Complaint
from fleet.relay.tokens import HEALTH_ID, STAFF, TokenKey
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import kiosk, roster, ticket
from tests.fleet.command_line import run_command
from tests.fleet.people.excel import workbook
from tests.simulators.kiosk_wire import made_up_number
from tests.simulators.services import script
from wire.asks import Amiss

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.people.roster import Imported

NOW_MS = 1_795_000_000_000
ANN, BEN, CAT = (made_up_number(n) for n in (1, 2, 3))
HEADER = "citizen_number,facility,unit,position,admin\n"
WHO = Importer("มาลี มีสุข", "operator", NOW_MS)
KEY = TokenKey.from_text("A" * 43)


def token(number: str) -> bytes:
    return KEY.token(number, STAFF)


def row(number: str, facility: str = "10670", unit: str = "งานเวชระเบียน", position: str = "นักวิชาการ") -> str:
    return f"{number},{facility},{unit},{position},งานบุคคล โทร 1234\n"


def imported(engine: Engine, *rows: str) -> tuple[Imported, ...]:
    return import_roster(engine, Upload("folder/r.csv", (HEADER + "".join(rows)).encode()), token, WHO)


def stored(engine: Engine) -> set[tuple[bytes, str, str]]:
    with reading(engine) as connection:
        rows = connection.execute(select(roster.c.token, roster.c.facility, roster.c.position)).all()
    return {(bytes(each[0]), each[1], each[2]) for each in rows}


def complain(engine: Engine, number: str, amiss: Amiss, facility: str = "10670") -> int | None:
    with unit_of_work(engine) as connection:
        if connection.execute(select(kiosk.c.id)).first() is None:
            place = {"id": "k-one", "facility": "10670", "province": "41", "shard": "a7", "status": "active"}
            connection.execute(insert(kiosk).values(**place, event_key="", courier_key="", registered_ms=1))
        return tickets.keep(connection, Complaint(token(number), facility, amiss, "k-one"), NOW_MS)


def waiting(engine: Engine) -> list[tuple[str, Amiss]]:
    with reading(engine) as connection:
        return [(each.facility, each.amiss) for each in tickets.open_tickets(connection)]


def test_a_list_is_kept_as_tokens_and_never_as_numbers(engine: Engine) -> None:
    (done,) = imported(engine, row(ANN), row(BEN))
    assert (done.facility, done.people, done.replaced) == ("10670", 2, 0)
    assert {each[0] for each in stored(engine)} == {token(ANN), token(BEN)}
    with reading(engine) as connection:
        everything = repr([connection.execute(select(table)).all() for table in (roster, ticket)])
        log = b"".join(entry.line() for entry in audit.entries(connection))
    assert ANN not in everything
    assert ANN.encode() not in log


def test_a_workbook_brings_the_same_list_and_its_numbers_may_be_numbers(engine: Engine) -> None:
    header, places = HEADER.strip().split(","), ("10670", "งานเวชระเบียน", "นักวิชาการ", "งานบุคคล โทร 1234")
    content = workbook([header, (ANN, *places), (int(BEN), *places)])
    (done,) = import_roster(engine, Upload("r.xlsx", content), token, WHO)
    assert (done.facility, done.people) == ("10670", 2)
    assert {each[0] for each in stored(engine)} == {token(ANN), token(BEN)}


def test_who_works_where_cannot_be_joined_with_who_has_enrolled() -> None:
    assert KEY.token(ANN, STAFF) != KEY.token(ANN) == KEY.token(ANN, HEALTH_ID)


def test_a_facility_s_list_is_replaced_whole_and_the_others_stay(engine: Engine) -> None:
    imported(engine, row(ANN), row(BEN), row(CAT, "10671"))
    (done,) = imported(engine, row(BEN, position="พยาบาล"))
    assert (done.people, done.replaced) == (1, 2)
    assert stored(engine) == {(token(BEN), "10670", "พยาบาล"), (token(CAT), "10671", "นักวิชาการ")}


def test_a_file_may_hold_several_facilities_and_a_person_in_each_of_them(engine: Engine) -> None:
    done = imported(engine, row(ANN), row(ANN, "10671", position="ที่ปรึกษา"))
    assert [(each.facility, each.people) for each in done] == [("10670", 1), ("10671", 1)]
    with reading(engine) as connection:
        here, there, elsewhere = (listed(connection, token(ANN), code) for code in ("10670", "10671", "99999"))
        assert here is not None
        assert there is not None
        assert (here.position, there.position, elsewhere) == ("นักวิชาการ", "ที่ปรึกษา", here)
        assert listed(connection, token(BEN), "10670") is None
        assert (admin_of(connection, "10671"), admin_of(connection, "99999")) == ("งานบุคคล โทร 1234", None)


@pytest.mark.parametrize(
    ("line", "column", "found"),
    [
        (row(ANN[:12]), "citizen_number", "a number out of range"),
        (row("1.23457E+12"), "citizen_number", "text"),
        (row("1-2345-67890-12-3"), "citizen_number", "text"),
        (row(ANN, "1067"), "facility", "a number out of range"),
        (row(ANN, unit=" งาน"), "unit", "spaces around the value"),
        (row(ANN, unit="ก" * 61), "unit", "text"),
        (row(ANN, position=""), "position", "nothing"),
        (row(ANN, position="=1+1"), "position", "a formula"),
        (row(ANN, position=f"พยาบาล {BEN}"), "position", "text"),
        (row(ANN, position="a\x1bb"), "position", "text"),
        (f"{ANN},10670,งาน,พยาบาล\n", "*", "4 cells"),
        (row(BEN), "*", "the same key as row 2"),
    ],
)
def test_a_bad_row_is_told_by_its_line_in_both_languages_and_nothing_is_stored(
    engine: Engine, line: str, column: str, found: str
) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        imported(engine, row(BEN), line)
    message = str(caught.value)
    assert f"row 3, column {column}: found {found}" in message
    assert f"แถวที่ 3 คอลัมน์ {column}: พบ" in message
    assert not {ANN, BEN, ANN[:12]} & set(message.replace(",", " ").split())
    assert stored(engine) == set()


def test_a_list_that_nobody_brings_is_refused() -> None:
    with pytest.raises(ImportRefusedError, match="--by"):
        Importer(" ", "operator", NOW_MS)


def test_the_same_ticket_twice_is_one_and_its_number_is_never_given_again(engine: Engine) -> None:
    first = complain(engine, ANN, Amiss.MISSING)
    assert complain(engine, ANN, Amiss.MISSING) == first
    imported(engine, row(ANN))
    assert complain(engine, BEN, Amiss.MISSING) != first


def test_a_list_answers_whom_it_has_now_and_whom_it_says_something_else_of(engine: Engine) -> None:
    imported(engine, row(BEN), row(CAT))
    complain(engine, ANN, Amiss.MISSING)
    complain(engine, BEN, Amiss.WRONG)
    complain(engine, CAT, Amiss.WRONG)
    (done,) = imported(engine, row(ANN), row(BEN), row(CAT, position="พยาบาล"))
    assert done.tickets_answered == 2
    assert waiting(engine) == [("10670", Amiss.WRONG)]


def test_whoever_was_missing_is_answered_by_any_unit_s_list(engine: Engine) -> None:
    complain(engine, ANN, Amiss.MISSING)
    imported(engine, row(ANN, "10671"))
    assert waiting(engine) == []


def test_a_kiosk_that_brings_too_many_is_not_heard(engine: Engine) -> None:
    complain(engine, ANN, Amiss.MISSING)
    with unit_of_work(engine) as connection:
        rows = [
            {"token": bytes([n // 256, n % 256]) * 8, "facility": "10670", "amiss": "missing", "kiosk": "k-one"}
            for n in range(OPEN_AT_MOST - 1)
        ]
        connection.execute(insert(ticket), [{**each, "raised_ms": 1} for each in rows])
    assert complain(engine, BEN, Amiss.MISSING) is None
    assert complain(engine, ANN, Amiss.MISSING) is not None


def test_a_list_can_be_forgotten_with_its_tickets(engine: Engine) -> None:
    imported(engine, row(ANN), row(BEN, "10671"))
    complain(engine, ANN, Amiss.WRONG)
    assert forget_roster(engine, "10670", WHO) == 1
    assert (stored(engine), waiting(engine)) == ({(token(BEN), "10671", "นักวิชาการ")}, [])
    with pytest.raises(ImportRefusedError, match="no facility code"):
        forget_roster(engine, "udon", WHO)


def test_every_act_is_in_the_log_of_what_operators_did(engine: Engine) -> None:
    imported(engine, row(ANN), row(BEN, "10671"))
    forget_roster(engine, "10671", WHO)
    with reading(engine) as connection:
        acts = [(entry.act, entry.subject, entry.who, entry.detail["by"]) for entry in audit.entries(connection)]
    assert acts == [
        ("roster.imported", "10670", "operator", "มาลี มีสุข"),
        ("roster.imported", "10671", "operator", "มาลี มีสุข"),
        ("roster.forgotten", "10671", "operator", "มาลี มีสุข"),
    ]


@pytest.fixture
def command(tmp_path: Path, database_url: str) -> list[str]:
    (tmp_path / "token.key").write_text("A" * 43)
    keys = '[relay_keys]\nsealing = "none.jwk"\ntoken = "token.key"\nanswer = "none.jwk"\n'
    (tmp_path / "relay.toml").write_text(f'database_url = "{database_url}"\n{keys}')
    (tmp_path / "web.toml").write_text(f'database_url = "{database_url}"\n')
    (tmp_path / "r.csv").write_text(HEADER + row(ANN), encoding="utf-8")
    return [script("dipchip-fleet"), "roster"]


def test_the_commands_say_what_they_did_and_name_nobody(tmp_path: Path, engine: Engine, command: list[str]) -> None:
    complain(engine, BEN, Amiss.MISSING)
    relay, web, file = (str(tmp_path / name) for name in ("relay.toml", "web.toml", "r.csv"))
    done = subprocess.run([*command, "import", file, "--config", relay, "--by", "me"], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"facility": "10670", "people": 1, "replaced": 0, "tickets_answered": 0}
    assert {each[0] for each in stored(engine)} == {token(ANN)}
    told = subprocess.run([*command, "tickets", "--config", web], capture_output=True, check=True)
    (line,) = [json.loads(each) for each in told.stdout.splitlines()]
    assert (line["facility"], line["amiss"], line["kiosk"], line["day"]) == ("10670", "missing", "k-one", "2026-11-18")
    assert ANN.encode() not in done.stdout + done.stderr + told.stdout + told.stderr


def test_a_process_without_the_relay_s_key_makes_no_token(tmp_path: Path, engine: Engine, command: list[str]) -> None:
    ask = ["import", str(tmp_path / "r.csv"), "--config", str(tmp_path / "web.toml"), "--by", "me"]
    refused = run_command(*command[1:], *ask)
    assert refused.code == 2
    assert "relay's settings" in refused.err
    assert stored(engine) == set()


def test_a_unit_s_own_workbook_is_imported_by_naming_its_columns(
    tmp_path: Path, engine: Engine, command: list[str]
) -> None:
    rows = [("cid", "ชื่อ", "งาน", "ตำแหน่ง"), (ANN, "ทดสอบ", "งานเวชระเบียน", "พยาบาล")]
    (tmp_path / "r.xlsx").write_bytes(workbook(rows))
    named = ("--column", "unit=งาน", "--value", "facility=10670", "--value", "admin=งานบุคคล")
    ask = (*command[1:], "import", str(tmp_path / "r.xlsx"), "--config", str(tmp_path / "relay.toml"), "--by", "me")
    done = run_command(*ask, *named)
    assert json.loads(done.out)["people"] == 1
    assert stored(engine) == {(token(ANN), "10670", "พยาบาล")}
    refused = run_command(*ask, *named, "--column", "position=เลข")
    assert refused.code == 2
    assert "ยังขาด: position" in refused.err
    assert ANN not in done.out + done.err + refused.out + refused.err
