# SPDX-License-Identifier: Apache-2.0
"""What a kiosk says happened: an enrolment was captured. Signed, chained and free of anything personal.

Never here: name, number or any part of it, birth date, sex, address, picture or its digest, embedding, card serial.
Source: security design, section 2.3.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

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
from wire.chain import Counter, Head, Link
from wire.envelope import Sealed
from wire.ids import StreamId


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

    @classmethod
    def of(cls, head: Head) -> Self:
        """Name a head."""
        return cls(head.stream, head.seq, head.digest.hex())

    def head(self) -> Head:
        """The head that is named."""
        return Head(StreamId(self.stream), self.seq, bytes.fromhex(self.digest))


class Counted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The event's place in a count that the kiosk keeps outside its card, where a restored card cannot reach it.

    `lost` places before this one belong to events that the card no longer has: more than none is an alarm.
    """

    value: Sequence
    lost: Count

    @classmethod
    def of(cls, counter: Counter) -> Self:
        """Tell a place in the count."""
        return cls(counter.value, counter.lost)


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

    @property
    def is_match(self) -> bool:
        """Whether the distance is one that the kiosk's own limit calls a match."""
        return self.distance <= self.match_at_most


KEPT_HOURS_AT_MOST = 72  # however a policy has it: over a weekend, and no longer
KeptHours = Annotated[int, msgspec.Meta(ge=1, le=KEPT_HOURS_AT_MOST)]
_HOUR_MS = 60 * 60_000


def lapse_ms(at: Moment, kept_hours: int | None) -> int | None:
    """When an identity that was taken at this moment is erased, by the same wall clock; None for one that is kept."""
    return None if kept_hours is None else at.wall_ms + kept_hours * _HOUR_MS


class EnrollmentCaptured(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
    tag="enrollment",
):
    """One person was enrolled at this kiosk; the sealed identity travels as the attachment.

    `seq` counts from 1 within `stream`; `prev` is the digest of the previous signed bytes of the stream, and a
    stream's first event names its `parent` instead (None on a kiosk's very first). What is None is not written.
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
    counter: Counted | None = None  # None on a kiosk that counts nowhere but on its card
    kept_hours: KeptHours | None = None  # taken without a network: after so long the identity is erased, sent or not

    @property
    def lapses_ms(self) -> int | None:
        """When its kiosk erases the identity, by the kiosk's wall clock; None for one that it keeps until pruned."""
        return lapse_ms(self.at, self.kept_hours)

    def link(self) -> Link:
        """The event's place in its kiosk's chain."""
        return Link(
            stream=StreamId(self.stream),
            seq=self.seq,
            prev=None if self.prev is None else bytes.fromhex(self.prev),
            parent=None if self.parent is None else self.parent.head(),
            counter=None if self.counter is None else Counter(self.counter.value, self.counter.lost),
        )
