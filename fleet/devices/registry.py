# SPDX-License-Identifier: Apache-2.0
"""The kiosks that commissioning has registered: who they are, where they stand, and the two keys each signs with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from fleet.devices.sodium import check_of
from fleet.errors import FleetError
from fleet.store.many import Lookup, Of
from fleet.store.tables import kiosk
from wire.ids import FacilityCode, KioskId, ProvinceCode, Shard
from wire.signing import VerifyKey

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from wire.registration import Registration

# Kiosks whose keys need not be read again: all of a country, since heartbeats come from all in turn.
_REMEMBERED = 65_536
ACTIVE = "active"
REVOKED = "revoked"


class RegistrationRefusedError(FleetError):
    """A registration contradicts what is already known of that kiosk."""


@dataclass(frozen=True, slots=True)
class RegisteredKiosk:
    """A kiosk as registered; `active` is false once it has been revoked.

    `event_key` is the screen's and signs events and asks; `courier_key` is the courier's and signs the rest: the
    process with the network cannot invent a person.
    """

    id: KioskId
    facility: FacilityCode
    province: ProvinceCode
    shard: Shard
    event_key: VerifyKey
    courier_key: VerifyKey
    active: bool


@lru_cache(maxsize=2 * _REMEMBERED)
def _key(jwk: str) -> VerifyKey:
    return VerifyKey.from_jwk(json.loads(jwk)).hastened(check_of)


@lru_cache(maxsize=_REMEMBERED)
def _as_registered(*row: str) -> RegisteredKiosk:
    name, facility, province, shard, event_key, courier_key, status = row
    return RegisteredKiosk(
        KioskId(name),
        FacilityCode(facility),
        ProvinceCode(province),
        Shard(shard),
        _key(event_key),
        _key(courier_key),
        status == ACTIVE,
    )


_REGISTERED = (
    "SELECT kiosk.id, kiosk.facility, kiosk.province, kiosk.shard, kiosk.event_key, kiosk.courier_key, kiosk.status "
    "FROM {asked} JOIN kiosk ON kiosk.id = asked.id ORDER BY kiosk.id"
)
_SEEN = Lookup(_REGISTERED, id=Of.TEXT)
_LOCKED = Lookup(_REGISTERED, on_postgresql=" FOR NO KEY UPDATE OF kiosk", id=Of.TEXT)


def look_up(connection: Connection, ids: Collection[KioskId], *, locked: bool = True) -> dict[KioskId, RegisteredKiosk]:
    """The registered ones of these kiosks, locked until the transaction ends unless that is not wanted.

    Rows are read afresh each time, so a revocation holds at once; only what a row means is remembered. The order is
    fixed, so that two workers cannot wait for each other.
    """
    rows = (_LOCKED if locked else _SEEN).rows(connection, sorted((each,) for each in set(ids)))
    return {KioskId(row.id): _as_registered(*row) for row in rows}


def register(connection: Connection, registration: Registration, at_ms: int) -> None:
    """Register a kiosk, or move one that is registered; a second time changes nothing.

    Raises:
        RegistrationRefusedError: when the kiosk was revoked, or a key changed without a new key id.
    """
    known = look_up(connection, [KioskId(registration.kiosk)]).get(KioskId(registration.kiosk))
    keys = {name: VerifyKey.from_jwk(getattr(registration, name)) for name in ("event_key", "courier_key")}
    values = {
        "facility": registration.facility,
        "province": registration.province,
        "shard": registration.shard,
        **{name: json.dumps(key.jwk(), sort_keys=True) for name, key in keys.items()},
    }
    if known is None:
        fresh = kiosk.insert().values(id=registration.kiosk, status=ACTIVE, registered_ms=at_ms, **values)
        connection.execute(fresh)
        return
    _check_change(known, keys)
    connection.execute(kiosk.update().where(kiosk.c.id == known.id).values(**values))


def _check_change(known: RegisteredKiosk, keys: dict[str, VerifyKey]) -> None:
    if not known.active:
        message = f"Kiosk {known.id} was revoked. Commission it again under a new name."
        raise RegistrationRefusedError(message)
    for name, key in keys.items():
        before: VerifyKey = getattr(known, name)
        if before.kid == key.kid and before.jwk() != key.jwk():
            message = (
                f"Kiosk {known.id}: another {name} under the id {key.kid}. Key ids are never reused: make a new one."
            )
            raise RegistrationRefusedError(message)


def count_revoked(connection: Connection) -> int:
    """How many were revoked so far: it only grows."""
    asked = select(func.count()).select_from(kiosk).where(kiosk.c.status == REVOKED)
    return int(connection.execute(asked).scalar_one())


def revoke(connection: Connection, who: KioskId) -> None:
    """Stop believing a kiosk from now on; what it delivered before stays valid."""
    connection.execute(kiosk.update().where(kiosk.c.id == who).values(status=REVOKED))
