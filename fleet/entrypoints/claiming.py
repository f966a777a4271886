# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet claim`: make a claim and tell its code once, list how claims stand, withdraw one; in JSON lines."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import segno

from fleet import audit
from fleet.devices import claims
from fleet.devices.claims import NotClaimableError, Wanted, WhyNot
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading, unit_of_work
from wire.claims import qr_payload, shown, words_of
from wire.errors import WireError
from wire.ids import facility_code, kiosk_id
from wire.provinces import province_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from fleet.config import Settings
    from wire.events import Profile
    from wire.ids import KioskId


def make(settings: Settings, kiosk: str, facility: str, province: str, profile: Profile) -> None:
    """Make a claim, and tell its code as text, as a QR code's content, and as a QR code where somebody looks.

    Raises:
        NotClaimableError: a value is none, or the name is not free.
    """
    try:
        wanted = Wanted(kiosk_id(kiosk), facility_code(facility), province_code(province), profile)
    except WireError as error:
        message = f"{error}. Correct it and run again."
        raise NotClaimableError(WhyNot.NO_PLACE, message) from error
    at_ms = now_ms()
    with _database(settings) as engine, unit_of_work(engine) as connection:
        code, until_ms = claims.make(connection, wanted, account(), at_ms)
        detail: audit.Detail = {"facility": facility, "province": province, "profile": str(profile)}
        audit.record(connection, audit.Act.CLAIM_MADE, who=account(), subject=kiosk, at_ms=at_ms, detail=detail)
    payload = qr_payload(code, facility)
    if sys.stderr.isatty():
        segno.make(payload).terminal(out=sys.stderr, compact=True)
    _tell({"kiosk": kiosk, "facility": facility, "code": shown(code), "qr": payload, "until_ms": until_ms})


def show(settings: Settings) -> None:
    """List the claims of the last day, the newest first. Whoever made one compares the words with the screen's."""
    at_ms = now_ms()
    with _database(settings) as engine, reading(engine) as connection:
        listed = claims.read_recent(connection, at_ms)
    for entry in listed:
        said = {"kiosk": entry.kiosk, "facility": entry.facility, "province": entry.province, "by": entry.made_by}
        words = None if entry.fingerprint is None else words_of(entry.fingerprint)
        standing = str(entry.standing(at_ms))
        _tell(
            {**said, "profile": str(entry.profile), "standing": standing, "until_ms": entry.expires_ms, "words": words}
        )


def withdraw(settings: Settings, kiosk: str) -> None:
    """End an open claim.

    Raises:
        NotClaimableError: there is none.
    """
    who, at_ms = _named(kiosk), now_ms()
    with _database(settings) as engine, unit_of_work(engine) as connection:
        claims.withdraw(connection, who, at_ms)
        audit.record(connection, audit.Act.CLAIM_WITHDRAWN, who=account(), subject=who, at_ms=at_ms)
    _tell({"kiosk": who, "standing": str(claims.Standing.WITHDRAWN)})


def _named(kiosk: str) -> KioskId:
    try:
        return kiosk_id(kiosk)
    except WireError as error:
        message = f"{kiosk}: {error}. Give the name that was claimed."
        raise NotClaimableError(WhyNot.NO_NAME, message) from error


@contextmanager
def _database(settings: Settings) -> Iterator[Engine]:
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        yield engine
    finally:
        engine.dispose()


def _tell(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
