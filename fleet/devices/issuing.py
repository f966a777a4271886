# SPDX-License-Identifier: Apache-2.0
"""Certificates that the controller's signer gives: to whoever claimed a name, to its event key later, to no other.

A certificate says whose connection it is. What a kiosk says is believed by its registered keys, and only as long as it
is not revoked. Source: docs/adr/0037; RFC 5280.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from sqlalchemy import select

from fleet.devices import orders
from fleet.devices.claims import ClaimRefusedError
from fleet.devices.registry import REVOKED, look_up
from fleet.store.claim_tables import given_certificate
from fleet.store.tables import kiosk
from wire.certificates import LEAF_LIFE, half_life, key_digest, list_pem, pem, requested_key
from wire.claims import Why, open_renewal, who_renews
from wire.errors import BadSignature
from wire.ids import KioskId

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives.asymmetric import ec
    from sqlalchemy import Connection

    from wire.certificates import Authority
    from wire.claims import Renewal
    from wire.signing import VerifyKey

Said = TypeVar("Said")

_HALF_LIFE_MS = LEAF_LIFE // 2 // timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The authority that signs kiosks' certificates, and the fleet's root above it."""

    authority: Authority
    root: x509.Certificate

    def chain(self, leaf_pem: str) -> str:
        """What a kiosk shows: its certificate and the authority's."""
        return leaf_pem + pem(self.authority.certificate).decode("ascii")


def certify(connection: Connection, issuer: Issuer, who: KioskId, key: ec.EllipticCurvePublicKey, now_ms: int) -> str:
    """A kiosk's chain for this TLS key: the one that it was given, or a new one when half of it is over or by order.

    The kiosk's row is locked by whoever calls, so that two requests at once get one certificate.

    Raises:
        ClaimRefusedError: it was given one for another key, which is not half over yet, and none was ordered since.
    """
    now = datetime.fromtimestamp(now_ms / 1000, UTC).replace(microsecond=0)
    given = given_certificate.c
    latest = (
        select(given.key_digest, given.pem, given.given_ms)
        .where(given.kiosk == who)
        .order_by(given.given_ms.desc())
        .limit(1)
    )
    row = connection.execute(latest).first()
    if row is not None and now < half_life(x509.load_pem_x509_certificate(row.pem.encode("ascii"))):
        if row.key_digest == key_digest(key):
            return issuer.chain(row.pem)
        if not orders.key_is_ordered(connection, who, since_ms=row.given_ms, now_ms=now_ms):
            raise ClaimRefusedError(Why.NOT_DUE)
    leaf = issuer.authority.client(who, key, now)
    leaf_pem = pem(leaf).decode("ascii")
    noted = {
        "serial": f"{leaf.serial_number:x}",
        "kiosk": who,
        "key_digest": key_digest(key),
        "pem": leaf_pem,
        "given_ms": now_ms,
        "until_ms": int(leaf.not_valid_after_utc.timestamp()) * 1000,
    }
    connection.execute(given_certificate.insert().values(**noted))
    return issuer.chain(leaf_pem)


def require(connection: Connection, message: bytes) -> None:
    """Look whether a renewal is by a kiosk that may ask, and hold up nobody by that.

    Raises:
        WireError: no renewal.
        ClaimRefusedError: not a kiosk's, or never again.
    """
    _asked(connection, message, locked=False)


def renew(connection: Connection, issuer: Issuer, message: bytes, now_ms: int) -> tuple[Renewal, str]:
    """Give a kiosk its next certificate on the word of its registered event key, also after the last one ended.

    Raises:
        WireError: no renewal.
        ClaimRefusedError: not a kiosk's, not yet, or never again.
    """
    asked = _asked(connection, message, locked=True)
    return asked, certify(connection, issuer, KioskId(asked.kiosk), requested_key(asked.request), now_ms)


def _asked(connection: Connection, message: bytes, *, locked: bool) -> Renewal:
    who = KioskId(who_renews(message))
    return said_by(connection, who, lambda key: open_renewal(message, key), locked=locked)


def said_by(connection: Connection, who: KioskId, opened: Callable[[VerifyKey], Said], *, locked: bool) -> Said:
    """What a kiosk's registered event key has signed, opened with it; with `locked` its row is held meanwhile.

    Raises:
        ClaimRefusedError: not a kiosk's, or never again.
        WireError: as `opened` says.
    """
    known = look_up(connection, [who], locked=locked).get(who)
    if known is None:
        raise ClaimRefusedError(Why.STRANGER)
    try:
        said = opened(known.event_key)
    except BadSignature as error:
        raise ClaimRefusedError(Why.STRANGER) from error
    if not known.active:
        raise ClaimRefusedError(Why.REVOKED)
    return said


def revoked_serials(connection: Connection, now_ms: int) -> list[int]:
    """What has not ended of revoked kiosks' certificates, and of those that an order replaced."""
    given, later = given_certificate.c, given_certificate.alias("later")
    before_its_time = later.c.given_ms < given.until_ms - _HALF_LIFE_MS
    ordered = select(later.c.serial).where(
        later.c.kiosk == given.kiosk, later.c.given_ms > given.given_ms, before_its_time
    )
    asked = (
        select(given.serial)
        .join_from(given_certificate, kiosk, kiosk.c.id == given.kiosk)
        .where((kiosk.c.status == REVOKED) | ordered.exists(), given.until_ms > now_ms)
        .order_by(given.serial)
    )
    return [int(serial, 16) for serial in connection.execute(asked).scalars()]


def revocation_list(connection: Connection, issuer: Issuer, now_ms: int) -> str:
    """These as a signed list."""
    serials = revoked_serials(connection, now_ms)
    signed = issuer.authority.revocation_list(None, serials, datetime.fromtimestamp(now_ms / 1000, UTC))
    return list_pem(signed).decode("ascii")
