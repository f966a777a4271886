# SPDX-License-Identifier: Apache-2.0
"""The operator's commands on the database: bring the tables to this release, and register a kiosk."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from fleet.devices.registry import RegistrationRefusedError
from fleet.devices.registry import register as register_kiosk
from fleet.store.schema import upgrade
from fleet.store.session import open_engine, unit_of_work
from wire.envelope import decode
from wire.errors import WireError
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
