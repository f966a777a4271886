# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet announcement`: propose, approve, withdraw and list; each says what it did in JSON lines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fleet import audit
from fleet.announcements import book
from fleet.announcements.rules import AnnouncementRefusedError, Proposal, Where, Why, signed_by
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store.days import bangkok_day
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work
from wire.errors import WireError
from wire.ids import kiosk_id
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from fleet.announcements.rules import Entry
    from fleet.config import Settings


@dataclass(frozen=True, slots=True)
class Wanted:
    """A proposal as it is typed; no first day means today."""

    th: str
    en: str
    first: str
    last: str
    by: str


def where(*, nation: bool, province: str, kiosk: str) -> Where:
    """Where something is wanted: nobody announces to a whole country by leaving something out.

    Raises:
        AnnouncementRefusedError: not exactly one was given, or it is no such place.
    """
    if nation + bool(province) + bool(kiosk) != 1:
        message = "Where? Give one of --nation, --province and --kiosk."
        raise AnnouncementRefusedError(Why.NO_PLACE, message)
    try:
        return Where(province_code(province) if province else None, kiosk_id(kiosk) if kiosk else None)
    except WireError as error:
        message = f"{province or kiosk}: {error}. Give a province's two digits, or the name on the kiosk's label."
        raise AnnouncementRefusedError(Why.NO_PLACE, message) from error


def propose(settings: Settings, wanted: Wanted, where: Where) -> None:
    """Write a proposal down and tell its number.

    Raises:
        AnnouncementRefusedError: naming what is wrong with it.
    """
    at_ms = now_ms()
    first, last = _day("from", wanted.first or bangkok_day(at_ms)), _day("until", wanted.last)
    proposal = Proposal(wanted.th, wanted.en, where, first, last, wanted.by)
    with _database(settings) as engine, unit_of_work(engine) as connection:
        number = book.propose(connection, proposal, at_ms, NATION)
        _record(connection, audit.Act.ANNOUNCEMENT_PROPOSED, number, wanted.by, at_ms)
    _tell({"announcement": number, "stage": "proposed"})


def approve(settings: Settings, number: int, by: str) -> None:
    """Approve what another person has proposed.

    Raises:
        AnnouncementRefusedError: why not.
    """
    at_ms = now_ms()
    with _database(settings) as engine, unit_of_work(engine) as connection:
        book.approve(connection, number, by, at_ms, NATION)
        _record(connection, audit.Act.ANNOUNCEMENT_APPROVED, number, by, at_ms)
    _tell({"announcement": number, "stage": "approved"})


def withdraw(settings: Settings, number: int, by: str) -> None:
    """Take an announcement back.

    Raises:
        AnnouncementRefusedError: there is nothing to take back.
    """
    at_ms = now_ms()
    with _database(settings) as engine, unit_of_work(engine) as connection:
        book.withdraw(connection, number, by, at_ms, NATION)
        _record(connection, audit.Act.ANNOUNCEMENT_WITHDRAWN, number, by, at_ms)
    _tell({"announcement": number, "stage": "withdrawn"})


def show(settings: Settings) -> None:
    """List every announcement there ever was."""
    with _database(settings) as engine, reading(engine) as connection:
        entries = book.read_all(connection, NATION)
    for entry in entries:
        _tell(_described(entry))


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _record(connection: Connection, act: audit.Act, number: int, by: str, at_ms: int) -> None:
    """Who typed it, whatever name was given."""
    detail: audit.Detail = {"by": signed_by(by)}
    audit.record(connection, act, who=account(), subject=str(number), at_ms=at_ms, detail=detail)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"{name}: {text!r} is no day. Give one as 2026-12-31."
        raise AnnouncementRefusedError(Why.DAYS, message) from error


def _described(entry: Entry) -> dict[str, str | int | None]:
    proposal = entry.proposal
    return {
        "announcement": entry.number,
        "stage": entry.stage.value,
        "where": proposal.where.kiosk or proposal.where.province or "nation",
        "from": proposal.first.isoformat(),
        "until": proposal.last.isoformat(),
        "th": proposal.th,
        "en": proposal.en,
        "proposed_by": proposal.by,
        "approved_by": entry.approved_by,
        "withdrawn_by": entry.withdrawn_by,
    }


def _tell(what: dict[str, str | int | None]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
