# SPDX-License-Identifier: Apache-2.0
"""What must be shown before a person is enrolled; an `Enrollment` cannot be built without all of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from kiosk.enrollment.identity import Identity


class Zone(StrEnum):
    """The three answers of a comparison; nothing else decides."""

    MATCH = "match"
    STAFF_LOOKS = "staff_looks"
    NO_MATCH = "no_match"


class Grade(StrEnum):
    """What an engine may be trusted with: `VERIFY` alone may serve LIVE."""

    VERIFY = "verify"
    ASSIST = "assist"


class Challenge(StrEnum):
    """What the person is asked to do before the camera. The last two need landmarks of eyelids and lips."""

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    LOOK_UP = "look_up"
    COME_CLOSER = "come_closer"
    BLINK = "blink"
    OPEN_MOUTH = "open_mouth"


class CardStatus(StrEnum):
    """What the central register said of the card. A kiosk that could not ask says PENDING, never more."""

    PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Consent:
    """The explicit consent to the use of the face image (PDPA section 26)."""

    notice_version: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class PadScores:
    """What the passive check for a presented picture or screen gave over its frames, 0 (presented) to 1 (a person)."""

    least: float  # after the worst frames were trimmed
    median: float
    frames: int


@dataclass(frozen=True, slots=True)
class Liveness:
    """The challenge's result. `parallax` is the nose's residual in eye distances at the least convincing turn's peak.

    `pad` is None where the passive check is not installed: it was not made, which is not the same as passed.
    """

    challenges: tuple[Challenge, ...]  # in the order in which they were asked for
    passed: bool
    duration_ms: int
    parallax: float
    pad: PadScores | None


@dataclass(frozen=True, slots=True)
class Match:
    """The comparison of the chip's portrait with the fused live frames.

    `distance` is Euclidean on the engine's own scale, as its thresholds are; lower is more alike. No embedding is kept.
    `model_digests` are the SHA-256 of every model file that took part, in hexadecimal.
    """

    zone: Zone
    distance: float
    match_at_most: float
    staff_at_most: float
    engine: str
    grade: Grade
    model_digests: tuple[str, ...]
    frames: int
    policy_version: str


@dataclass(frozen=True, slots=True)
class FaceFindings:
    """All that one face attempt found out; frames and embeddings have died by the time it exists."""

    liveness: Liveness
    match: Match
    light: int  # mean luminance of the compared faces, 0 to 255: ITU-R BT.601


@dataclass(frozen=True, slots=True, repr=False)
class Enrollment:
    """A person whose card was read, who agreed, was alive before the camera and matched the portrait."""

    identity: Identity
    consent: Consent
    card_status: CardStatus
    findings: FaceFindings
    attempts: int
    duration_ms: int

    def __post_init__(self) -> None:
        """Refuse to exist without a passed liveness and a match.

        Raises:
            ValueError: when either is missing; there is no way round it.
        """
        if not self.findings.liveness.passed:
            message = "an enrollment needs a passed liveness challenge"
            raise ValueError(message)
        if self.findings.match.zone is not Zone.MATCH:
            message = "an enrollment needs a face match"
            raise ValueError(message)

    def __repr__(self) -> str:
        """Mask everything."""
        return "Enrollment(masked)"
