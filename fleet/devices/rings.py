# SPDX-License-Identifier: Apache-2.0
"""Rings: which kiosks get a release first. A kiosk has one by itself and keeps it; a facility can be pinned to another.

By itself a kiosk is given the ring that has the fewest for its share so far, in the order of provinces and of a digest
of its name: each province has its part of each ring, the first three kiosks of a fleet have one ring each, and nobody
picks who is tried on.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import case, delete, func, literal, select

from fleet.devices.registry import ACTIVE
from fleet.store.many import Insertion
from fleet.store.rollout_tables import kiosk_ring, ring_pin
from fleet.store.scope import Level, OutOfScopeError, Scope
from fleet.store.tables import kiosk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from sqlalchemy import Case, Connection, Select

    from wire.ids import FacilityCode, KioskId, ProvinceCode


class Ring(StrEnum):
    """From the first to the last."""

    PILOT = "pilot"
    EARLY = "early"
    BROAD = "broad"


SHARES: Mapping[Ring, int] = MappingProxyType({Ring.PILOT: 1, Ring.EARLY: 9, Ring.BROAD: 90})  # percent
_GIVEN = Insertion(kiosk_ring, "kiosk", "ring", "given_ms", on_conflict="(kiosk) DO NOTHING")
WITH_RING = kiosk.outerjoin(kiosk_ring, kiosk_ring.c.kiosk == kiosk.c.id).outerjoin(
    ring_pin, (ring_pin.c.province == kiosk.c.province) & (ring_pin.c.facility == kiosk.c.facility)
)


def ring() -> Case[str]:
    """A column for the ring of each kiosk of `WITH_RING`; one that was given none yet is in the last."""
    return case(
        (ring_pin.c.ring.is_not(None), ring_pin.c.ring),
        (kiosk_ring.c.ring.is_not(None), kiosk_ring.c.ring),
        else_=literal(str(Ring.BROAD)),
    )


def allotted(kiosks: Iterable[tuple[str, str]], had: Mapping[Ring, int]) -> Iterator[tuple[str, Ring]]:
    """Give kiosks, as province and name, a ring each, where so many have each already.

    Adams' method of apportionment: the ring with the smallest count for its share is next.
    """
    counts = {each: had.get(each, 0) for each in Ring}
    for _, name in sorted(kiosks, key=lambda each: (each[0], sha256(each[1].encode()).digest())):
        given = min(Ring, key=lambda each: Fraction(counts[each], SHARES[each]))
        counts[given] += 1
        yield name, given


def allot(connection: Connection, now_ms: int) -> int:
    """Give each kiosk that has no ring one; how many."""
    had = {Ring(row[0]): int(row[1]) for row in connection.execute(_counted())}
    bare = select(kiosk.c.province, kiosk.c.id).where(
        kiosk.c.status == ACTIVE, kiosk.c.id.not_in(select(kiosk_ring.c.kiosk))
    )
    found = [(row.province, row.id) for row in connection.execute(bare)]
    given = [(name, str(ring), now_ms) for name, ring in allotted(found, had)]
    _GIVEN.add(connection, given)
    return len(given)


def pin(
    connection: Connection, site: tuple[ProvinceCode, FacilityCode], to: Ring | None, by: str, now_ms: int, scope: Scope
) -> None:
    """Put all kiosks of a facility into one ring; None: each has its own again.

    Raises:
        OutOfScopeError: it lies elsewhere, or no kiosk stands there.
    """
    province, facility = site
    here = Scope(Level.FACILITY, None, province, facility)
    stands = select(kiosk.c.id).where(kiosk.c.province == province, kiosk.c.facility == facility).limit(1)
    if not scope.holds(here) or connection.execute(stands).first() is None:
        message = f"{here}: no kiosk of yours stands there"
        raise OutOfScopeError(message)
    connection.execute(delete(ring_pin).where(ring_pin.c.province == province, ring_pin.c.facility == facility))
    if to is not None:
        row = {"province": province, "facility": facility, "ring": str(to), "pinned_by": by, "pinned_ms": now_ms}
        connection.execute(ring_pin.insert().values(**row))


def pins(connection: Connection, scope: Scope) -> dict[tuple[str, str], Ring]:
    """The facilities of a scope that somebody has pinned, as province and facility."""
    here = scope.of_places(ring_pin.c.province, ring_pin.c.facility)
    asked = select(ring_pin).where(here).order_by(ring_pin.c.province, ring_pin.c.facility)
    return {(row.province, row.facility): Ring(row.ring) for row in connection.execute(asked)}


def counts(connection: Connection, scope: Scope) -> dict[Ring, int]:
    """How many kiosks of a scope each ring has, as they would be asked."""
    here = (kiosk.c.status == ACTIVE, scope.of_places(kiosk.c.province, kiosk.c.facility))
    each_one = select(ring().label("ring")).select_from(WITH_RING).where(*here).subquery()
    rows = connection.execute(select(each_one.c.ring, func.count()).group_by(each_one.c.ring))
    found = {row[0]: int(row[1]) for row in rows}
    return {each: found.get(str(each), 0) for each in Ring}


def ring_of(connection: Connection, who: KioskId) -> Ring:
    """The ring of one kiosk."""
    asked = select(ring()).select_from(WITH_RING).where(kiosk.c.id == who)
    return Ring(connection.execute(asked).scalar_one_or_none() or Ring.BROAD)


def _counted() -> Select[Any]:
    return select(kiosk_ring.c.ring, func.count()).group_by(kiosk_ring.c.ring)
