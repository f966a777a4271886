# SPDX-License-Identifier: Apache-2.0
"""The calibration record: what an engine was measured on and what came out, as bytes that a signed policy refers to.

It names no person, no picture and no file, and holds no time: the same folder gives the same bytes. A rate is null
where it cannot be told; its upper bound stands beside it. Counts are what was counted; the rest follows from them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

RECORD_BYTES_AT_MOST = 64 * 1024
_DIGITS = 6  # significant digits of a rate


class RecordError(Exception):
    """Bytes that are no calibration record."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """A rate with the counts behind it: ISO/IEC 19795-1, 95 % interval by Wilson, rule of three where none was seen."""

    errors: int
    trials: int
    rate: float | None
    low: float
    high: float


class RecordedSet(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared. `description` is the operator's own words, everything else was counted."""

    description: str
    people: int
    pictures: int
    genuine: int
    impostor: int
    card_simulated: bool
    fused_frames: int
    genuine_not_compared: int = 0  # no usable face on one side
    impostor_not_compared: int = 0
    pictures_left_out: int = 0  # the same bytes stand twice


class RecordedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """One operating point: `fmr` is the target, `threshold` the most lenient distance that keeps it."""

    fmr: float
    threshold: float
    fnmr: float | None
    fnmr_low: float
    fnmr_high: float
    impostor: int
    genuine: int
    false_matches: int
    false_non_matches: int


class SlicePoint(msgspec.Struct, frozen=True, kw_only=True):
    """What everybody's threshold for `fmr` does to one slice."""

    fmr: float
    threshold: float
    fmr_at_threshold: Measured
    fnmr_at_threshold: Measured


class RecordedSlice(msgspec.Struct, frozen=True, kw_only=True):
    """One slice of people, compared among themselves. Of too few people only their number is kept."""

    people: int
    fmr_at_threshold: tuple[SlicePoint, ...] = ()
    own_operating_points: tuple[RecordedPoint, ...] = ()


class RecordedAttack(msgspec.Struct, frozen=True, kw_only=True):
    """One presentation attack instrument species of ISO/IEC 30107-3."""

    n: int  # presentations that were classified
    not_responded: int  # presentations in which no face was found
    apcer: float | None
    apcer_low: float
    apcer_high: float


class RecordedPad(msgspec.Struct, frozen=True, kw_only=True):
    """How the attacks were judged: by which networks, at which limits."""

    name: str
    model_digests: tuple[str, ...]
    limits: dict[str, float]


class CalibrationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The whole record. `operating_points` holds only those that the number of comparisons supports."""

    record: Literal[1] = 1
    engine: str
    model_digests: tuple[str, ...]
    data: RecordedSet
    eer: float | None
    eer_below: float
    operating_points: tuple[RecordedPoint, ...]
    cannot_be_told: tuple[float, ...] = ()  # FMR targets that the number of comparisons does not support
    slices: dict[str, RecordedSlice] = {}
    attacks: dict[str, RecordedAttack] = {}
    bpcer: float | None = None
    bona_fide: Measured | None = None
    pad: RecordedPad | None = None


def to_bytes(record: CalibrationRecord) -> bytes:
    """The record's one spelling: JSON, sorted keys, a line's end."""
    return msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1) + b"\n"


def from_bytes(content: bytes) -> CalibrationRecord:
    """Read a record.

    Raises:
        RecordError: when the bytes are too many or are not a record of this version.
    """
    if len(content) > RECORD_BYTES_AT_MOST:
        message = "the calibration record is larger than a record can be"
        raise RecordError(message)
    try:
        return msgspec.json.decode(content, type=CalibrationRecord)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"the calibration record does not read: {error}"
        raise RecordError(message) from error


def rounded(value: float) -> float:
    """To as many digits as a rate deserves, so that the record reads well."""
    return float(f"{value:.{_DIGITS}g}")
