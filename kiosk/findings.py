# SPDX-License-Identifier: Apache-2.0
"""What an examination of the kiosk found: the one definition of `dipchip-kiosk doctor --json`, in docs/doctor.md.

It names no person, and holds no key and no picture.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

OK = "ok"


class Part(StrEnum):
    """What can be examined, in the order in which it is told."""

    READER = "reader"
    CAMERA = "camera"
    SCREEN = "screen"
    STORE = "store"
    CLOCK = "clock"
    NETWORK = "network"
    CERTIFICATES = "certificates"
    DISK = "disk"
    TEMPERATURE = "temperature"
    POWER = "power"


class Level(StrEnum):
    """How bad it is, from what says nothing to what stops enrolment."""

    UNKNOWN = "unknown"
    WELL = "well"
    CARE = "care"
    FAULT = "fault"


class Code(StrEnum):
    """What an examination says beside `ok`, `Fault` and `Failure`; the first four are `Fault`'s own."""

    CLOCK_WRONG = "clock_wrong"
    DISK_FULL = "disk_full"
    KEYS_MISSING = "keys_missing"
    STORE_BROKEN = "store_broken"

    CLOCK_UNSYNCED = "clock_unsynced"
    CLOCK_DIFFERS = "clock_differs"
    CLOCK_NOT_TOLD = "clock_not_told"
    TEMPERATURE_NOT_TOLD = "temperature_not_told"
    TEMPERATURE_HIGH = "temperature_high"
    TEMPERATURE_AT_LIMIT = "temperature_at_limit"
    POWER_NOT_TOLD = "power_not_told"
    UNDER_VOLTAGE = "under_voltage"
    UNDER_VOLTAGE_BEFORE = "under_voltage_before"
    THROTTLED = "throttled"
    THROTTLED_BEFORE = "throttled_before"
    DISK_LOW = "disk_low"
    DISK_READ_ONLY = "disk_read_only"
    INODES_LOW = "inodes_low"
    SCREEN_NOT_CONNECTED = "screen_not_connected"
    TOUCH_ABSENT = "touch_absent"
    SCREEN_NOT_TOLD = "screen_not_told"
    STORE_NOT_BEGUN = "store_not_begun"
    STORE_BUSY = "store_busy"
    OUTBOX_OLD = "outbox_old"
    NOT_PERMITTED = "not_permitted"
    CAMERA_DARK = "camera_dark"
    CAMERA_BRIGHT = "camera_bright"
    CAMERA_NOT_OPENED = "camera_not_opened"
    KEY_OF_ANOTHER = "key_of_another"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    CERTIFICATE_ENDED = "certificate_ended"
    CERTIFICATE_ENDS_SOON = "certificate_ends_soon"
    CHAIN_BROKEN = "chain_broken"
    ROOT_ENDS_SOON = "root_ends_soon"
    NAME_UNKNOWN = "name_unknown"
    NAME_SILENT = "name_silent"
    PORT_REFUSED = "port_refused"
    PORT_SILENT = "port_silent"
    NO_ROUTE = "no_route"
    TLS_INTERCEPTED = "tls_intercepted"
    TLS_OTHER_NAME = "tls_other_name"
    TLS_OUT_OF_DATE = "tls_out_of_date"
    TLS_REFUSED = "tls_refused"
    TLS_CUT = "tls_cut"
    TLS_NOT_SPOKEN = "tls_not_spoken"
    CERTIFICATE_REFUSED = "certificate_refused"
    CERTIFICATE_UNUSABLE = "certificate_unusable"
    DOOR_SILENT = "door_silent"
    DOOR_OF_ANOTHER = "door_of_another"
    DOOR_NOT_SERVING = "door_not_serving"


class Way(StrEnum):
    """To which door of the controller a step leads."""

    BROKER = "broker"
    DOOR = "door"


class Stage(StrEnum):
    """The steps of one way, each possible only after the one before it."""

    NAME = "name"
    PORT = "port"
    TLS = "tls"
    CERTIFICATE = "certificate"
    ANSWER = "answer"


class Figure(msgspec.Struct, frozen=True):
    """One measured or read value; no unit for a name or a count."""

    value: bool | int | float | str
    unit: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step on a way to the controller: what came of it, when, and how long it took."""

    way: Way
    stage: Stage
    host: str
    port: int
    code: str
    at_ms: int
    took_ms: int
    technician: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One part's finding. `technician` is the cause where there is more to say than the code; `next` what to do."""

    part: Part
    code: str
    level: Level
    figures: dict[str, Figure] = {}
    technician: str = ""
    steps: tuple[Step, ...] = ()
    next: dict[str, str] = {}


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All that was examined. `for_it` is the message to the hospital's IT by language, where the network was."""

    v: int
    kiosk: str
    facility: str
    release: str
    at_ms: int
    level: Level
    exit_code: int
    parts: tuple[Finding, ...]
    for_it: dict[str, str] = {}


def worst(levels: Iterable[Level]) -> Level:
    """The worst of some levels; what is unknown makes nothing worse."""
    order = list(Level)
    return max(levels, key=order.index, default=Level.UNKNOWN)


def well(part: Part, figures: dict[str, Figure] | None = None) -> Finding:
    """A part without a complaint."""
    return Finding(part=part, code=OK, level=Level.WELL, figures=figures or {})
