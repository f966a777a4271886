# SPDX-License-Identifier: Apache-2.0
"""`dipchip-fleet help`: where somebody waits for a helper, and who comes. The name goes to one screen and no log."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from fleet import audit
from fleet.devices import help_calls
from fleet.devices.help_calls import Coming, HelpRefusedError, Why
from fleet.entrypoints.account import account
from fleet.entrypoints.clock import now_ms
from fleet.store.scope import NATION
from fleet.store.session import open_engine, reading, unit_of_work
from wire.errors import WireError
from wire.help_calls import helper_name
from wire.ids import kiosk_id

if TYPE_CHECKING:
    from fleet.config import Settings
    from fleet.devices.help_calls import Call


def show(settings: Settings) -> None:
    """List the open calls, longest first."""
    engine = open_engine(settings.database_url)
    at_ms = now_ms()
    with reading(engine) as connection:
        found = help_calls.open_calls(connection, at_ms, NATION)
    engine.dispose()
    for call in found:
        _tell(_described(call))


def acknowledge(settings: Settings, kiosk: str, name: str, minutes: int) -> None:
    """Tell whoever waits at this kiosk who comes and when; the log keeps who typed it, and not the name.

    Raises:
        HelpRefusedError: nobody waits there, or the name is none for a screen; nothing changed.
    """
    try:
        who = kiosk_id(kiosk)
    except WireError as error:
        message = f"{kiosk}: {error}. Give the name on the kiosk's label."
        raise HelpRefusedError(Why.NO_CALL, message) from error
    try:
        shown = helper_name(name)
    except WireError as error:
        message = f"name: {error}. Give --name as the helper wants to be called in a lobby."
        raise HelpRefusedError(Why.NO_NAME, message) from error
    engine = open_engine(settings.database_url)
    at_ms = now_ms()
    with unit_of_work(engine) as connection:
        help_calls.acknowledge(connection, who, Coming(shown, minutes), at_ms, NATION)
        detail: audit.Detail = {"minutes": minutes}
        audit.record(connection, audit.Act.HELP_ACKNOWLEDGED, who=account(), subject=who, at_ms=at_ms, detail=detail)
    engine.dispose()
    _tell({"kiosk": who, "standing": "acknowledged", "minutes": minutes})


def _described(call: Call) -> dict[str, str | int | None]:
    return {
        "kiosk": call.kiosk,
        "facility": call.facility,
        "province": call.province,
        "standing": call.standing.value,
        "since": None if call.since_ms is None else _moment(call.since_ms),
        "last_heard": _moment(call.heard_ms),
        "name": call.name,
        "wait_s": call.wait_s,
    }


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="seconds")


def _tell(what: dict[str, str | int | None]) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False) + "\n")
