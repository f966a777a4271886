# SPDX-License-Identifier: Apache-2.0
"""One kiosk, close up: its facts, what it last said, and whether its books and ours balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.devices import certificates, facts, losses
from fleet.devices.facts import Besides
from fleet.devices.health import read_device, standing_in
from fleet.devices.registry import ACTIVE
from fleet.devices.vigil import by_hours
from fleet.store.tables import device_state, event, kiosk, stream

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from fleet.devices.facts import Facts
    from fleet.devices.health import Device
    from fleet.devices.losses import Loss
    from fleet.store.scope import Scope
    from wire.hello import Kept
    from wire.ids import KioskId

_STREAMS = 20  # the latest; a kiosk begins one at each start


@dataclass(frozen=True, slots=True)
class Book:
    """One stream: `acked` is up to where a receipt was given, `held` how many events of it stand in the ledger."""

    stream: str
    acked: int
    held: int
    archived: int
    moved_ms: int

    @property
    def balances(self) -> bool:
        """Whether every event up to the receipt is there, and none besides."""
        return self.acked == self.held


@dataclass(frozen=True, slots=True)
class Closeup:
    """One kiosk. `books` are its latest streams, `older` how many more there are; `streams_off` do not balance."""

    device: Device
    registered_ms: int
    facts: Facts
    usual_release: str | None
    certificate_ms: int | None
    event_key: Kept | None
    tls_key: Kept | None
    books: tuple[Book, ...]
    older: int
    loss: Loss | None


def read_closeup(connection: Connection, who: KioskId, now_ms: int, scope: Scope) -> Closeup | None:
    """Read a kiosk that stands in the scope; None where there is none of that name in it."""
    device = read_device(connection, who, now_ms, scope)
    if device is None:
        return None
    loss, usual = losses.latest(connection, who), _usual_release(connection, scope)
    is_lost = loss is not None and loss.standing is losses.Standing.REPORTED
    count = connection.execute(select(func.count()).where(stream.c.kiosk == who)).scalar_one()
    books = _books(connection, who)
    said = certificates.read_said(connection, who)
    vigil = by_hours(connection, now_ms)
    mine = select(kiosk.c.registered_ms, vigil.silent_ms.label("silent_ms"))
    row = connection.execute(mine.where(kiosk.c.id == who, standing_in(scope))).one()
    return Closeup(
        device=device,
        registered_ms=int(row.registered_ms),
        facts=facts.judge(
            device, now_ms, is_reported_lost=is_lost, besides=Besides(int(row.silent_ms), usual, said.until_ms)
        ),
        usual_release=usual,
        certificate_ms=said.until_ms,
        event_key=said.event_key,
        tls_key=said.tls_key,
        books=books,
        older=int(count) - len(books),
        loss=loss,
    )


def _books(connection: Connection, who: KioskId) -> tuple[Book, ...]:
    held = (
        select(func.count())
        .where(event.c.kiosk == stream.c.kiosk, event.c.stream == stream.c.stream)
        .correlate(stream)
        .scalar_subquery()
    )
    asked = select(stream.c.stream, stream.c.acked, held, stream.c.archived, stream.c.moved_ms)
    rows = connection.execute(asked.where(stream.c.kiosk == who).order_by(stream.c.moved_ms.desc()).limit(_STREAMS))
    return tuple(Book(*row) for row in rows)


def _usual_release(connection: Connection, scope: Scope) -> str | None:
    """The release that most kiosks of the scope said last; the later one where as many run another."""
    counted = (
        select(device_state.c.release)
        .join(kiosk, kiosk.c.id == device_state.c.kiosk)
        .where(kiosk.c.status == ACTIVE, device_state.c.release.is_not(None), standing_in(scope))
        .group_by(device_state.c.release)
        .order_by(func.count().desc(), device_state.c.release.desc())
    )
    return connection.execute(counted.limit(1)).scalar_one_or_none()
