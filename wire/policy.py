# SPDX-License-Identifier: Apache-2.0
"""A face policy: which models a kiosk compares with, by which rules, and the calibration that speaks for them.

It is a file, not a message: signed by the fleet's offline policy key as `dipchip-face-policy`, put beside `kiosk.toml`.
The floors below stand in the code of both ends: no signature lowers them. What the rules mean says
`kiosk/face/policy.py`; they travel as they are written there, and a release refuses a rule that it does not know.
Sources of the floors: docs/face.md; ISO/IEC 19795-1, rule of 3 (how many comparisons a rate needs).
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from wire.bodies import SCORE_AT_MOST, Code, Count, Instant, Sha256Hex, ShortText, Version1
from wire.errors import Malformed
from wire.events import KEPT_HOURS_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")]  # no folder: it stands beside its like
FileBytes = Annotated[int, Meta(ge=1, le=200_000_000)]
Position = Annotated[float, Meta(ge=-1000.0, le=1000.0)]
PolicyVersion = Annotated[int, Meta(ge=1, le=2**31 - 1)]

_LANDMARKS = 5


class RecogniserKind(StrEnum):
    """How a recogniser is fed."""

    SFACE = "sface"  # OpenCV aligns
    TEMPLATE = "template"  # any ONNX network: aligned to five given points
    DLIB = "dlib"  # dlib's own chain; the detector is built in, its landmarks take the detector's place


class Order(StrEnum):
    """The order of a pixel's colours at a network's input."""

    RGB = "rgb"
    BGR = "bgr"


class PinnedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model file, and no other of its name."""

    file: FileName
    sha256: Sha256Hex
    size_bytes: FileBytes


class PinnedRecogniser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recogniser's file and how it is fed: input = scale * (pixel - mean), pixels 0 to 255.

    `template` places the right eye, left eye, nose and the right and left corner of the mouth on the chip, in pixels.
    """

    file: FileName
    sha256: Sha256Hex
    size_bytes: FileBytes
    kind: RecogniserKind
    unit_length: bool
    template: tuple[tuple[Position, Position], ...] = ()
    side_px: Annotated[int, Meta(ge=32, le=512)] = 112
    scale: Annotated[float, Meta(gt=0.0, le=1.0)] = 1.0
    mean: tuple[Position, Position, Position] = (0.0, 0.0, 0.0)
    order: Order = Order.RGB

    def __post_init__(self) -> None:
        """Refuse a template that does not fit the kind.

        Raises:
            Malformed: naming it.
        """
        if len(self.template) != (_LANDMARKS if self.kind is RecogniserKind.TEMPLATE else 0):
            message = f"a recogniser of kind template needs {_LANDMARKS} points, another kind none"
            raise Malformed(message)


class PinnedEngine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The models that serve together. `further` must be there too: attack detectors and face mesh."""

    name: Code
    detector: PinnedFile
    recogniser: PinnedRecogniser
    further: tuple[PinnedFile, ...] = ()

    @property
    def digests(self) -> tuple[str, str]:
        """Of what finds and what describes a face: what a calibration speaks for."""
        return self.detector.sha256, self.recogniser.sha256


class PolicyDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a kiosk proposes and a fleet signs: an engine and the rules for it."""

    engine: PinnedEngine
    policy: dict[str, Any]


class FacePolicyDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is signed. `version` counts up over a fleet's life; `calibration` is the record as it was written."""

    v: Version1
    version: PolicyVersion
    engine: PinnedEngine
    policy: dict[str, Any]
    calibration: dict[str, Any] | None
    issued_ms: Instant


class OperatingPoint(msgspec.Struct, frozen=True):
    """The distance up to which a recorded share of impostors is let through, and how many were tried."""

    fmr: Annotated[float, Meta(gt=0.0, le=1.0)]
    threshold: float | None
    impostor: Count

    @property
    def is_supported(self) -> bool:
        """Whether so many comparisons can say it at all: 3/N is the upper bound of a rate that was never seen."""
        return self.threshold is not None and self.impostor * self.fmr >= RULE_OF_3


class ComparedSet(msgspec.Struct, frozen=True):
    """What was compared."""

    description: ShortText
    people: Count
    fused_frames: Count


class Calibration(msgspec.Struct, frozen=True):
    """What a policy needs to know of a calibration record; the rest of the record is for people to read."""

    record: Version1
    engine: Code
    model_digests: tuple[Sha256Hex, ...]
    data: ComparedSet
    operating_points: tuple[OperatingPoint, ...]

    def threshold_at(self, fmr: float) -> float | None:
        """The widest distance that lets no more than `fmr` of the impostors through, as far as N can tell."""
        known = [point.threshold for point in self.operating_points if point.fmr <= fmr and point.is_supported]
        return max((threshold for threshold in known if threshold is not None), default=None)


RULE_OF_3 = 3.0 - 1e-6  # a share of N in binary may fall short of the integer that it is
FRAMES_AT_LEAST = 3
FRAMES_EACH = 2
MATCH_FMR_AT_MOST = 1e-3  # NIST SP 800-63A-4 asks 1e-4; the fleet may ask more, nobody less
STAFF_FMR_AT_MOST = 1e-2
ACTING_BEYOND_STAFF = 1.35  # a turned head is further from its frontal frames; past this it may be anybody's

# Each with its reason. A rule that is not named here may be set freely.
AT_LEAST = MappingProxyType(
    {
        "comparison.frames_at_least": float(FRAMES_AT_LEAST),  # one frame misses 45 to 74 % of true pairs
        "comparison.frames_each": float(FRAMES_EACH),  # before and after the challenge
        "challenge.turn_at_least": 0.08,  # below it detector noise is a turn
        "challenge.parallax_at_least": 0.10,  # a turned print left 0.09
        "challenge.lift_at_least": 0.04,  # below it detector noise is a look up
        "challenge.nearer_at_least": 0.15,  # who sways comes nearer by less
        "challenge.act_frames": 2.0,  # one frame is noise
        "challenge.settle_frames": 3.0,
        "mesh_challenge.turn_at_least": 0.10,
        "mesh_challenge.parallax_at_least": 0.10,  # a turned print left 0.09
        "mesh_challenge.lift_at_least": 0.07,  # a tilted print left 0.06
        "mesh_challenge.nearer_at_least": 0.15,
        "mesh_challenge.gape_at_least": 0.10,  # speech parts the lips too
        "mesh_challenge.shut_at_least": 0.20,  # below it noise is a blink
        "mesh_challenge.blinks": 2.0,  # one happens by itself
        "mesh_challenge.act_frames": 2.0,
        "mesh_challenge.settle_frames": 3.0,
        "pad.frames_at_least": 8.0,  # one frame flips with a few centimetres
        "pad.least_at_least": 0.3,  # each gate alone; the measured points are 0.5 and 0.7
        "pad.median_at_least": 0.5,
        "portrait_eyes_at_least_px": 28.0,  # below it a portrait misses 40 % of true pairs
        "quality.eye_distance_at_least_px": 60.0,  # ISO/IEC 19794-5, token image
    }
)
AT_MOST = MappingProxyType(
    {
        "comparison.staff_at_most": SCORE_AT_MOST,  # no evidence tells a larger distance
        "challenge.step_s": 15.0,  # a longer one lets an attacker search for a film
        "challenge.gap_s": 2.0,  # a face that is away longer may be another
        "mesh_challenge.step_s": 15.0,
        "mesh_challenge.gap_s": 2.0,
        "after_s": 15.0,
        "pad.trimmed": 0.25,  # of the worst frames left out
        "attempt_s": 120.0,
        "portrait_pixels_at_most": 4_000_000.0,  # of a decoder's memory
        "quality.second_face_at_least": 0.5,  # who is smaller stands behind
    }
)


def lowered(policy: Mapping[str, Any]) -> str | None:
    """The first rule that lies below a floor, in words; None when none does. A rule that is absent is not judged."""
    found = dict(rules_in(policy))
    for floors, word in ((AT_LEAST, "at least"), (AT_MOST, "at most")):
        for name, floor in floors.items():
            value = found.get(name, floor)
            if not isinstance(value, int | float) or (value < floor if floors is AT_LEAST else value > floor):
                return f"{name} = {value!r} must be {word} {floor:g}"
    return _disordered(found) or _overfused(found) or _kept_too_long(found)


def _kept_too_long(found: Mapping[str, Any]) -> str | None:
    hours = found.get("deferred_hours", 0)
    if type(hours) is not int or not 0 <= hours <= KEPT_HOURS_AT_MOST:
        return (
            f"deferred_hours = {hours!r} must be 1 to {KEPT_HOURS_AT_MOST}, or 0, which takes nothing without a network"
        )
    return None


def _disordered(found: Mapping[str, Any]) -> str | None:
    names = ("comparison.match_at_most", "comparison.track_at_most", "comparison.staff_at_most")
    distances = [found.get(name) for name in names]
    numbers = [value for value in distances if isinstance(value, int | float)]
    if len(numbers) < len(names) or min(numbers) <= 0 or max(numbers) > numbers[-1]:
        return f"{', '.join(names)} must be above 0, and none beyond the last"
    acting = found.get("comparison.acting_at_most", 0.0)
    if not isinstance(acting, int | float) or acting > numbers[-1] * ACTING_BEYOND_STAFF:
        return f"comparison.acting_at_most must be at most {ACTING_BEYOND_STAFF:g} times {names[-1]}"
    return None


def _overfused(found: Mapping[str, Any]) -> str | None:
    # More than are kept on both sides of the challenge would never come, and every attempt would end in an error.
    kept = 2 * found.get("comparison.frames_each", FRAMES_EACH)
    for name in ("comparison.frames_at_least", "comparison.frames_fused"):
        frames = found.get(name, FRAMES_AT_LEAST)
        if not isinstance(frames, int | float) or not FRAMES_AT_LEAST <= frames <= kept:
            return f"{name} must be {FRAMES_AT_LEAST} or more, and no more than twice comparison.frames_each"
    return None


def rules_in(policy: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every rule of a policy by its full name."""
    for name, value in policy.items():
        if isinstance(value, dict):
            yield from rules_in(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def calibration_of(record: Mapping[str, Any]) -> Calibration:
    """Read a calibration record.

    Raises:
        Malformed: when it is none; what it holds is not quoted.
    """
    try:
        return msgspec.convert(record, Calibration)
    except msgspec.ValidationError as error:
        message = f"not a calibration record: {error}"
        raise Malformed(message) from error


def uncalibrated(document: FacePolicyDocument) -> str | None:
    """Why this policy may not decide about people, in words; None when it may.

    1. It carries a calibration record that can be read.
    2. The record is of these very models.
    3. It was measured on as many fused frames as decide here: fusing moves the distances.
    4. The zones are no wider than what the record's number of comparisons can support.

    Raises:
        Malformed: when the record is none.
    """
    if document.calibration is None:  # 1
        return "it carries no calibration record"
    record = calibration_of(document.calibration)
    if record.engine != document.engine.name or set(record.model_digests) != set(document.engine.digests):  # 2
        return "its calibration record is of other models"
    rules = dict(rules_in(document.policy))
    fused = rules.get("comparison.frames_fused", FRAMES_AT_LEAST)
    if record.data.fused_frames != fused:  # 3
        return f"its calibration record compares {record.data.fused_frames} fused frames, and the policy {fused}"
    for name, fmr in (("match_at_most", MATCH_FMR_AT_MOST), ("staff_at_most", STAFF_FMR_AT_MOST)):  # 4
        known, wanted = record.threshold_at(fmr), rules.get(f"comparison.{name}")
        if known is None:
            return f"its calibration record has too few comparisons for a false match rate of {fmr:g}"
        if not isinstance(wanted, int | float) or wanted > known:
            return f"comparison.{name} is wider than the record's {known:g} at a false match rate of {fmr:g}"
    return None
