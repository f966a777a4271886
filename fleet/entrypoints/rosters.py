# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet roster`: import a unit's list with the relay's token key, list the tickets about it, forget it.

Each says what it did in JSON lines. No line, and no error, holds a number, a name or a token.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.entrypoints.imports import upload
from fleet.entrypoints.token_file import token_key
from fleet.errors import ConfigError
from fleet.people import roster
from fleet.people.tickets import open_tickets
from fleet.relay.tokens import STAFF
from fleet.store.days import bangkok_day
from fleet.store.schema import require_current
from fleet.store.session import open_engine, reading

if TYPE_CHECKING:
    from pathlib import Path

    from fleet.config import Settings
    from fleet.people.columns import Columns
    from fleet.people.roster import Importer


def bring_in(settings: Settings, file: Path, by: str, columns: Columns) -> None:
    """Import a list.

    Raises:
        ConfigError: the settings name no token key: only the relay's do.
        ImportRefusedError: nothing of the file was stored.
    """
    if settings.relay_keys is None:
        message = "A roster is kept as tokens, which only the relay's key makes. Give the relay's settings file."
        raise ConfigError(message)
    key = token_key(settings.relay_keys.token)
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        done = roster.import_roster(
            engine, upload(file, columns), lambda number: key.token(number, STAFF), _importer(by)
        )
    finally:
        engine.dispose()
    for each in done:
        sys.stdout.write(json.dumps(asdict(each)) + "\n")


def forget(settings: Settings, facility: str, by: str) -> None:
    """Erase a facility's list.

    Raises:
        ImportRefusedError: it is no facility code.
    """
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        people = roster.forget_roster(engine, facility, _importer(by))
    finally:
        engine.dispose()
    sys.stdout.write(json.dumps({"facility": facility, "forgotten": people}) + "\n")


def tickets(settings: Settings) -> None:
    """List what people say is amiss, oldest first."""
    engine = open_engine(settings.database_url)
    try:
        require_current(engine)
        with reading(engine) as connection:
            waiting = open_tickets(connection)
    finally:
        engine.dispose()
    for each in waiting:
        told = {"ticket": each.number, "facility": each.facility, "amiss": each.amiss, "kiosk": each.kiosk}
        sys.stdout.write(json.dumps(told | {"day": bangkok_day(each.raised_ms)}) + "\n")


def _importer(by: str) -> Importer:
    return roster.Importer(by, account(), now_ms())
