# SPDX-License-Identifier: Apache-2.0
"""What a kiosk says happened: an enrolment was captured. Signed, chained and free of anything personal.

Never here: name, number or any part of it, birth date, sex, address, picture or its digest, embedding, card serial.
Source: security design, section 2.3.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from wire.bodies import (
    Code,
    Count,
    FacilityText,
    Instant,
    KioskText,
    Milliseconds,
    Nonce,
    Score,
    Sequence,
    Sha256Hex,
    ShortText,
    StreamText,
    Uuid7Text,
    Version1,
)
from wire.envelope import Sealed


class Profile(StrEnum):
    """Whether an event is part of a real enrolment. TEST can never enter an official figure."""

    TEST = "test"
    LIVE = "live"


class ClockSync(StrEnum):
    """What the kiosk knew about its wall clock."""

    SYNCED = "synced"
    UNSYNCED = "unsynced"
    UNKNOWN = "unknown"


class Moment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When, honestly: boot, monotonic and wall clock with the sync state. Never decides a KPI date."""

    boot: Nonce
    monotonic_ms: Milliseconds
    wall_ms: Instant
    sync: ClockSync
    error_ms: Milliseconds | None = None


class Parent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The head of the stream that this process found when it started."""

    stream: StreamText
    seq: Sequence
    digest: Sha256Hex


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sure the kiosk was, in codes and figures that describe the engine and not the person."""

    consent: Code
    card_status: Code
    engine: Code
    grade: Code
    models: tuple[Sha256Hex, ...]
    policy: Code
    distance: Score
    match_at_most: Score
    frames: Count
    challenges: tuple[Code, ...]
    parallax: Score
    attempts: Count
    duration_ms: Milliseconds
    light: Count | None = None  # of the compared faces, 0 to 255; None in events from before it was measured
    pad: Score | None = None  # the trimmed least of the passive check; None where it is not installed


class EnrollmentCaptured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="enrollment"):
    """One person was enrolled at this kiosk; the sealed identity travels as the attachment.

    `seq` counts from 1 within `stream`; `prev` is the digest of the previous signed bytes of the stream, and a
    stream's first event names its `parent` instead (None on a kiosk's very first).
    """

    v: Version1
    id: Uuid7Text
    kiosk: KioskText
    stream: StreamText
    seq: Sequence
    prev: Sha256Hex | None
    parent: Parent | None
    at: Moment
    profile: Profile
    facility: FacilityText
    release: ShortText
    evidence: Evidence
    sealed: Sealed
