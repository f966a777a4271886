# SPDX-License-Identifier: Apache-2.0
"""Claims: who may become which kiosk, where, once, for a quarter of an hour. The code itself is kept nowhere.

Source: docs/adr/0037; security design, T1.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from fleet.devices import registry
from fleet.devices.registry import look_up
from fleet.errors import FleetError
from fleet.store.claim_tables import claim
from fleet.store.scope import NATION, Level, OutOfScopeError, Scope
from fleet.store.tables import kiosk
from wire.claims import LIVES_MS, Why, new_code
from wire.events import Profile
from wire.ids import FacilityCode, KioskId, ProvinceCode, is_simulated, key_id
from wire.registration import Registration, default_shard
from wire.signing import VerifyKey

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

    from wire.claims import Claim, ClaimCode

# RFC 7914, 2. Whoever reads the database would need 16 MiB and some 40 ms for each of 10^12 codes.
_N, _R, _P, _BYTES = 2**14, 8, 1, 32
_MEMORY_BYTES = 32 * 1024 * 1024
_CONTROLLER = "controller"  # the broker's name of this side
_AN_OLD_ONE_MS = 24 * 60 * 60 * 1000


class ClaimRefusedError(FleetError):
    """A claim was not granted; `why` goes back to whoever asked. Nothing changed."""

    def __init__(self, why: Why) -> None:
        """Keep the reason."""
        self.why = why
        super().__init__(f"{why}: nothing was granted. Make another claim.")


class WhyNot(StrEnum):
    """Why a claim was not made, or not withdrawn."""

    NO_NAME = "no_name"
    NAME_GIVEN = "name_given"
    NO_PLACE = "no_place"
    NOT_OPEN = "not_open"


class NotClaimableError(FleetError):
    """A claim was not made, or not withdrawn; says why and what to do."""

    def __init__(self, why: WhyNot, message: str) -> None:
        """Keep the reason for programs beside the words."""
        self.why = why
        super().__init__(message)


class Standing(StrEnum):
    """How a claim stands."""

    OPEN = "open"
    TAKEN = "taken"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The kiosk that is to come."""

    kiosk: KioskId
    facility: FacilityCode
    province: ProvinceCode
    profile: Profile

    @property
    def site(self) -> Scope:
        """Where it will stand."""
        return Scope(Level.FACILITY, province=self.province, facility=self.facility)


@dataclass(frozen=True, slots=True)
class Entry:
    """A claim as it stands. `fingerprint` is of the keys that took it."""

    number: int
    kiosk: KioskId
    facility: FacilityCode
    province: ProvinceCode
    shard: str
    profile: Profile
    made_by: str
    expires_ms: int
    fingerprint: bytes | None
    withdrawn: bool

    def standing(self, now_ms: int) -> Standing:
        """How it stands."""
        if self.fingerprint is not None:
            return Standing.TAKEN
        if self.withdrawn:
            return Standing.WITHDRAWN
        return Standing.OPEN if now_ms < self.expires_ms else Standing.EXPIRED


def make(connection: Connection, wanted: Wanted, by: str, now_ms: int, scope: Scope = NATION) -> tuple[ClaimCode, int]:
    """Make a claim; one that is open for the same name ends. What comes back is told once, and until when it is good.

    Raises:
        NotClaimableError: the name is not free, as far as the scope can see: the signer looks everywhere.
        OutOfScopeError: its facility is outside of the scope.
    """
    if not scope.holds(wanted.site):
        message = f"{wanted.site} is outside of {scope}"
        raise OutOfScopeError(message)
    if wanted.kiosk == _CONTROLLER or is_simulated(wanted.kiosk):
        message = f"{wanted.kiosk}: is no name for a kiosk here. Choose another."
        raise NotClaimableError(WhyNot.NO_NAME, message)
    if connection.execute(select(kiosk.c.id).where(kiosk.c.id == wanted.kiosk)).first() is not None:
        message = f"{wanted.kiosk} is or was a kiosk. A name is given once, also at the same site: choose a new one."
        raise NotClaimableError(WhyNot.NAME_GIVEN, message)
    _end(connection, claim.c.kiosk == wanted.kiosk, now_ms)
    code = new_code()
    row = {
        "digest": digest(code, wanted.facility),
        "kiosk": wanted.kiosk,
        "facility": wanted.facility,
        "province": wanted.province,
        "shard": default_shard(wanted.kiosk),
        "profile": str(wanted.profile),
        "made_by": by,
        "made_ms": now_ms,
        "expires_ms": now_ms + LIVES_MS,
    }
    connection.execute(claim.insert().values(**row))
    return code, now_ms + LIVES_MS


def withdraw(connection: Connection, who: KioskId, now_ms: int, scope: Scope = NATION) -> None:
    """End the open claim of a name before its time.

    Raises:
        NotClaimableError: there is none.
    """
    if _end(connection, and_(claim.c.kiosk == who, claim.c.expires_ms > now_ms, _within(scope)), now_ms) == 0:
        message = f"{who}: no claim is open. `dipchip-fleet claim list` shows those of the last day."
        raise NotClaimableError(WhyNot.NOT_OPEN, message)


def require(connection: Connection, asked_digest: bytes) -> None:
    """Look whether there ever was such a claim, and hold up nobody by that.

    Raises:
        ClaimRefusedError: a guess, or another facility's.
    """
    if connection.execute(select(claim.c.number).where(claim.c.digest == asked_digest)).first() is None:
        raise ClaimRefusedError(Why.NOT_KNOWN)


def take(connection: Connection, asked: Claim, asked_digest: bytes, now_ms: int) -> tuple[Entry, bool]:
    """Bind a claim to the keys that ask, and register its kiosk; the very same keys may ask again in its time.

    1. The code is of a claim that is not over, at this facility.
    2. It is not bound to other keys.
    3. Its name is still nobody's, or was given to these keys by this claim.

    `asked_digest` is that of the code. It comes back whether this was the first time.

    Raises:
        ClaimRefusedError: with the reason.
    """
    row = connection.execute(select(claim).where(claim.c.digest == asked_digest).with_for_update()).first()
    if row is None or row.withdrawn_ms is not None:  # 1
        raise ClaimRefusedError(Why.NOT_KNOWN)
    if now_ms >= row.expires_ms:
        raise ClaimRefusedError(Why.EXPIRED)
    fingerprint = asked.fingerprint()
    if row.fingerprint is not None and row.fingerprint != fingerprint:  # 2
        raise ClaimRefusedError(Why.USED)
    _forget_digests(connection, now_ms)
    entry = _entry(row)
    known = look_up(connection, [entry.kiosk]).get(entry.kiosk)  # 3
    if known is not None:
        if not known.active:
            raise ClaimRefusedError(Why.REVOKED)
        if row.fingerprint is None:
            raise ClaimRefusedError(Why.NAME_TAKEN)
        return entry, False
    connection.execute(
        update(claim).where(claim.c.number == row.number).values(fingerprint=fingerprint, taken_ms=now_ms)
    )
    registry.register(connection, _registration(entry, asked), now_ms)
    return entry, True


def read_recent(connection: Connection, now_ms: int, scope: Scope = NATION) -> list[Entry]:
    """The claims of a scope of the last day, the newest first."""
    columns = [each for each in claim.c if each is not claim.c.digest]
    recent = (claim.c.made_ms > now_ms - _AN_OLD_ONE_MS, _within(scope))
    asked = select(*columns).where(*recent).order_by(claim.c.number.desc())
    return [_entry(row) for row in connection.execute(asked)]


def digest(code: ClaimCode, facility: str) -> bytes:
    """What is kept of a code: it fits at no other facility."""
    salt = f"dipchip-claim-1:{facility}".encode("ascii")
    return hashlib.scrypt(code.encode("ascii"), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY_BYTES, dklen=_BYTES)


def _registration(entry: Entry, asked: Claim) -> Registration:
    keys = (
        {**VerifyKey.from_jwk(jwk).jwk(), "kid": key_id(f"{entry.kiosk}#{n}")}
        for n, jwk in enumerate((asked.event_key, asked.courier_key), start=1)
    )
    return Registration(1, entry.kiosk, entry.facility, entry.province, entry.shard, *keys)


def _within(scope: Scope) -> ColumnElement[bool]:
    return scope.of_places(claim.c.province, claim.c.facility)


def _end(connection: Connection, which: Any, now_ms: int) -> int:  # noqa: ANN401 - a criterion of SQLAlchemy
    still = and_(which, claim.c.fingerprint.is_(None), claim.c.withdrawn_ms.is_(None))
    return connection.execute(update(claim).where(still).values(withdrawn_ms=now_ms)).rowcount


def _forget_digests(connection: Connection, now_ms: int) -> None:
    """What was over for a day is not known any more: until then whoever asks is told that it is over."""
    over = and_(claim.c.digest.is_not(None), claim.c.expires_ms < now_ms - _AN_OLD_ONE_MS)
    connection.execute(update(claim).where(over).values(digest=None))


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.number,
        KioskId(row.kiosk),
        FacilityCode(row.facility),
        ProvinceCode(row.province),
        row.shard,
        Profile(row.profile),
        row.made_by,
        row.expires_ms,
        row.fingerprint,
        row.withdrawn_ms is not None,
    )
