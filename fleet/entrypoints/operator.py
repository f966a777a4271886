# SPDX-License-Identifier: Apache-2.0
"""The operator's commands on the database: bring the tables to this release, register a kiosk, revoke one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fleet.devices.registry import RegistrationRefusedError, look_up
from fleet.devices.registry import register as register_kiosk
from fleet.devices.registry import revoke as revoke_kiosk
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from wire.envelope import decode
from wire.errors import WireError
from wire.ids import kiosk_id
from wire.registration import Registration

if TYPE_CHECKING:
    from pathlib import Path

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
        register_kiosk(connection, registration, time.time_ns() // 1_000_000)
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
        if who not in look_up(connection, [who]):
            message = f"{name} is not registered here. Give the name on the kiosk's label."
            raise RegistrationRefusedError(message)
        revoke_kiosk(connection, who)
    engine.dispose()
