# SPDX-License-Identifier: Apache-2.0
"""The challenge as a pure state machine over readings and time: actions that were drawn, done in their order.

1. FORWARD: the person looks into the camera until the frontal bearing of the face is known.
2. ACT: the face does what was asked for. When it does another action instead, the attempt fails.
3. BACK: the person looks into the camera again. Then the next action, from 2.
One face, one track throughout. A flat print turned before the camera keeps its nose where a flat face has it and
fails. A film of the right actions in the right order passes: one film fits one draw in ten or eighteen (docs/face.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.enrollment.evidence import Challenge, Liveness
from kiosk.face.challenges import TURNS
from kiosk.face.gestures import does, frontal, is_frontal, moves, parallax, strays

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import PadScores
    from kiosk.face.challenges import Pair
    from kiosk.face.gestures import Moves, Reading
    from kiosk.face.policy import ChallengePolicy
    from kiosk.face.shapes import Box


class Step(StrEnum):
    """Where the challenge stands."""

    FORWARD = "forward"
    ACT = "act"
    BACK = "back"
    PASSED = "passed"
    FAILED = "failed"


class Cause(StrEnum):
    """Why a challenge failed; for the technician, never an accusation of the person."""

    WRONG_ACTION = "another action was seen than the one asked for"
    TOO_SLOW = "the action did not come in time"
    TRACK_LOST = "the face was lost or another one came"
    FLAT = "the face turned like a flat picture"


@dataclass(frozen=True, slots=True)
class Deed:
    """What has been seen of the action that is asked for now."""

    streak: int = 0  # successive frames that show it
    astray: int = 0  # successive frames that show another one
    peak: float = 0.0  # the furthest turn, in eye distances
    parallax: float = 0.0  # at the furthest turn
    shut: bool = False  # whether the eyes are
    blinks: int = 0


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Progress:
    """All that the challenge remembers between two frames."""

    challenges: Pair
    step: Step = Step.FORWARD
    cause: Cause | None = None
    done: int = 0  # of the challenges
    asked_s: float = 0.0  # when the first action was asked for
    step_s: float = 0.0  # when this step began
    seen_s: float = 0.0  # when the face was last seen
    box: Box | None = None
    facing: tuple[Reading, ...] = ()  # successive frames that look into the camera
    base: Reading | None = None  # the frontal bearing; only its distance is taken anew before the next action
    deed: Deed = Deed()
    parallax: float | None = None  # the least of the turns so far

    @property
    def asked(self) -> Challenge:
        """The action that is asked for now."""
        return self.challenges[self.done]

    def evidence(self, now_s: float, pad: PadScores | None) -> Liveness:
        """What is kept: no landmark, no picture."""
        passed = self.step is Step.PASSED
        duration_ms = round((now_s - self.asked_s) * 1000)
        return Liveness(self.challenges, passed, duration_ms, round(self.parallax or 0.0, 3), pad)


def advance(progress: Progress, reading: Reading | None, now_s: float, rules: ChallengePolicy) -> Progress:
    """The challenge after one more frame; `reading` is None when there was not exactly one person in it."""
    if progress.step in {Step.PASSED, Step.FAILED}:
        return progress
    if progress.step is Step.FORWARD:
        return _forward(progress, reading, now_s, rules) if reading else Progress(progress.challenges)
    if reading is None:
        return _unseen(progress, now_s, rules)
    if now_s - progress.seen_s > rules.gap_s or _jumped(progress, reading, rules):
        return _failed(progress, Cause.TRACK_LOST)
    followed = replace(progress, box=reading.box, seen_s=now_s)
    judged = (_act if progress.step is Step.ACT else _back)(followed, reading, now_s, rules)
    unmoved = judged.step is progress.step and judged.done == progress.done
    return _failed(judged, Cause.TOO_SLOW) if unmoved and now_s - judged.step_s > rules.step_s else judged


def _forward(progress: Progress, reading: Reading, now_s: float, rules: ChallengePolicy) -> Progress:
    if progress.facing and _jumped(progress, reading, rules):
        progress = Progress(progress.challenges)
    began = progress.step_s if progress.facing else now_s
    facing = (*progress.facing, reading)
    progress = replace(progress, step_s=began, seen_s=now_s, box=reading.box, facing=facing)
    if len(facing) < rules.settle_frames or now_s - began < rules.settle_s:
        return progress
    return _asking(replace(progress, base=frontal(facing), asked_s=now_s), now_s)


def _asking(progress: Progress, now_s: float) -> Progress:
    return replace(progress, step=Step.ACT, step_s=now_s, facing=(), deed=Deed())


def _act(progress: Progress, reading: Reading, now_s: float, rules: ChallengePolicy) -> Progress:
    seen = _moves(progress, reading)
    deed = _peak(_lids(progress.deed, seen, rules), seen, progress, reading)
    blinked = progress.asked is Challenge.BLINK and deed.blinks >= rules.blinks
    done = blinked or does(progress.asked, seen, rules)
    astray = not done and strays(progress.asked, seen, rules)
    deed = replace(deed, streak=deed.streak + 1 if done else 0, astray=deed.astray + 1 if astray else 0)
    progress = replace(progress, deed=deed)
    if deed.astray >= rules.act_frames:
        return _failed(progress, Cause.WRONG_ACTION)
    return replace(progress, step=Step.BACK, step_s=now_s) if deed.streak >= rules.act_frames else progress


def _back(progress: Progress, reading: Reading, now_s: float, rules: ChallengePolicy) -> Progress:
    seen = _moves(progress, reading)
    facing = (*progress.facing, reading) if is_frontal(seen, rules) else ()
    progress = replace(progress, deed=_peak(progress.deed, seen, progress, reading), facing=facing)
    return _finished(progress, now_s, rules) if len(facing) >= rules.settle_frames else progress


def _finished(progress: Progress, now_s: float, rules: ChallengePolicy) -> Progress:
    if progress.asked in TURNS:
        if progress.deed.parallax < rules.parallax_at_least:
            return _failed(progress, Cause.FLAT)
        least = progress.deed.parallax if progress.parallax is None else min(progress.parallax, progress.deed.parallax)
        progress = replace(progress, parallax=least)
    done = progress.done + 1
    if done == len(progress.challenges):
        return replace(progress, step=Step.PASSED)
    return _asking(replace(progress, done=done, base=_nearer(progress)), now_s)


def _nearer(progress: Progress) -> Reading | None:
    # Who came closer may stay there. Turns and lifts are still measured from the first bearing, which was held longer.
    apart = frontal(progress.facing).eye_distance_px
    return replace(progress.base, eye_distance_px=apart) if progress.base else None


def _moves(progress: Progress, reading: Reading) -> Moves:
    return moves(progress.base or reading, reading)


def _lids(deed: Deed, seen: Moves, rules: ChallengePolicy) -> Deed:
    if not deed.shut:
        return replace(deed, shut=seen.shut >= rules.shut_at_least)
    if seen.shut > rules.open_at_most:
        return deed
    return replace(deed, shut=False, blinks=deed.blinks + 1)


def _peak(deed: Deed, seen: Moves, progress: Progress, reading: Reading) -> Deed:
    turned = -seen.turned if progress.asked is Challenge.TURN_RIGHT else seen.turned
    if progress.asked not in TURNS or progress.base is None or turned <= deed.peak:
        return deed
    return replace(deed, peak=turned, parallax=parallax(progress.base.shape, reading.shape))


def _unseen(progress: Progress, now_s: float, rules: ChallengePolicy) -> Progress:
    if now_s - progress.seen_s > rules.gap_s:
        return _failed(progress, Cause.TRACK_LOST)
    return replace(progress, facing=(), deed=replace(progress.deed, streak=0, astray=0))


def _jumped(progress: Progress, reading: Reading, rules: ChallengePolicy) -> bool:
    return progress.box is not None and progress.box.overlap(reading.box) < rules.overlap_at_least


def _failed(progress: Progress, cause: Cause) -> Progress:
    return replace(progress, step=Step.FAILED, cause=cause)
