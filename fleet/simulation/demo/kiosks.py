# SPDX-License-Identifier: Apache-2.0
"""How each made-up kiosk does, and the rows that say so: most are fine, some need care, some are silent."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from fleet.devices.health import HELP_WANTED, OUTBOX_OLD_S, RESTING, Care
from fleet.devices.registry import ACTIVE, REVOKED
from fleet.devices.vigil import SILENT_AFTER_MS
from fleet.simulation.demo.days import DAY_MS
from fleet.simulation.demo.dice import Dice, drawn_bytes
from wire.ids import KioskId, simulated_id
from wire.registration import default_shard

if TYPE_CHECKING:
    from fleet.simulation.demo.country import Facility
    from fleet.simulation.demo.plan import Plan

_HEARTBEAT_MS = 30_000
_SILENT_MS = 20 * DAY_MS  # the longest silence
_RELEASES = ("0.1.0", "0.1.0", "0.1.0", "0.1.0", "0.1.0", "0.0.9", "0.0.9", "0.0.8")
_SCREEN_FAULTS = ("person_process_died", "policy_outdated", "clock_wrong", "keys_missing")
_CAMERA_FAULTS = ("camera_absent", "camera_frozen", "camera_changed")
_FREE_MIB, _LOW_MIB = 20_000, 500
_HELPERS = ("พยาบาล", "Staff")


class Fate(StrEnum):
    """What has become of a kiosk."""

    FINE = "fine"
    CARE = "care"
    SILENT = "silent"
    NEVER_SEEN = "never_seen"
    REVOKED = "revoked"
    RESTING = "resting"  # closed by its operators


_FATES = ((Fate.CARE, 25), (Fate.SILENT, 30), (Fate.NEVER_SEEN, 15), (Fate.REVOKED, 10), (Fate.RESTING, 5))  # of 1000
_CARES = tuple(Care)


@dataclass(frozen=True, slots=True)
class Kiosk:
    """One made-up kiosk. People came from `registered_ms` to `last_ms`, when it was last heard; `busy` is a weight."""

    number: int
    id: KioskId
    fate: Fate
    care: Care | None
    registered_ms: int
    last_ms: int
    busy: int


def kiosk_at(plan: Plan, facility: Facility, number: int) -> Kiosk:
    """Draw a kiosk."""
    dice = Dice(plan.seed, "kiosk", number)
    fate = _fate(dice)
    span_ms = plan.until_ms - plan.since_ms
    registered_ms = plan.since_ms + dice.below(span_ms // 2)
    last_ms = plan.until_ms - dice.below(_HEARTBEAT_MS)
    match fate:
        case Fate.SILENT:
            last_ms = plan.until_ms - SILENT_AFTER_MS - dice.below(min(_SILENT_MS, span_ms // 4))
        case Fate.REVOKED:
            last_ms = registered_ms + 1 + dice.below(plan.until_ms - registered_ms)
        case Fate.NEVER_SEEN:
            registered_ms = last_ms = plan.until_ms - 1 - dice.below(min(2 * _SILENT_MS, span_ms))
    care = dice.one_of(_CARES) if fate is Fate.CARE else None
    busy = 0 if fate is Fate.NEVER_SEEN else facility.busy + dice.below(3)
    return Kiosk(number, simulated_id(number), fate, care, registered_ms, last_ms, busy)


def _fate(dice: Dice) -> Fate:
    at = dice.below(1000)
    for fate, share in _FATES:
        if at < share:
            return fate
        at -= share
    return Fate.FINE


def kiosk_row(plan: Plan, facility: Facility, kiosk: Kiosk) -> tuple[object, ...]:
    """Its registration: id, facility, province, shard, event_key, courier_key, status, registered_ms."""
    keys = (_key(plan, kiosk, purpose) for purpose in (1, 2))
    status = REVOKED if kiosk.fate is Fate.REVOKED else ACTIVE
    return (kiosk.id, facility.code, facility.province, default_shard(kiosk.id), *keys, status, kiosk.registered_ms)


def _key(plan: Plan, kiosk: Kiosk, purpose: int) -> str:
    """A public key as it is registered. It is drawn and not made: nobody has its private half."""
    drawn = drawn_bytes(plan.seed, f"key#{purpose}", kiosk.number, 32)
    written = base64.urlsafe_b64encode(drawn).rstrip(b"=").decode()
    jwk = {"alg": "Ed25519", "crv": "Ed25519", "kid": f"{kiosk.id}#{purpose}", "kty": "OKP", "x": written}
    return json.dumps(jwk, sort_keys=True)


def state_rows(plan: Plan, kiosk: Kiosk, came: int) -> list[tuple[object, ...]]:
    """What it last said of itself, in the columns of `device_state`; nothing of one that was never seen."""
    if kiosk.fate is Fate.NEVER_SEEN:
        return []
    dice = Dice(plan.seed, "state", kiosk.number)
    ended = {"already_enrolled": came // 10 + dice.below(5), "filed": came, "refused": came // 25 + dice.below(3)}
    said = {
        "release": dice.one_of(_RELEASES),
        "outbox": (waiting := dice.below(3)),
        "oldest_unacked_s": dice.below(60) if waiting else None,
        "screen": RESTING if kiosk.fate is Fate.RESTING else "ok",
        "reader": "present" if dice.happens(100) else "absent",
        "camera": "ok",
        "disk_free_mib": _FREE_MIB - dice.below(_FREE_MIB // 2),
        "clock_sync": "synced",
        **_care(dice, kiosk.care),
        "sessions": json.dumps(ended, sort_keys=True),
    }
    return [(kiosk.id, kiosk.last_ms, *said.values())]


def _care(dice: Dice, care: Care | None) -> dict[str, object]:
    """What of a kiosk's words is otherwise because of its care; an alarm is no word of its own."""
    camera = dice.one_of(_CAMERA_FAULTS)
    late_s = OUTBOX_OLD_S + dice.below(5 * OUTBOX_OLD_S)
    said: dict[Care | None, dict[str, object]] = {
        Care.HELP: {"screen": HELP_WANTED},
        Care.SCREEN: {"screen": dice.one_of(_SCREEN_FAULTS)},
        Care.READER: {"screen": "reader_absent", "reader": "no_reader"},
        Care.CAMERA: {"screen": camera, "camera": camera},
        Care.OUTBOX_OLD: {"outbox": 20 + dice.below(200), "oldest_unacked_s": late_s},
        Care.DISK_LOW: {"disk_free_mib": dice.below(_LOW_MIB)},
        Care.CLOCK: {"clock_sync": "unsynced"},
    }
    return said.get(care, {})


def help_rows(plan: Plan, kiosk: Kiosk) -> list[tuple[object, ...]]:
    """The call of somebody who waits there: half of them were told who comes. In the columns of `help_call`."""
    if kiosk.care is not Care.HELP:
        return []
    dice = Dice(plan.seed, "help", kiosk.number)
    since_ms = kiosk.last_ms - dice.below(5 * 60_000)
    call = f"{dice.bits(128):032x}"
    if dice.happens(500):
        return [(kiosk.id, call, since_ms, kiosk.last_ms, None, None, None, None)]
    known_ms = since_ms + dice.below(kiosk.last_ms - since_ms + 1)
    told = (dice.one_of(_HELPERS), 3 + dice.below(8), known_ms, known_ms)
    return [(kiosk.id, call, since_ms, kiosk.last_ms, *told)]
