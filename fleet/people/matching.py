# SPDX-License-Identifier: Apache-2.0
"""Matches our people with a list of who is meant (B of KPI 57), and keeps sums by province and day: nobody of the list.

1. Each number of the list becomes the token that an enrolment of the same person has; only the relay's key makes it.
2. People with that token who were ever activated are counted in the list's province, by the day, and those revoked too.
3. Numbers and tokens are forgotten. What was matched is as of this moment: later activations need the list again.

So A is a part of B by construction, and no table joins who works where with who has enrolled (docs/adr/0036).
Source: KPI rules, sections 2.2, 2.3 and 2.6.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from fleet import audit
from fleet.people.imports import said
from fleet.people.problems import FileRefusedError, Problem, Wording, bare_name, kind_of
from fleet.people.spreadsheets import NUMBER, PROVINCE
from fleet.store.days import bangkok_day
from fleet.store.many import Lookup, Of
from fleet.store.matching_tables import matched_day, matched_province, matching
from fleet.store.session import unit_of_work
from fleet.store.tables import person
from wire.asks import PersonState
from wire.events import Profile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection, Engine, Row

COLUMNS = (NUMBER.name, PROVINCE.name)
MOST_PEOPLE = 10_000_000  # of one file: more than Bangkok has; they are told apart in memory
_AT_ONCE = 5_000
_MOST_PROBLEMS = 100
_ACTIVE = Lookup(
    "SELECT person.token, person.province, person.activated_ms, person.revoked_ms FROM {asked} "
    "JOIN person ON person.token = asked.token AND person.profile = asked.profile "
    "WHERE person.activated_ms IS NOT NULL",
    token=Of.BYTES,
    profile=Of.TEXT,
)


class Kind(StrEnum):
    """Whom a list names: the B of 57.1 or of 57.2."""

    STAFF = "staff"  # HROPS, each person once, at the province of the unit
    PEOPLE = "people"  # the NHSO register, each person at the province of the register


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list and what is said of it. `mac` is its file's, under the relay's key."""

    kind: Kind
    fiscal_year: int  # B.E.
    file_name: str
    mac: str
    source: str
    made_up: bool
    by: str
    account: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of one province: `listed` is B; `active` is A at this moment.

    `outside` are active people with a card of this province who are not on its list; None for staff.
    """

    province: str
    listed: int
    active: int
    outside: int | None


@dataclass(slots=True)
class _Province:
    listed: int = 0
    of_its_cards: int = 0  # active ones of the list whose card names the same province
    days: Counter[tuple[PersonState, str]] = field(default_factory=Counter)

    @property
    def active(self) -> int:
        """Who holds an active Health ID now."""
        signs = {PersonState.ACTIVATED: 1, PersonState.REVOKED: -1}
        return sum(signs[state] * n for (state, _), n in self.days.items())


def match(
    engine: Engine, lines: Iterable[str], wanted: Wanted, token_of: Callable[[str], bytes]
) -> tuple[Matched, ...]:
    """Match a CSV of `citizen_number,province` with our people; it takes the place of what its provinces had.

    Args:
        engine: the database.
        lines: the file's text; it is read once and never held whole.
        wanted: what it is.
        token_of: makes the token that an enrolment of this number has.

    Raises:
        ImportRefusedError: the file has a problem; nothing was stored.
    """
    with unit_of_work(engine) as connection:
        provinces = _Matching(connection, token_of).read(_rows(lines, wanted.file_name))
        number = int(connection.execute(insert(matching).values(_row(wanted)).returning(matching.c.id)).scalar_one())
        done = tuple(
            Matched(code, each.listed, each.active, _outside(connection, code, each, wanted.kind))
            for code, each in sorted(provinces.items())
        )
        _keep(connection, number, provinces, done)
        detail: audit.Detail = {
            "by": wanted.by,
            "fiscal_year": wanted.fiscal_year,
            "listed": sum(e.listed for e in done),
        }
        audit.record(
            connection,
            audit.Act.PEOPLE_MATCHED,
            who=wanted.account,
            subject=str(wanted.kind),
            at_ms=wanted.at_ms,
            detail=detail | {"matching": number, "provinces": len(done), "made_up": wanted.made_up},
        )
    return done


class _Matching:
    """One pass over a list: in portions, so that a province's register needs no more than its tokens."""

    def __init__(self, connection: Connection, token_of: Callable[[str], bytes]) -> None:
        self._connection = connection
        self._token_of = token_of

    def read(self, rows: Iterator[tuple[str, str]]) -> dict[str, _Province]:
        found: dict[str, _Province] = {}
        while portion := list(islice(rows, _AT_ONCE)):
            places = {self._token_of(number): province for number, province in portion}
            for province in places.values():
                found.setdefault(province, _Province()).listed += 1
            for each in _ACTIVE.rows(self._connection, [(token, Profile.LIVE.value) for token in places]):
                _count(found[places[bytes(each.token)]], places[bytes(each.token)], each)
        return found


def _count(province: _Province, code: str, someone: Row[Any]) -> None:
    province.days[PersonState.ACTIVATED, bangkok_day(someone.activated_ms)] += 1
    if someone.revoked_ms is not None:
        province.days[PersonState.REVOKED, bangkok_day(someone.revoked_ms)] += 1
    elif someone.province == code:
        province.of_its_cards += 1


def _outside(connection: Connection, code: str, province: _Province, kind: Kind) -> int | None:
    if kind is Kind.STAFF:
        return None
    active = (
        person.c.profile == Profile.LIVE.value,
        person.c.province == code,
        person.c.state == PersonState.ACTIVATED,
    )
    return int(connection.execute(select(func.count()).where(*active)).scalar_one()) - province.of_its_cards


def _keep(connection: Connection, number: int, provinces: dict[str, _Province], done: tuple[Matched, ...]) -> None:
    rows = [
        {"matching": number, "province": each.province, "listed": each.listed, "outside": each.outside} for each in done
    ]
    connection.execute(insert(matched_province), rows)
    days = [
        {"matching": number, "province": code, "state": str(state), "day": day, "n": n}
        for code, each in provinces.items()
        for (state, day), n in each.days.items()
    ]
    if days:
        connection.execute(insert(matched_day), days)


def _row(wanted: Wanted) -> dict[str, object]:
    return {
        "kind": str(wanted.kind),
        "fiscal_year": wanted.fiscal_year,
        "file_mac": wanted.mac,
        "file_name": bare_name(wanted.file_name),
        "source": said("source", wanted.source),
        "made_up": wanted.made_up,
        "made_ms": wanted.at_ms,
        "made_by": said("by", wanted.by),
    }


_HEADER = Wording(f"the header {','.join(COLUMNS)}", f"หัวตาราง {','.join(COLUMNS)}")
_ANOTHER = Wording("another header", "หัวตารางอื่น")
_CELLS = Wording("two cells", "สองช่อง")
_NOT_TWO = Wording("fewer or more cells", "จำนวนช่องไม่ตรง")
_TWICE = Wording("a person who stands on an earlier line", "บุคคลที่ซ้ำกับบรรทัดก่อน")
_ONCE = Wording("each person once", "หนึ่งคนต่อหนึ่งบรรทัด")
_TOO_MANY = Wording(f"more than {MOST_PEOPLE:,} people", "จำนวนบุคคลมากเกินไป")
_FEWER = Wording("one province a file", "หนึ่งจังหวัดต่อหนึ่งไฟล์")
_NOBODY = Wording("nobody", "ไม่มีรายชื่อ")
_SOMEBODY = Wording("one person a line", "หนึ่งคนต่อหนึ่งบรรทัด")
_BROKEN = Wording("a broken quotation or an overlong cell", "เครื่องหมายคำพูดไม่ครบหรือช่องยาวเกินไป")
_PLAIN = Wording("plain CSV", "CSV ปกติ")
_WHOLE = "*"


def _rows(lines: Iterable[str], file_name: str) -> Iterator[tuple[str, str]]:
    """Every number with its province, until the file or its first hundred problems end it.

    Raises:
        FileRefusedError: there was a problem.
    """
    problems: list[Problem] = []
    seen: set[int] = set()
    for line, cells in _lines(lines, problems):
        wrong = _wrong(line, cells, seen)
        problems += wrong
        if len(problems) >= _MOST_PROBLEMS:
            break
        if not wrong:
            seen.add(int(cells[0]))
            yield cells[0], str(PROVINCE.parse(cells[1]))
        if len(seen) > MOST_PEOPLE:
            problems.append(Problem(line, _WHOLE, _TOO_MANY, _FEWER))
            break
    if not seen and not problems:
        problems.append(Problem(2, _WHOLE, _NOBODY, _SOMEBODY))
    if problems:
        raise FileRefusedError(file_name, problems)


def _lines(lines: Iterable[str], problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The lines below the header; what is no CSV becomes a problem."""
    reader = csv.reader(iter(lines), strict=True)
    try:
        if tuple(next(reader, ())) != COLUMNS:
            problems.append(Problem(1, _WHOLE, _ANOTHER, _HEADER))
            return
        yield from ((reader.line_num, cells) for cells in reader if cells)
    except csv.Error:
        problems.append(Problem(reader.line_num, _WHOLE, _BROKEN, _PLAIN))


def _wrong(line: int, cells: list[str], seen: set[int]) -> list[Problem]:
    if len(cells) != len(COLUMNS):
        return [Problem(line, _WHOLE, _NOT_TWO, _CELLS)]
    wrong = [
        Problem(line, key.name, kind_of(cell), key.expected)
        for key, cell in zip((NUMBER, PROVINCE), cells, strict=True)
        if key.parse(cell) is None
    ]
    if not wrong and int(cells[0]) in seen:
        return [Problem(line, NUMBER.name, _TWICE, _ONCE)]
    return wrong
