# SPDX-License-Identifier: Apache-2.0
"""A complaint from a kiosk is kept once, by the id that the kiosk gave it; the receipt that names it settles it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.complaints.rules import DUE_MS, OPEN, Source, State, hour_of, term_of
from fleet.store.complaint_tables import complaint
from wire.events import Profile
from wire.ids import is_simulated

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wire.complaints import Complaint
    from wire.ids import FacilityCode, KioskId, ProvinceCode

OPEN_AT_MOST = 100  # of one kiosk: more says that somebody plays with it, and nobody would read them


@dataclass(frozen=True, slots=True)
class Standing:
    """A kiosk and where it stands, as it is registered now."""

    kiosk: KioskId
    facility: FacilityCode
    province: ProvinceCode


class Kept(StrEnum):
    """What became of a complaint."""

    KEPT = "kept"
    REPEATED = "repeated"
    TOO_MANY = "too_many"


def keep(connection: Connection, at: Standing, said: Complaint, now_ms: int) -> Kept:
    """Keep a verified complaint; the kiosk's row is locked by the caller."""
    theirs = complaint.c.kiosk == at.kiosk
    known = select(complaint.c.row).where(theirs, complaint.c.ident == said.id)
    if connection.execute(known).first() is not None:
        return Kept.REPEATED
    open_ones = select(func.count()).select_from(complaint).where(theirs, complaint.c.state.in_(OPEN))
    if connection.execute(open_ones).scalar_one() >= OPEN_AT_MOST:
        return Kept.TOO_MANY
    opened_ms, term = hour_of(now_ms), term_of(said.category)
    codes = {name: getattr(said, name) for name in ("release", "screen", "reader", "camera", "link", "place")}
    connection.execute(
        complaint.insert().values(
            number=said.number,
            profile=str(Profile.TEST if is_simulated(at.kiosk) else said.profile),
            province=at.province,
            facility=at.facility,
            kiosk=at.kiosk,
            ident=said.id,
            source=Source.KIOSK,
            category=said.category,
            term=term,
            state=State.NEW,
            words="",
            codes=json.dumps(codes, sort_keys=True),
            said_day=said.day.isoformat(),
            opened_ms=opened_ms,
            due_ms=opened_ms + DUE_MS[term],
            answer="",
            reopened=0,
        )
    )
    return Kept.KEPT
