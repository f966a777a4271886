# SPDX-License-Identifier: Apache-2.0
"""What kiosks tell people to call: one number for the country, a province or a facility, agreed on by two people.

A false number would be called by people in need, so it is proposed and approved as an announcement is. The narrowest
place counts; approving a number there takes back the one before it. Without any, a kiosk tells what it was
set up with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, true

from fleet.announcements.rules import (
    AnnouncementRefusedError,
    Stage,
    Why,
    check_second_person,
    check_standing,
    signed_by,
    stage_of,
)
from fleet.store.complaint_tables import help_number
from fleet.store.scope import NATION, Level, OutOfScopeError, Scope, province_scope
from fleet.store.tables import kiosk
from wire.help_numbers import HelpNumberTold
from wire.phones import HelpNumber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row

    from wire.ids import FacilityCode, KioskId, ProvinceCode

    Place = tuple[ProvinceCode, FacilityCode]


@dataclass(frozen=True, slots=True)
class Entry:
    """A number as it is in the books; `where` is the nation, a province or a facility."""

    number: int
    digits: HelpNumber
    where: Scope
    proposed_by: str
    approved_by: str | None
    withdrawn_by: str | None

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        return stage_of(self.approved_by, self.withdrawn_by)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants told, where, and who wants it."""

    digits: HelpNumber
    where: Scope
    by: str


def propose(connection: Connection, wanted: Wanted, now_ms: int, scope: Scope) -> int:
    """Write a proposal down; its number.

    Raises:
        AnnouncementRefusedError: naming what is wrong with it.
        OutOfScopeError: it is for more than the scope.
    """
    where = wanted.where
    _require_held(connection, where, scope)
    written = help_number.insert().values(
        digits=wanted.digits,
        province=where.province,
        facility=where.facility,
        proposed_by=signed_by(wanted.by),
        proposed_ms=now_ms,
    )
    return int(connection.execute(written.returning(help_number.c.id)).scalar_one())


def approve(connection: Connection, number: int, by: str, now_ms: int, scope: Scope) -> None:
    """Approve what another person has proposed: kiosks tell it from now on, and the one before it no more.

    Raises:
        AnnouncementRefusedError: why not.
        OutOfScopeError: it is for more than the scope.
    """
    entries = {each.number: each for each in read_all(connection, scope, locked=True)}
    entry, name = _known(entries, number), signed_by(by)
    _require_held(connection, entry.where, scope)
    check_second_person(f"Number {number}", entry.stage, entry.proposed_by, name)
    for each in entries.values():
        if each.stage is Stage.APPROVED and each.where == entry.where:
            _change(connection, each.number, withdrawn_by=name, withdrawn_ms=now_ms)
    _change(connection, number, approved_by=name, approved_ms=now_ms)


def withdraw(connection: Connection, number: int, by: str, now_ms: int, scope: Scope) -> None:
    """Take back what is proposed or approved.

    Raises:
        AnnouncementRefusedError: when there is nothing to take back.
        OutOfScopeError: it is for more than the scope.
    """
    entry = _known({each.number: each for each in read_all(connection, scope, locked=True)}, number)
    _require_held(connection, entry.where, scope)
    check_standing(f"Number {number}", entry.stage, entry.withdrawn_by)
    _change(connection, number, withdrawn_by=signed_by(by), withdrawn_ms=now_ms)


def read_all(connection: Connection, scope: Scope, *, locked: bool = False) -> list[Entry]:
    """Every number that stood or may stand in the scope, oldest first; `locked` until the transaction ends."""
    query = select(help_number).where(_seen_in(scope)).order_by(help_number.c.id)
    return [_entry(row) for row in connection.execute(query.with_for_update() if locked else query)]


def changes(connection: Connection) -> int:
    """How often anything was approved or withdrawn: kiosks are told anew when that has grown."""
    count = func.count(help_number.c.approved_ms) + func.count(help_number.c.withdrawn_ms)
    return int(connection.execute(select(count)).scalar_one())


def told(connection: Connection, kiosks: Mapping[KioskId, Place], now_ms: int) -> list[HelpNumberTold]:
    """What each of these kiosks tells, also that it has none of its own; nothing while none was ever approved."""
    approved = connection.execute(select(help_number).where(help_number.c.approved_ms.is_not(None))).all()
    if not approved:
        return []
    standing = {(row.province, row.facility): row.digits for row in approved if row.withdrawn_ms is None}
    return [
        HelpNumberTold(v=1, kiosk=who, at_ms=now_ms, number=_narrowest(standing, province, facility))
        for who, (province, facility) in kiosks.items()
    ]


def _narrowest(
    standing: Mapping[tuple[str | None, str | None], str], province: ProvinceCode, facility: FacilityCode
) -> str:
    places = ((province, facility), (province, None), (None, None))
    return next((standing[place] for place in places if place in standing), "")


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """What stands for kiosks of the scope: its own, and what its province and the country have."""
    table = help_number.c
    if scope.level is Level.NATION:
        return true()
    inside: ColumnElement[bool] = table.province.in_(scope.provinces or (scope.province,))
    if scope.level is Level.FACILITY:
        inside = and_(inside, or_(table.facility.is_(None), table.facility == scope.facility))
    return or_(table.province.is_(None), inside)


def _require_held(connection: Connection, where: Scope, scope: Scope) -> None:
    if not scope.holds(where):
        message = f"a number for {where} is outside of {scope}"
        raise OutOfScopeError(message)
    if where.level is Level.REGION:
        message = "A number is for the country, a province or a facility."
        raise AnnouncementRefusedError(Why.NO_PLACE, message)
    asked = select(kiosk.c.id).where(where.of_places(kiosk.c.province, kiosk.c.facility)).limit(1)
    if where.level is Level.FACILITY and connection.execute(asked).first() is None:
        message = f"{where}: no kiosk stands there. Give a facility's five digits with its province."
        raise AnnouncementRefusedError(Why.NO_PLACE, message)


def _known(entries: Mapping[int, Entry], number: int) -> Entry:
    if number not in entries:
        message = f"There is no help number {number}. The console lists them."
        raise AnnouncementRefusedError(Why.UNKNOWN, message)
    return entries[number]


def _change(connection: Connection, number: int, **values: str | int) -> None:
    connection.execute(help_number.update().where(help_number.c.id == number).values(**values))


def _entry(row: Row[Any]) -> Entry:
    where = NATION if row.province is None else province_scope(row.province)
    if row.facility is not None:
        where = Scope(Level.FACILITY, None, row.province, row.facility)
    return Entry(row.id, HelpNumber(row.digits), where, row.proposed_by, row.approved_by, row.withdrawn_by)
