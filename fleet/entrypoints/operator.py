# SPDX-License-Identifier: Apache-2.0
"""The operator's commands on the database: bring the tables to this release, register a kiosk, revoke one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet import audit
from fleet.devices.registry import RegistrationRefusedError, look_up
from fleet.devices.registry import register as register_kiosk
from fleet.devices.registry import revoke as revoke_kiosk
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from wire.envelope import decode
from wire.errors import WireError
from wire.ids import KioskId, kiosk_id
from wire.registration import Registration

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from fleet.config import Settings


def migrate(settings: Settings) -> None:
    """Bring the tables to this release; does nothing when they are."""
    engine = open_engine(settings.database_url)
    upgrade(engine)
    engine.dispose()


def register(settings: Settings, file: Path) -> None:
    """Register the kiosk that the file describes; a second time changes nothing.

    Raises:
        RegistrationRefusedError: when the file is no registration, or contradicts what is known of the kiosk.
    """
    try:
        registration = decode(file.read_bytes(), Registration)
    except (OSError, WireError) as error:
        message = f"{file}: not a registration ({error}). Give the file that dipchip-provision made."
        raise RegistrationRefusedError(message) from error
    engine = open_engine(settings.database_url)
    with unit_of_work(engine) as connection:
        before = look_up(connection, [KioskId(registration.kiosk)])
        register_kiosk(connection, registration, now_ms())
        if look_up(connection, [KioskId(registration.kiosk)]) != before:
            where: audit.Detail = {"facility": registration.facility, "province": registration.province}
            _record(connection, audit.Act.KIOSK_REGISTERED, registration.kiosk, where)
    engine.dispose()


def revoke(settings: Settings, name: str) -> None:
    """Believe this kiosk no longer; what it delivered before stays valid, a second time changes nothing.

    Raises:
        RegistrationRefusedError: when no such kiosk is registered.
    """
    try:
        who = kiosk_id(name)
    except WireError as error:
        message = f"{name}: {error}. Give the name on the kiosk's label."
        raise RegistrationRefusedError(message) from error
    engine = open_engine(settings.database_url)
    with unit_of_work(engine) as connection:
        known = look_up(connection, [who]).get(who)
        if known is None:
            message = f"{name} is not registered here. Give the name on the kiosk's label."
            raise RegistrationRefusedError(message)
        if known.active:
            revoke_kiosk(connection, who)
            _record(connection, audit.Act.KIOSK_REVOKED, who, {})
    engine.dispose()


def _record(connection: Connection, act: audit.Act, subject: str, detail: audit.Detail) -> None:
    audit.record(connection, act, who=account(), subject=subject, at_ms=now_ms(), detail=detail)
