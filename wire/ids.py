# SPDX-License-Identifier: Apache-2.0
"""The identifiers both ends exchange, each with the one strict parser that makes it. None of them names a person."""

from __future__ import annotations

import re
import secrets
from typing import NewType
from uuid import UUID

from wire.errors import Malformed

KioskId = NewType("KioskId", str)
FacilityCode = NewType("FacilityCode", str)
ProvinceCode = NewType("ProvinceCode", str)
EventId = NewType("EventId", str)
AskId = NewType("AskId", str)
KeyId = NewType("KeyId", str)
StreamId = NewType("StreamId", str)
Shard = NewType("Shard", str)
ReleaseVersion = NewType("ReleaseVersion", str)

_KIOSK = re.compile(r"[a-z0-9][a-z0-9-]{2,31}")
_SIMULATED = "sim-"
_FACILITY = re.compile(r"[0-9]{5}")
_KEY = re.compile(r"[a-z0-9][a-z0-9-]{2,31}#[0-9]{1,6}")
_STREAM = re.compile(r"[0-9a-f]{24}")
_SHARD = re.compile(r"[0-9a-f]{2}")
VERSION_PATTERN = r"(?:0|[1-9][0-9]{0,4})(?:\.(?:0|[1-9][0-9]{0,4})){2}"
_VERSION = re.compile(VERSION_PATTERN)

_UUID_VERSION = 7  # RFC 9562, 5.7


def _matched(pattern: re.Pattern[str], text: str, what: str, shape: str) -> str:
    if not pattern.fullmatch(text):
        message = f"{what} must be {shape}"
        raise Malformed(message)
    return text


def kiosk_id(text: str) -> KioskId:
    """Parse a kiosk's name: it is also the certificate's CN, the MQTT user name and the client id."""
    return KioskId(_matched(_KIOSK, text, "kiosk id", "3 to 32 of a-z, 0-9 and '-'"))


def is_simulated(kiosk: str) -> bool:
    """Whether a kiosk of this name exists only in a simulation: nothing that it says may count as real."""
    return kiosk.startswith(_SIMULATED)


def simulated_id(number: int) -> KioskId:
    """The name of a simulated kiosk; no other kiosk is given such a one."""
    return kiosk_id(f"{_SIMULATED}{number:05}")


def facility_code(text: str) -> FacilityCode:
    """Parse a Ministry of Public Health facility code (hcode5)."""
    return FacilityCode(_matched(_FACILITY, text, "facility code", "5 digits (hcode5)"))


def key_id(text: str) -> KeyId:
    """Parse a key id, `owner#number`; numbers are never reused."""
    return KeyId(_matched(_KEY, text, "key id", "owner#number"))


def stream_id(text: str) -> StreamId:
    """Parse a stream id: 96 random bits in hexadecimal."""
    return StreamId(_matched(_STREAM, text, "stream id", "24 hexadecimal digits"))


def shard(text: str) -> Shard:
    """Parse a shard: the two hexadecimal digits that say which ingest worker owns a kiosk."""
    return Shard(_matched(_SHARD, text, "shard", "2 hexadecimal digits"))


def release_version(text: str) -> ReleaseVersion:
    """Parse a release's version: three numbers, so that of two versions one is always the later one."""
    return ReleaseVersion(_matched(_VERSION, text, "release version", "three numbers, as 0.2.0"))


def event_id(text: str) -> EventId:
    """Parse an event id (UUID version 7)."""
    return EventId(_uuid7(text, "event id"))


def ask_id(text: str) -> AskId:
    """Parse an ask id (UUID version 7)."""
    return AskId(_uuid7(text, "ask id"))


def _uuid7(text: str, what: str) -> str:
    try:
        value = UUID(text)
    except ValueError as error:
        message = f"{what} must be a UUID version 7"
        raise Malformed(message) from error
    if value.version != _UUID_VERSION or str(value) != text:
        message = f"{what} must be a UUID version 7 in its canonical form"
        raise Malformed(message)
    return text


def new_event_id(wall_ms: int) -> EventId:
    """Make an event id. `wall_ms` is the wall clock in milliseconds since 1970; the rest is random."""
    return EventId(_new_uuid7(wall_ms))


def drawn_event_id(wall_ms: int, drawn: int) -> EventId:
    """The event id of a wall clock in milliseconds and of bits that were drawn elsewhere, of which 74 count."""
    return EventId(_uuid7_of(wall_ms, drawn))


def new_ask_id(wall_ms: int) -> AskId:
    """Make an ask id from the wall clock in milliseconds and randomness."""
    return AskId(_new_uuid7(wall_ms))


def _new_uuid7(wall_ms: int) -> str:
    return _uuid7_of(wall_ms, secrets.randbits(74))


def _uuid7_of(wall_ms: int, drawn: int) -> str:
    # RFC 9562, 5.7: 48 bits of time, version, 12 random bits, variant, 62 random bits.
    value = (wall_ms & ((1 << 48) - 1)) << 80
    value |= _UUID_VERSION << 76
    value |= (drawn >> 62 & 0xFFF) << 64
    value |= 0b10 << 62
    value |= drawn & ((1 << 62) - 1)
    return str(UUID(int=value))


def new_stream_id() -> StreamId:
    """Make a stream id: fresh at every process start, so a restored card can never reuse a place."""
    return StreamId(secrets.token_hex(12))
