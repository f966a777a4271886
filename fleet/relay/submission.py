# SPDX-License-Identifier: Apache-2.0
"""From a sealed identity to the identity provider's word: open, make the token, claim the person, submit.

SUBMITTED is stored before the call, so that a crash cannot forget it; the event's id makes a repeated call harmless.
The number lives in memory for one step, and never in an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fleet.enrollments import lifecycle
from fleet.enrollments.lifecycle import Claim, Opened
from fleet.partners.idp.shapes import Name, Submission
from fleet.relay.opening import open_identity
from fleet.relay.settling import count_all
from fleet.store.session import unit_of_work
from wire.errors import WireError
from wire.ids import ProvinceCode
from wire.provinces import PROVINCES

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from fleet.partners.idp.shapes import Enrolment
    from fleet.relay.due import Due
    from fleet.relay.ports import IdentityProvider, RelayKeyring
    from wire.asks import IdentityRecord, SealedName
    from wire.sealing import OpeningKey

_WAIT_MS = 1_000  # before looking again at another event of the same person
_log = structlog.get_logger()


def claim(engine: Engine, keys: RelayKeyring, due: Due, now_ms: int) -> bool:
    """Take a CAPTURED enrolment as far as it goes without the provider; whether it is to be submitted now."""
    identity = _opened(keys.opening, due)
    with unit_of_work(engine) as connection:
        if identity is None:
            lifecycle.refuse_unreadable(connection, due.event)
            return False
        claimed, reached = lifecycle.claim(connection, _kept(keys, due, identity), now_ms)
        count_all(connection, reached)
        if claimed is Claim.WAITING:
            lifecycle.wait(connection, due.event, due_ms=now_ms + _WAIT_MS, attempts=due.attempts)
    _log.info("enrollment_claimed", event_id=due.event, claim=str(claimed))
    return claimed is Claim.SUBMITTED


def submit(provider: IdentityProvider, keys: RelayKeyring, due: Due) -> Enrolment | None:
    """Submit the person of a SUBMITTED enrolment; None when the identity can no longer be read.

    Raises:
        ProviderUnavailableError: try again later.
    """
    identity = _opened(keys.opening, due)
    return None if identity is None else provider.submit(due.event, _submission(identity))


def _opened(key: OpeningKey, due: Due) -> IdentityRecord | None:
    try:
        return open_identity(key, due.kiosk, due.event, due.attachment or b"")
    except WireError as error:
        _log.warning("identity_unreadable", event_id=due.event, kiosk=due.kiosk, reason=error.reason)
        return None


def _kept(keys: RelayKeyring, due: Due, identity: IdentityRecord) -> Opened:
    return Opened(
        event=due.event,
        profile=due.profile,
        token=keys.token.token(identity.citizen_number),
        province=_province(identity),
        reply_key=identity.reply_key,
    )


def _province(identity: IdentityRecord) -> str | None:
    """The address's province; a code that is in force nowhere counts as unknown."""
    known = identity.province is not None and ProvinceCode(identity.province) in PROVINCES
    return identity.province if known else None


def _submission(identity: IdentityRecord) -> Submission:
    return Submission(
        citizen_number=identity.citizen_number,
        name_th=_name(identity.name_th),
        name_en=_name(identity.name_en),
        born=identity.born,
        sex=identity.sex,
        card_expires=identity.card_expires,
        province=_province(identity),
    )


def _name(name: SealedName) -> Name:
    return name.prefix, name.first, name.middle, name.last
