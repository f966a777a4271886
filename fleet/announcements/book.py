# SPDX-License-Identifier: Apache-2.0
"""The announcements in the database: proposed, approved, withdrawn, and made into one list for each kiosk."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select, true

from fleet.announcements.rules import (
    AnnouncementRefusedError,
    Entry,
    Proposal,
    Stage,
    Where,
    Why,
    check_approval,
    check_proposal,
    check_standing,
    signed_by,
    standing,
)
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION, Level, OutOfScopeError, province_scope
from fleet.store.tables import announcement, kiosk
from wire.announcements import Announcements
from wire.ids import KioskId, ProvinceCode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import ColumnElement, Connection, Row

    from fleet.store.scope import Scope


def propose(connection: Connection, proposal: Proposal, now_ms: int, scope: Scope) -> int:
    """Write a proposal down; its number.

    Raises:
        AnnouncementRefusedError: naming what is wrong with it.
    """
    check_proposal(proposal, _day(now_ms))
    where = proposal.where
    _require_held(connection, where, scope)
    written = announcement.insert().values(
        th=proposal.th,
        en=proposal.en,
        province=where.province,
        kiosk=where.kiosk,
        first_day=proposal.first.isoformat(),
        last_day=proposal.last.isoformat(),
        proposed_by=signed_by(proposal.by),
        proposed_ms=now_ms,
    )
    return int(connection.execute(written.returning(announcement.c.id)).scalar_one())


def approve(connection: Connection, number: int, by: str, now_ms: int, scope: Scope) -> None:
    """Approve what another person has proposed: from its first day on it stands.

    Raises:
        AnnouncementRefusedError: why not.
    """
    entries = {each.number: each for each in read_all(connection, scope, locked=True)}
    _require_held(connection, _known(entries, number).proposal.where, scope)
    approved = [each for each in entries.values() if each.stage is Stage.APPROVED]
    name, named = signed_by(by), [each.proposal.where for each in entries.values()]
    provinces = _provinces(connection, *(each.kiosk for each in named if each.kiosk is not None))
    places = {Where(), *(each for each in named if each.kiosk is None)}
    places |= {Where(province, kiosk_id) for kiosk_id, province in provinces.items()}
    check_approval(_known(entries, number), name, today=_day(now_ms), approved=approved, places=places)
    _change(connection, number, approved_by=name, approved_ms=now_ms)


def withdraw(connection: Connection, number: int, by: str, now_ms: int, scope: Scope) -> None:
    """Take back what is proposed or approved.

    Raises:
        AnnouncementRefusedError: when there is nothing to take back.
    """
    entries = {each.number: each for each in read_all(connection, scope, locked=True)}
    _require_held(connection, _known(entries, number).proposal.where, scope)
    check_standing(f"Announcement {number}", _known(entries, number).stage, entries[number].withdrawn_by)
    _change(connection, number, withdrawn_by=signed_by(by), withdrawn_ms=now_ms)


def read_all(connection: Connection, scope: Scope, *, locked: bool = False) -> list[Entry]:
    """Every announcement that ever stood at a kiosk of the scope, oldest first; `locked` until the transaction ends."""
    query = select(announcement).where(_seen_in(scope)).order_by(announcement.c.id)
    return [_entry(row) for row in connection.execute(query.with_for_update() if locked else query)]


def changes(connection: Connection) -> int:
    """How often anything was approved or withdrawn: kiosks are told anew when that has grown."""
    count = func.count(announcement.c.approved_ms) + func.count(announcement.c.withdrawn_ms)
    return int(connection.execute(select(count)).scalar_one())


def lists(connection: Connection, kiosks: Mapping[KioskId, ProvinceCode], now_ms: int) -> list[Announcements]:
    """The list for each of these kiosks, an empty one too: what it showed yesterday may be withdrawn.

    No list at all while nothing that was ever approved could still stand: then there is nothing to take back.
    """
    today = _day(now_ms)
    query = select(announcement).where(
        announcement.c.approved_ms.is_not(None), announcement.c.last_day >= today.isoformat()
    )
    entries = [_entry(row) for row in connection.execute(query)]
    if not entries:
        return []
    return [
        Announcements(v=1, kiosk=who, at_ms=now_ms, items=standing(entries, Where(province, who), today))
        for who, province in kiosks.items()
    ]


def _seen_in(scope: Scope) -> ColumnElement[bool]:
    """What stands at some kiosk of the scope: everybody's, its provinces', and its kiosks' own."""
    if scope.level is Level.NATION:
        return true()
    provinces = scope.provinces or (scope.province,)
    kiosks = select(kiosk.c.id).where(scope.of_places(kiosk.c.province, kiosk.c.facility))
    everywhere = and_(announcement.c.province.is_(None), announcement.c.kiosk.is_(None))
    return or_(everywhere, announcement.c.province.in_(provinces), announcement.c.kiosk.in_(kiosks))


def _require_held(connection: Connection, where: Where, scope: Scope) -> None:
    """Refuse what would stand at kiosks outside of the scope.

    Raises:
        AnnouncementRefusedError: it is for a kiosk that is not there, or not in the scope.
        OutOfScopeError: it is for more than the scope.
    """
    if where.kiosk is None:
        wanted = NATION if where.province is None else province_scope(where.province)
        if not scope.holds(wanted):
            message = f"an announcement for {wanted} is outside of {scope}"
            raise OutOfScopeError(message)
        return
    asked = select(kiosk.c.id).where(kiosk.c.id == where.kiosk, scope.of_places(kiosk.c.province, kiosk.c.facility))
    if connection.execute(asked).first() is None:
        message = f"kiosk: {where.kiosk} is not registered here. Give the name on the kiosk's label."
        raise AnnouncementRefusedError(Why.NO_PLACE, message)


def _day(now_ms: int) -> date:
    return date.fromisoformat(bangkok_day(now_ms))


def _provinces(connection: Connection, *ids: KioskId) -> dict[KioskId, ProvinceCode]:
    rows = connection.execute(select(kiosk.c.id, kiosk.c.province).where(kiosk.c.id.in_(ids))) if ids else ()
    return {KioskId(row.id): ProvinceCode(row.province) for row in rows}


def _known(entries: Mapping[int, Entry], number: int) -> Entry:
    if number not in entries:
        message = f"There is no announcement {number}. `dipchip-fleet announcement list` shows the numbers."
        raise AnnouncementRefusedError(Why.UNKNOWN, message)
    return entries[number]


def _change(connection: Connection, number: int, **values: str | int) -> None:
    connection.execute(announcement.update().where(announcement.c.id == number).values(**values))


def _entry(row: Row[Any]) -> Entry:
    where = Where(
        None if row.province is None else ProvinceCode(row.province), None if row.kiosk is None else KioskId(row.kiosk)
    )
    first, last = date.fromisoformat(row.first_day), date.fromisoformat(row.last_day)
    proposal = Proposal(row.th, row.en, where, first, last, row.proposed_by)
    return Entry(row.id, proposal, row.approved_by, row.withdrawn_by)
