# SPDX-License-Identifier: Apache-2.0
"""Units' rosters: who works where, as tokens. A number is read from the file, made into a token, and kept nowhere.

A list is whole: importing a facility again replaces what it had. No problem names a person; a row is known by its line.
No digest of the file is kept: who has it could try numbers until one fits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from fleet import audit
from fleet.errors import ImportRefusedError
from fleet.people import tickets
from fleet.people.problems import FileRefusedError, Wording
from fleet.people.spreadsheets import NUMBER, Key, Layout, read_rows
from fleet.store.session import unit_of_work
from fleet.store.tables import roster
from wire.announcements import holds_a_citizen_number, is_printable
from wire.errors import WireError
from wire.ids import FacilityCode, facility_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from fleet.people.imports import Upload
    from fleet.people.spreadsheets import Row

_LONGEST_WORDS = 60  # two lines of the smallest screen
_LONGEST_NAME = 64
_FORMULA = ("=", "+", "-", "@")  # a spreadsheet would run what it opens again


def _facility(cell: str) -> str | None:
    try:
        return facility_code(cell)
    except WireError:
        return None


def _words(cell: str) -> str | None:
    tidy = cell == cell.strip() and len(cell) <= _LONGEST_WORDS and not cell.startswith(_FORMULA)
    return cell if tidy and is_printable(cell) and not holds_a_citizen_number(cell) else None


_PLAIN = Wording(
    f"1 to {_LONGEST_WORDS} letters that name no number of a person",
    f"ข้อความ 1 ถึง {_LONGEST_WORDS} ตัวอักษร ไม่มีเลขประจำตัวประชาชน",
)
ROSTER = Layout(
    "roster",
    keys=(
        NUMBER,
        Key("facility", Wording("5 digits (hcode5)", "รหัสหน่วยบริการ 5 หลัก"), _facility),
    ),
    words=tuple(Key(name, _PLAIN, _words) for name in ("unit", "position", "admin")),
    once=Wording("each person once a facility", "หนึ่งคนต่อหนึ่งแถวในหน่วยบริการเดียวกัน"),
)


@dataclass(frozen=True, slots=True)
class Imported:
    """What one facility has now, and how many people's tickets the list has answered."""

    facility: FacilityCode
    people: int
    replaced: int
    tickets_answered: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says of one person; `admin` is who mends it."""

    facility: str
    unit: str
    position: str
    admin: str


@dataclass(frozen=True, slots=True)
class Importer:
    """Who brings a list, as typed and as the account that typed it, and when."""

    by: str
    account: str
    at_ms: int

    def __post_init__(self) -> None:
        """Refuse a list that nobody stands for."""
        if not self.by.strip() or len(self.by) > _LONGEST_NAME or not is_printable(self.by):
            message = f"--by must be 1 to {_LONGEST_NAME} letters that say who does this. Nothing was changed."
            raise ImportRefusedError(message)


def import_roster(
    engine: Engine, upload: Upload, token_of: Callable[[str], bytes], importer: Importer
) -> tuple[Imported, ...]:
    """Replace the list of each facility that the file names, all in one transaction.

    Args:
        engine: the database.
        upload: the file.
        token_of: makes a person's token of the number; only who holds the relay's key can.
        importer: who brings it.

    Raises:
        ImportRefusedError: the file has a problem; nothing of it was stored.
    """
    read = read_rows(upload.content, ROSTER, upload.columns)
    if read.problems:
        raise FileRefusedError(upload.file_name, read.problems)
    kept = [_kept(row, token_of, importer.at_ms) for row in read.rows]
    sizes = Counter(str(row["facility"]) for row in kept)
    with unit_of_work(engine) as connection:
        before = {facility: tickets.disputed(connection, facility) for facility in sizes}
        replaced = {facility: _erase(connection, facility) for facility in sizes}
        connection.execute(insert(roster), kept)
        done = tuple(
            Imported(FacilityCode(facility), people, replaced[facility], tickets.answer(connection, before[facility]))
            for facility, people in sorted(sizes.items())
        )
        for each in done:
            detail: audit.Detail = {
                "by": importer.by,
                "people": each.people,
                "replaced": each.replaced,
                "tickets_answered": each.tickets_answered,
            }
            _record(connection, audit.Act.ROSTER_IMPORTED, each.facility, importer, detail)
    return done


def forget_roster(engine: Engine, facility: str, importer: Importer) -> int:
    """Erase a facility's list with the tickets about it, and say how many people it had.

    Raises:
        ImportRefusedError: it is no facility code.
    """
    code = _facility(facility)
    if code is None:
        message = f"{facility!r} is no facility code. Give its 5 digits. Nothing was erased."
        raise ImportRefusedError(message)
    with unit_of_work(engine) as connection:
        people = _erase(connection, code)
        told: audit.Detail = {"by": importer.by, "people": people, "tickets": tickets.forget(connection, code)}
        _record(connection, audit.Act.ROSTER_FORGOTTEN, code, importer, told)
    return people


def listed(connection: Connection, token: bytes, facility: str) -> Listed | None:
    """What the lists say of a person: this facility's first, else any other's."""
    elsewhere = roster.c.facility != facility
    query = select(roster).where(roster.c.token == token).order_by(elsewhere, roster.c.facility).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Listed(row.facility, row.unit, row.position, row.admin)


def admin_of(connection: Connection, facility: str) -> str | None:
    """Who mends this facility's list; the first by the alphabet where it names several."""
    query = select(roster.c.admin).where(roster.c.facility == facility).order_by(roster.c.admin).limit(1)
    return connection.execute(query).scalar_one_or_none()


def _kept(row: Row, token_of: Callable[[str], bytes], at_ms: int) -> dict[str, object]:
    words = {name: row[name] for name in ("facility", "unit", "position", "admin")}
    return {"token": token_of(str(row["citizen_number"])), **words, "imported_ms": at_ms}


def _erase(connection: Connection, facility: str) -> int:
    return connection.execute(delete(roster).where(roster.c.facility == facility)).rowcount


def _record(connection: Connection, act: audit.Act, facility: str, importer: Importer, detail: audit.Detail) -> None:
    audit.record(connection, act, who=importer.account, subject=facility, at_ms=importer.at_ms, detail=detail)
