# SPDX-License-Identifier: Apache-2.0
"""Until when each kiosk's certificate is good and how its keys are kept, as the kiosk says it.

Days are counted by the controller's own clock. A certificate that has ended shuts its kiosk out of the broker and the
door alike: somebody has to renew it before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from fleet.devices.health import standing_in
from fleet.devices.registry import ACTIVE
from fleet.store.device_tables import kiosk_certificate
from fleet.store.many import Insertion, Lookup, Of
from fleet.store.tables import kiosk
from wire.hello import Kept

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.store.scope import Scope
    from wire.ids import KioskId

DAY_MS = 24 * 60 * 60 * 1000
DUE_DAYS = 30  # from then on it may be renewed: day 60 of its 90 (security design, 2.4)
SOON_DAYS = 14  # from then on somebody is told: a technician's round takes a week, and another one is left


class Validity(StrEnum):
    """How long a kiosk's certificate is still good."""

    UNKNOWN = "unknown"  # its release does not say
    GOOD = "good"
    DUE = "due"  # to be renewed at the next occasion
    SOON = "soon"  # ends within two weeks
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Ending:
    """A kiosk whose certificate ends soon, or has."""

    kiosk: str
    province: str
    facility: str
    until_ms: int

    def days_left(self, now_ms: int) -> int:
        """Whole days that are left; 0 on its last day and when it has ended."""
        return days_left(self.until_ms, now_ms)


@dataclass(frozen=True, slots=True)
class Said:
    """What a kiosk says of its certificate and its keys; None where its release does not say it."""

    until_ms: int | None = None
    event_key: Kept | None = None
    tls_key: Kept | None = None


_KNOWN = Lookup(
    "SELECT kiosk_certificate.kiosk, until_ms, event_key, tls_key FROM {asked} "
    "JOIN kiosk_certificate ON kiosk_certificate.kiosk = asked.kiosk",
    kiosk=Of.TEXT,
)
_SAID = Insertion(
    kiosk_certificate,
    "kiosk",
    "until_ms",
    "event_key",
    "tls_key",
    on_conflict="(kiosk) DO UPDATE SET"
    " until_ms = excluded.until_ms, event_key = excluded.event_key, tls_key = excluded.tls_key",
)


class Certificates:
    """What the heartbeats of one batch say of certificates; the last of each kiosk counts."""

    def __init__(self) -> None:
        self._said: dict[KioskId, tuple[int, Kept | None, Kept | None]] = {}

    def heard(self, who: KioskId, said: Said) -> None:
        """Note what a kiosk says, where it says until when its certificate is good."""
        if said.until_ms is not None:
            self._said[who] = (said.until_ms, said.event_key, said.tls_key)

    def write(self, connection: Connection) -> None:
        """Write what has changed: once in two months a kiosk."""
        rows = _KNOWN.rows(connection, [(who,) for who in self._said])
        known = {row.kiosk: (row.until_ms, row.event_key, row.tls_key) for row in rows}
        _SAID.add(connection, [(who, *said) for who, said in self._said.items() if known.get(who) != said])


def judge(until_ms: int | None, now_ms: int) -> Validity:
    """How long a certificate is still good."""
    if until_ms is None:
        return Validity.UNKNOWN
    if until_ms <= now_ms:
        return Validity.ENDED
    if until_ms <= now_ms + SOON_DAYS * DAY_MS:
        return Validity.SOON
    return Validity.DUE if until_ms <= now_ms + DUE_DAYS * DAY_MS else Validity.GOOD


def days_left(until_ms: int, now_ms: int) -> int:
    """Whole days that are left; 0 on the last day and when it has ended."""
    return max(0, until_ms - now_ms) // DAY_MS


def read_said(connection: Connection, who: KioskId) -> Said:
    """What a kiosk last said of its certificate and its keys."""
    table = kiosk_certificate.c
    row = connection.execute(select(table.until_ms, table.event_key, table.tls_key).where(table.kiosk == who)).first()
    if row is None:
        return Said()
    event_key, tls_key = (None if told is None else Kept(told) for told in row[1:])
    return Said(row.until_ms, event_key, tls_key)


def read_ending(connection: Connection, now_ms: int, scope: Scope) -> list[Ending]:
    """The kiosks of a scope that were not revoked and whose certificate ends soon or has, the first to end first."""
    asked = (
        select(kiosk.c.id, kiosk.c.province, kiosk.c.facility, kiosk_certificate.c.until_ms)
        .join_from(kiosk, kiosk_certificate, kiosk_certificate.c.kiosk == kiosk.c.id)
        .where(
            kiosk.c.status == ACTIVE, kiosk_certificate.c.until_ms <= now_ms + SOON_DAYS * DAY_MS, standing_in(scope)
        )
        .order_by(kiosk_certificate.c.until_ms, kiosk.c.id)
    )
    return [Ending(*row) for row in connection.execute(asked)]
