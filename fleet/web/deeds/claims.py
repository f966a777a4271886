# SPDX-License-Identifier: Apache-2.0
"""What is done about kiosks that are to come: make a claim, whose code is told once, and withdraw one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext

from fleet import audit
from fleet.devices import claims
from fleet.devices.claims import NotClaimableError, Wanted, WhyNot
from fleet.store.scope import Level
from fleet.web.deeds.places import place_of
from fleet.web.reach import doing
from wire.claims import qr_payload, shown
from wire.errors import WireError
from wire.events import Profile
from wire.ids import kiosk_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from fleet.store.scope import Scope
    from fleet.web.reach import Deed
    from wire.ids import KioskId

PROFILES = (Profile.TEST, Profile.LIVE)
_WHY = {
    WhyNot.NO_NAME: lazy_gettext("Give a name of a-z, 0-9 and -, as k-udon-01, that no other machine has or had."),
    WhyNot.NAME_GIVEN: lazy_gettext(
        "That is or was a kiosk. A name is given once, at the same place too: choose a new one."
    ),
    WhyNot.NO_PLACE: lazy_gettext("Give the five digits of the facility, its province, and whether it is a test."),
    WhyNot.NOT_OPEN: lazy_gettext("It is not open any more."),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told once: the code as it is typed, and what the QR code of it holds."""

    kiosk: KioskId
    where: Scope
    code: str
    qr: str
    until_ms: int


def make(typed: Mapping[str, str]) -> Told:
    """Make a claim for `kiosk` at `facility` of `province`, with its `profile`.

    Raises:
        RefusedError: the name is not free, or there is no such place.
    """
    with _doing() as deed:
        wanted = _wanted(typed, deed.scope)
        code, until_ms = claims.make(deed.connection, wanted, deed.who, deed.at_ms, deed.scope)
        detail: audit.Detail = {
            "facility": wanted.facility,
            "province": wanted.province,
            "profile": str(wanted.profile),
        }
        deed.record(audit.Act.CLAIM_MADE, wanted.kiosk, detail)
    return Told(wanted.kiosk, wanted.site, shown(code), qr_payload(code, wanted.facility), until_ms)


def withdraw(name: str) -> None:
    """End an open claim.

    Raises:
        RefusedError: there is none.
    """
    with _doing() as deed:
        who = _named(name)
        claims.withdraw(deed.connection, who, deed.at_ms, deed.scope)
        deed.record(audit.Act.CLAIM_WITHDRAWN, who)


def _doing() -> AbstractContextManager[Deed]:
    return doing(NotClaimableError, lambda error: _WHY.get(error.why))


def _named(text: str) -> KioskId:
    try:
        return kiosk_id(text.strip())
    except WireError as error:
        raise NotClaimableError(WhyNot.NO_NAME, str(error)) from error


def _wanted(typed: Mapping[str, str], scope: Scope) -> Wanted:
    name, where, profile = _named(typed.get("kiosk", "")), place_of(typed, scope), typed.get("profile", "")
    if where is None or where.level is not Level.FACILITY or profile not in PROFILES:
        raise NotClaimableError(WhyNot.NO_PLACE, "no facility")
    if where.facility is None or where.province is None:
        raise NotClaimableError(WhyNot.NO_PLACE, "no facility")
    return Wanted(name, where.facility, where.province, Profile(profile))
