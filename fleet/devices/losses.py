# SPDX-License-Identifier: Apache-2.0
"""A kiosk that is gone: one person reports it, another confirms, and from then on nothing of it is believed.

What the controller knew of it at that moment is written down with the confirmation and not changed again: how much may
be in it that nobody received. What is in it is sealed; who came there the controller cannot tell, and does not.

Source: journeys, J13; PDPA, section 37 (4): the Office is told within 72 hours, unless no risk is likely.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import func, select, update

from fleet.devices import registry
from fleet.devices.health import standing_in
from fleet.devices.registry import ACTIVE
from fleet.errors import FleetError
from fleet.store.device_tables import loss
from fleet.store.tables import device_state, event, kiosk

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Connection, Row

    from fleet.store.scope import Scope
    from wire.ids import KioskId

NOTICE_WITHIN_MS = 72 * 60 * 60 * 1000  # PDPA, section 37 (4)


class LossRefusedError(FleetError):
    """A report was not taken, confirmed or withdrawn; `why` says it to a program. Nothing changed."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(f"{why}: nothing was changed")


class Why(StrEnum):
    """Why a report was refused."""

    NO_SUCH_KIOSK = "no_such_kiosk"  # or it stands elsewhere
    REVOKED = "revoked"
    REPORTED_ALREADY = "reported_already"
    NOT_REPORTED = "not_reported"
    SAME_PERSON = "same_person"
    NOT_SAID = "not_said"  # what happened
    NOT_SURE = "not_sure"  # the person did not say that they know what it means


class Kind(StrEnum):
    """What happened to it."""

    LOST = "lost"
    STOLEN = "stolen"
    OPENED = "opened"  # somebody was inside


class Standing(StrEnum):
    """How a report stands."""

    REPORTED = "reported"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Impact:
    """What was known when it was confirmed. `unsent` is what the kiosk said itself when it was last heard."""

    received: int
    seen_ms: int | None
    unsent: int | None
    oldest_unsent_s: int | None


@dataclass(frozen=True, slots=True)
class Loss:
    """One report. `impact` is there once it was confirmed."""

    kiosk: str
    kind: Kind
    reported_by: str
    reported_ms: int
    confirmed_by: str | None
    confirmed_ms: int | None
    withdrawn_by: str | None
    withdrawn_ms: int | None
    impact: Impact | None

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if self.confirmed_ms is not None:
            return Standing.CONFIRMED
        return Standing.REPORTED if self.withdrawn_ms is None else Standing.WITHDRAWN

    @property
    def notice_due_ms(self) -> int:
        """Until when the Office of the Personal Data Protection Committee has to be told, if there is a risk."""
        return self.reported_ms + NOTICE_WITHIN_MS


def report(connection: Connection, who: KioskId, kind: Kind, by: str, now_ms: int, scope: Scope) -> None:
    """Report a kiosk as gone. It goes on being believed until somebody else confirms.

    Raises:
        LossRefusedError: it is not there, was revoked, or is reported already.
    """
    _require_active(connection, who, scope)
    if _open(connection, who) is not None:
        raise LossRefusedError(Why.REPORTED_ALREADY)
    connection.execute(loss.insert().values(kiosk=who, kind=kind, reported_by=by, reported_ms=now_ms))


def confirm(connection: Connection, who: KioskId, by: str, now_ms: int, scope: Scope) -> Impact:
    """Confirm what another person reported: the kiosk is revoked, and what is known of it is written down.

    Raises:
        LossRefusedError: there is no open report, or it is one's own.
    """
    _require_active(connection, who, scope)
    found = _open(connection, who)
    if found is None:
        raise LossRefusedError(Why.NOT_REPORTED)
    if found.reported_by == by:
        raise LossRefusedError(Why.SAME_PERSON)
    impact = _impact(connection, who)
    registry.revoke(connection, who)
    said = {"confirmed_by": by, "confirmed_ms": now_ms, "received": impact.received, "seen_ms": impact.seen_ms}
    said |= {"unsent": impact.unsent, "oldest_unsent_s": impact.oldest_unsent_s}
    connection.execute(update(loss).where(loss.c.number == found.number).values(**said))
    return impact


def withdraw(connection: Connection, who: KioskId, by: str, now_ms: int, scope: Scope) -> None:
    """Take an open report back: the kiosk was found. A confirmed one cannot be.

    Raises:
        LossRefusedError: there is no open report.
    """
    _require_active(connection, who, scope)
    found = _open(connection, who)
    if found is None:
        raise LossRefusedError(Why.NOT_REPORTED)
    given = update(loss).where(loss.c.number == found.number)
    connection.execute(given.values(withdrawn_by=by, withdrawn_ms=now_ms))


def latest(connection: Connection, who: KioskId) -> Loss | None:
    """The last report of a kiosk; None where there never was one."""
    row = connection.execute(select(loss).where(loss.c.kiosk == who).order_by(loss.c.number.desc()).limit(1)).first()
    return None if row is None else _loss(row)


def _require_active(connection: Connection, who: KioskId, scope: Scope) -> None:
    """Lock the kiosk's row until the transaction ends, so that two people cannot act on one report at once."""
    asked = select(kiosk.c.status).where(kiosk.c.id == who, standing_in(scope)).with_for_update(key_share=True)
    status = connection.execute(asked).scalar_one_or_none()
    if status is None:
        raise LossRefusedError(Why.NO_SUCH_KIOSK)
    if status != ACTIVE:
        raise LossRefusedError(Why.REVOKED)


def _open(connection: Connection, who: KioskId) -> Row[Any] | None:
    still = (loss.c.kiosk == who, loss.c.confirmed_ms.is_(None), loss.c.withdrawn_ms.is_(None))
    return connection.execute(select(loss).where(*still)).first()


def _impact(connection: Connection, who: KioskId) -> Impact:
    received = connection.execute(select(func.count()).where(event.c.kiosk == who)).scalar_one()
    state = device_state.c
    said = connection.execute(
        select(state.seen_ms, state.outbox, state.oldest_unacked_s).where(state.kiosk == who)
    ).first()
    return Impact(int(received), None, None, None) if said is None else Impact(int(received), *said)


def _loss(row: Row[Any]) -> Loss:
    impact = (
        Impact(row.received, row.seen_ms, row.unsent, row.oldest_unsent_s) if row.confirmed_ms is not None else None
    )
    people = (row.reported_by, row.reported_ms, row.confirmed_by, row.confirmed_ms, row.withdrawn_by, row.withdrawn_ms)
    return Loss(row.kiosk, Kind(row.kind), *people, impact)
