# SPDX-License-Identifier: Apache-2.0
"""A list of who is meant, matched with our people: sums by province and day, and nobody of the list anywhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select

from fleet import audit
from fleet.coverage.figures import Absence, Mode
from fleet.coverage.fiscal import Period
from fleet.coverage.kpi57 import Flag, Verdict
from fleet.coverage.reading import Basis
from fleet.coverage.report import report
from fleet.errors import ImportRefusedError
from fleet.people import matching
from fleet.people.matching import Kind, Matched, Wanted, match
from fleet.relay.tokens import TokenKey
from fleet.store.matching_tables import matched_day, matched_province
from fleet.store.matching_tables import matching as matchings
from fleet.store.scope import NATION, province_scope
from fleet.store.session import reading, unit_of_work
from fleet.store.tables import event, person
from tests.fleet.books import add_kiosk
from tests.fleet.command_line import run_command
from tests.simulators.kiosk_wire import made_up_number
from wire.provinces import province_code

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from fleet.coverage.kpi57 import ProvinceResult
    from wire.ids import ProvinceCode

KEY = TokenKey.from_text("A" * 43)
UDON, LOEI = province_code("41"), province_code("42")
ANN, BEN, CAT, DAN, EVE = (made_up_number(n) for n in range(1, 6))
HEADER = "citizen_number,province\n"
OCTOBER = datetime(2026, 10, 1, 3, 0, tzinfo=UTC)  # the first day of fiscal year 2570
_BEFORE, _AFTER = -40, 200  # days: in the year before, and past the cut-off of six months


def day(days: int) -> int:
    """A moment so many days after the first of October 2026, in milliseconds since 1970."""
    return int((OCTOBER + timedelta(days=days)).timestamp() * 1000)


@pytest.fixture(autouse=True)
def a_kiosk(engine: Engine) -> None:
    add_kiosk(engine, "udon-01")


def enrolled(
    engine: Engine,
    number: str,
    activated: int | None = None,
    revoked: int | None = None,
    *,
    card: str = "41",
    profile: str = "live",
) -> None:
    """Somebody of ours with a code, and on which days it was used and taken back."""
    name = f"{profile}-{number}"
    state = "revoked" if revoked is not None else "accepted" if activated is None else "activated"
    moments = {"activated_ms": None if activated is None else day(activated), "accepted_ms": day(_BEFORE)}
    with unit_of_work(engine) as connection:
        place = {"kiosk": "udon-01", "stream": name[:24], "seq": 1, "digest": bytes(32), "received_ms": 1}
        connection.execute(insert(event).values(id=name, **place))
        who = {"token": KEY.token(number), "profile": profile, "state": state, "province": card, "first_event": name}
        taken = None if revoked is None else day(revoked)
        connection.execute(insert(person).values(**who, **moments, revoked_ms=taken))


def wanted(kind: Kind = Kind.PEOPLE, *, year: int = 2570, at_ms: int = day(_AFTER), made_up: bool = False) -> Wanted:
    return Wanted(kind, year, "list.csv", "0" * 64, "NHSO 2569-10-01", made_up, "มาลี", "operator", at_ms)


def matched(engine: Engine, *rows: str, of: Wanted | None = None) -> tuple[Matched, ...]:
    return match(engine, [HEADER, *(f"{row}\n" for row in rows)], of or wanted(), KEY.token)


def result(
    engine: Engine, code: ProvinceCode = UDON, year: int = 2570, period: Period = Period.SIX
) -> ProvinceResult[Any]:
    with reading(engine) as connection:
        found = report(connection, Basis(Mode.MATCHED, year, period), province_scope(code))
    return found.results[code]


def test_our_people_on_the_list_are_a_and_the_list_is_b(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1)
    enrolled(engine, BEN)  # has a code and has not used it
    enrolled(engine, DAN, activated=1)  # on no list
    assert matched(engine, f"{ANN},41", f"{BEN},41", f"{CAT},41") == (Matched("41", 3, 1, 1),)
    figures = result(engine).figures
    assert (figures.people.known, figures.staff.absence) == ((1, 3), Absence.NOT_MATCHED)


def test_the_list_s_province_counts_and_not_the_card_s(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1, card="42")
    assert matched(engine, f"{ANN},41", f"{BEN},42") == (Matched("41", 1, 1, 0), Matched("42", 1, 0, 1))
    assert result(engine, UDON).figures.people.known == (1, 1)
    assert result(engine, LOEI).figures.people.known == (0, 1)


def test_a_member_of_staff_counts_where_they_work_and_a_citizen_where_they_are_registered(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1)
    matched(engine, f"{ANN},41", of=wanted(Kind.STAFF))
    matched(engine, f"{ANN},42")
    assert result(engine, UDON).figures.staff.known == (1, 1)
    assert result(engine, LOEI).figures.people.known == (1, 1)


def test_both_shares_give_a_verdict_which_an_estimate_never_has(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1)
    for kind in Kind:
        matched(engine, f"{ANN},41", of=wanted(kind, year=2569, at_ms=day(_BEFORE - 300)))
    assert result(engine, year=2569, period=Period.TWELVE).verdict is Verdict.FAIL  # activated in the year after
    enrolled(engine, BEN, activated=_BEFORE)
    for kind in Kind:
        matched(engine, f"{BEN},41", of=wanted(kind, year=2569))
    assert result(engine, year=2569, period=Period.TWELVE).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("activated", "revoked", "counts"),
    [
        (_BEFORE, None, 1),  # a stock: an earlier year's counts
        (1, 100, 0),  # revoked before the cut-off
        (1, _AFTER, 1),  # revoked after it: still counted in this period
        (_AFTER, None, 0),
        (None, 5, 0),  # a code that was taken back unused
    ],
)
def test_who_counts_at_the_cut_off(engine: Engine, activated: int | None, revoked: int | None, counts: int) -> None:
    enrolled(engine, ANN, activated, revoked)
    matched(engine, f"{ANN},41")
    assert result(engine).figures.people.known == (counts, 1)


def test_the_instant_of_the_cut_off_belongs_to_the_next_period(engine: Engine) -> None:
    last = (datetime(2027, 3, 31, 16, 59, 59, tzinfo=UTC) - OCTOBER) / timedelta(days=1)
    enrolled(engine, ANN, activated=last)  # type: ignore[arg-type]  # a part of a day
    enrolled(engine, BEN, activated=last + 1 / 86_400)  # type: ignore[arg-type]
    matched(engine, f"{ANN},41", f"{BEN},41")
    assert result(engine).figures.people.known == (1, 2)
    assert result(engine, period=Period.TWELVE).figures.people.known == (2, 2)


def test_test_people_are_never_on_a_list(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1, profile="test")
    assert matched(engine, f"{ANN},41") == (Matched("41", 1, 0, 0),)


def test_a_newer_list_counts_for_the_provinces_that_it_names(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1)
    matched(engine, f"{ANN},41", f"{BEN},42")
    matched(engine, f"{CAT},41")
    assert result(engine, UDON).figures.people.known == (0, 1)
    assert result(engine, LOEI).figures.people.known == (0, 1)
    with reading(engine) as connection:
        kept = connection.execute(select(matched_province.c.matching)).all()
    assert len(kept) == 3  # what was said before can be looked up


def test_another_year_s_list_is_no_figure_of_this_year(engine: Engine) -> None:
    enrolled(engine, ANN, activated=_BEFORE)
    matched(engine, f"{ANN},41", of=wanted(year=2569))
    assert result(engine, year=2570).figures.people.absence is Absence.NOT_MATCHED
    assert result(engine, year=2569).figures.people.known == (0, 1)  # activated after its six months


def test_what_was_matched_before_the_cut_off_says_so(engine: Engine) -> None:
    matched(engine, f"{ANN},41", of=wanted(at_ms=day(3)))
    assert Flag.EARLY in result(engine).flags
    matched(engine, f"{ANN},41", of=wanted(at_ms=day(_AFTER)))
    assert Flag.EARLY not in result(engine).flags


def test_a_made_up_list_says_so_and_a_sum_of_provinces_too(engine: Engine) -> None:
    matched(engine, f"{ANN},41", of=wanted(made_up=True))
    matched(engine, f"{BEN},42")
    assert Flag.MADE_UP in result(engine).flags
    with reading(engine) as connection:
        found = report(connection, Basis(Mode.MATCHED, 2570, Period.SIX), NATION)
    assert (found.whole.figures.made_up, found.whole.figures.people.known) == (True, (0, 2))
    assert {batch.kind for batch in found.reading.batches.values()} == {"matched-people"}


def test_nothing_of_the_list_is_kept_but_sums(engine: Engine) -> None:
    enrolled(engine, ANN, activated=1)
    matched(engine, f"{ANN},41", f"{BEN},41")
    with reading(engine) as connection:
        rows = [connection.execute(select(table)).all() for table in (matchings, matched_province, matched_day)]
        log = b"".join(entry.line() for entry in audit.entries(connection))
    for number in (ANN, BEN):
        assert number not in repr(rows) + log.decode()
        assert KEY.token(number).hex() not in repr(rows)
        assert repr(KEY.token(number)) not in repr(rows)
    assert b"people.matched" in log


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["citizen,province\n"], "row 1, column *: found another header"),
        ([], "row 1, column *: found another header"),
        ([HEADER], "row 2, column *: found nobody"),
        ([HEADER, f"{ANN}\n"], "row 2, column *: found fewer or more cells"),
        ([HEADER, f"{ANN},99\n"], "row 2, column province: found a number out of range"),
        ([HEADER, "123,41\n"], "row 2, column citizen_number: found a number out of range"),
        ([HEADER, f"={ANN},41\n"], "row 2, column citizen_number: found a formula"),
        ([HEADER, f"{ANN},41\n", "\n", f"{ANN},42\n"], "row 4, column citizen_number: found a person who stands on"),
        ([HEADER, f'"{ANN},41\n'], "column *: found a broken quotation"),
    ],
)
def test_a_list_with_a_problem_is_refused_by_its_place_and_changes_nothing(
    engine: Engine, lines: list[str], said: str
) -> None:
    with pytest.raises(ImportRefusedError) as refused:
        match(engine, lines, wanted(), KEY.token)
    assert said in str(refused.value)
    assert ANN not in str(refused.value)
    with reading(engine) as connection:
        assert connection.execute(select(matchings)).all() == []


def test_reading_stops_at_the_first_hundred_problems(engine: Engine) -> None:
    with pytest.raises(ImportRefusedError, match=r"list\.csv: 100 problem"):
        matched(engine, *["x,41"] * 10_000)


def test_a_list_that_is_too_long_is_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "MOST_PEOPLE", 2)  # ten million lines take minutes
    with pytest.raises(ImportRefusedError, match="one province a file"):
        matched(engine, f"{ANN},41", f"{BEN},41", f"{CAT},41")


def test_a_long_list_is_matched_in_portions(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_AT_ONCE", 2)
    for number in (ANN, CAT, EVE):
        enrolled(engine, number, activated=1)
    assert matched(engine, *(f"{each},41" for each in (ANN, BEN, CAT, DAN, EVE))) == (Matched("41", 5, 3, 0),)


def test_the_command_says_sums_and_names_nobody(tmp_path: Path, engine: Engine, database_url: str) -> None:
    enrolled(engine, ANN, activated=1)
    (tmp_path / "token.key").write_text("A" * 43)
    keys = '[relay_keys]\nsealing = "none.jwk"\ntoken = "token.key"\nanswer = "none.jwk"\n'
    (tmp_path / "relay.toml").write_text(f'database_url = "{database_url}"\n{keys}')
    (tmp_path / "web.toml").write_text(f'database_url = "{database_url}"\n')
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbf" + f"{HEADER}{ANN},41\r\n{BEN},อุดรธานี\r\n".encode())
    command = ["match", "staff", str(tmp_path / "list.csv")]
    command += ["--year", "2570", "--source", "HROPS", "--by", "มาลี", "--config"]
    done = run_command(*command, str(tmp_path / "relay.toml"))
    assert json.loads(done.out) == {"province": "41", "listed": 2, "active": 1, "outside": None}
    assert ANN not in done.out + done.err
    with reading(engine) as connection:
        (row,) = connection.execute(select(matchings)).all()
    assert (len(row.file_mac), row.file_name, row.made_by) == (64, "list.csv", "มาลี")
    refused = run_command(*command, str(tmp_path / "web.toml"))
    assert refused.code == 2
    assert "relay's settings" in refused.err
    (tmp_path / "list.csv").write_bytes(b"\xff\xfe")
    refused = run_command(*command, str(tmp_path / "relay.toml"))
    assert (refused.code, "not UTF-8" in refused.err) == (2, True)
