# SPDX-License-Identifier: Apache-2.0
"""One face attempt, frame by frame: quality, challenge, frontal frames before and after it, comparison.

It reads no clock: time is what the frames say. It keeps pictures only until it is done with them, in memory. Its gates
stand alone: challenge, parallax, passive check, one person throughout, distance. No figure makes up for another.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.evidence import Challenge, FaceFindings, Grade, Match
from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.enrollment.states import Prompt
from kiosk.face.comparison import acted_alone, distance, fuse, one_person, zone
from kiosk.face.gallery import Gallery, Kept, best
from kiosk.face.gestures import Reading, shape_of
from kiosk.face.height import HeightWatch
from kiosk.face.liveness import Cause, Progress, Step, advance
from kiosk.face.luminance import eye_range, face_patch
from kiosk.face.mesh import eye_aspect_ratio, landmarks, mouth_aspect_ratio
from kiosk.face.meters import NOTHING_MEASURED
from kiosk.face.pad import enough, is_person, summary
from kiosk.face.quality import Component, Quality, assess, has_company

if TYPE_CHECKING:
    from kiosk.enrollment.evidence import PadScores
    from kiosk.face.announcer import Announcer
    from kiosk.face.challenges import Pair
    from kiosk.face.instruments import Instruments
    from kiosk.face.policy import FacePolicy, QualityPolicy
    from kiosk.face.shapes import Embedding, Face, FaceEngine, Frame, Mesh, Picture

_ASK = MappingProxyType(
    {
        Challenge.TURN_LEFT: Prompt.TURN_LEFT,
        Challenge.TURN_RIGHT: Prompt.TURN_RIGHT,
        Challenge.LOOK_UP: Prompt.LOOK_UP,
        Challenge.COME_CLOSER: Prompt.LEAN_IN,
        Challenge.BLINK: Prompt.BLINK,
        Challenge.OPEN_MOUTH: Prompt.OPEN_MOUTH,
    }
)
# From these the face has to come back before anything else can be asked; the others end frontal.
_MOVED_AWAY = frozenset({Challenge.TURN_LEFT, Challenge.TURN_RIGHT, Challenge.LOOK_UP})


class Attempt:
    """Feed it frames with `see` until that returns the findings."""

    def __init__(
        self,
        *,
        engine: FaceEngine,
        instruments: Instruments,
        policy: FacePolicy,
        reference: Embedding,
        challenges: Pair,
        announcer: Announcer,
    ) -> None:
        self._engine = engine
        self._instruments = instruments
        self._policy = policy
        self._reference = reference
        self._announcer = announcer
        self._has_pad = bool(instruments.attack_detector.model_digests)
        self._meshed = bool(instruments.mesh_finder.model_digests)
        self._rules = policy.mesh_challenge if self._meshed else policy.challenge
        self._first_quality = _roomy(policy, challenges)
        self._progress = Progress(challenges)
        self._height = HeightWatch(policy.height_after_s)
        self._gallery = Gallery()
        self._acting: Kept | None = None
        self._after_seen = 0
        self._pad: list[float] = []
        self._scored_s = float("-inf")
        self._began_s: float | None = None
        self._passed_s = 0.0
        self._saw_a_face = False
        self._in_the_dark = False  # or blinded: the challenge lost the face for want of light

    def see(self, frame: Frame) -> FaceFindings | None:
        """Judge one frame; the findings once there are enough.

        Raises:
            FaceCheckError: when the attempt has failed.
        """
        now_s = frame.taken_s
        self._began_s = now_s if self._began_s is None else self._began_s
        self._announcer.preview(frame)
        faces = self._engine.detect(frame.picture)
        self._saw_a_face = self._saw_a_face or bool(faces)
        mesh = self._alone(frame, faces)
        if self._progress.step is Step.PASSED:
            findings = self._collect(frame, faces, mesh)
        else:
            findings = None
            self._follow(frame, faces, mesh)
        if findings is None and now_s - self._began_s > self._policy.attempt_s:
            raise self._overdue()
        return findings

    def _alone(self, frame: Frame, faces: list[Face]) -> Mesh | None:
        # What only a single face is looked at for: its mesh, and now and then its passive score.
        if not faces or has_company(faces, self._policy.quality):
            return None
        if frame.taken_s - self._scored_s >= self._policy.pad.every_s:
            score = self._instruments.attack_detector.score(frame.picture, faces[0])
            if score is not None:
                self._pad.append(score)
                self._scored_s = frame.taken_s
        return self._instruments.mesh_finder.find(frame.picture, faces[0])

    def _follow(self, frame: Frame, faces: list[Face], mesh: Mesh | None) -> None:
        alone = faces[0] if faces and not has_company(faces, self._policy.quality) else None
        if self._progress.step is Step.FORWARD and not self._settled(frame, faces, mesh):
            alone = None
        if self._progress.step is not Step.FORWARD:
            # An action moves the face on purpose: where it is then is nobody's to mend.
            self._announcer.measure(NOTHING_MEASURED, frame.taken_s)
            self._mind_the_light(frame, faces)
        before = self._progress
        reading = self._reading(frame.picture, alone, mesh) if alone else None
        self._progress = advance(before, reading, frame.taken_s, self._rules)
        if alone and self._progress.step is Step.ACT and self._progress.deed.streak == 1:
            # The first frame that shows the action is the one nearest to a frontal face.
            self._acting = Kept(frame.picture, alone, Quality(None))
        if (self._progress.step, self._progress.done) != (before.step, before.done):
            self._stepped(frame, faces, mesh)

    def _mind_the_light(self, frame: Frame, faces: list[Face]) -> None:
        quality = assess(frame.picture, [], self._policy.quality) if not faces else None
        self._in_the_dark = quality is not None and quality.flaw is not Component.NO_FACE
        if quality is not None and self._in_the_dark:
            self._announcer.hint(quality.hint, frame.taken_s)

    def _settled(self, frame: Frame, faces: list[Face], mesh: Mesh | None) -> bool:
        quality = self._judged(frame, faces, mesh, self._first_quality)
        if quality.hint is not None:
            self._gallery = Gallery()
            return False
        kept = (*self._gallery.before, Kept(frame.picture, faces[0], quality))
        self._gallery = replace(self._gallery, before=best(kept, self._policy.comparison.frames_each))
        return True

    def _judged(self, frame: Frame, faces: list[Face], mesh: Mesh | None, rules: QualityPolicy) -> Quality:
        """Judge a frame and let the person know."""
        quality = assess(frame.picture, faces, rules, mesh)
        self._announcer.measure(quality.meters, frame.taken_s)
        self._announcer.hint(self._height.hint(frame, faces, quality, rules), frame.taken_s)
        return quality

    def _reading(self, picture: Picture, face: Face, mesh: Mesh | None) -> Reading | None:
        if not self._meshed:
            return Reading(face.box, shape_of(face.landmarks), face.landmarks.eye_distance)
        if mesh is None:
            return None
        marks = landmarks(mesh)
        lids = (eye_range(picture, marks, face_patch(picture, face.box)), eye_aspect_ratio(mesh))
        return Reading(face.box, shape_of(marks), marks.eye_distance, lids, mouth_aspect_ratio(mesh))

    def _stepped(self, frame: Frame, faces: list[Face], mesh: Mesh | None) -> None:
        now_s = frame.taken_s
        match self._progress.step:
            case Step.ACT:
                self._witness(frame, faces, mesh)
                self._announcer.ask(_ASK[self._progress.asked], now_s)
            case Step.BACK:
                acting = (*self._gallery.acting, self._acting) if self._acting else self._gallery.acting
                self._gallery, self._acting = replace(self._gallery, acting=acting), None
                if self._progress.asked in _MOVED_AWAY:
                    self._announcer.ask(Prompt.FACE_FORWARD, now_s)
            case Step.PASSED:
                self._passed_s = now_s
            case Step.FAILED:
                cause = self._progress.cause or Cause.TRACK_LOST
                if self._in_the_dark:
                    message = (
                        "The picture went dark or white during the challenge. Check light and lens, then try again."
                    )
                    raise FaceCheckError(Failure.FACE_UNCLEAR, message)
                raise FaceCheckError(Failure.FACE_NOT_LIVE, f"The challenge failed: {cause}. Try again, then staff.")

    def _witness(self, frame: Frame, faces: list[Face], mesh: Mesh | None) -> None:
        # Between two actions the face looks into the camera: nobody may have changed places by then.
        quality = assess(frame.picture, faces, self._policy.quality, mesh)
        if self._progress.done and quality.flaw is None:
            self._gallery = replace(self._gallery, between=(Kept(frame.picture, faces[0], quality),))

    def _collect(self, frame: Frame, faces: list[Face], mesh: Mesh | None) -> FaceFindings | None:
        quality = self._judged(frame, faces, mesh, self._policy.quality)
        if quality.hint is None:
            kept = (*self._gallery.after, Kept(frame.picture, faces[0], quality))
            self._gallery = replace(self._gallery, after=best(kept, self._policy.comparison.frames_each))
            self._after_seen += 1
        if (
            not self._has_pad or enough(self._pad, self._policy.pad)
        ) and self._after_seen > self._policy.comparison.frames_each:
            return self._findings()
        if frame.taken_s - self._passed_s > self._policy.after_s:
            raise FaceCheckError(Failure.FACE_UNCLEAR, "No clear frontal frame followed the challenge. Try again.")
        return None

    def _findings(self) -> FaceFindings:
        pad = self._passive()
        rules = self._policy.comparison
        facing = {id(one): self._engine.embed(one.picture, one.face) for one in self._gallery.facing}
        acting = [self._engine.embed(one.picture, one.face) for one in self._gallery.acting]
        if not one_person(list(facing.values()), rules) or not acted_alone(acting, list(facing.values()), rules):
            message = "The face before the challenge is not the face during or after it. Try again, then staff."
            raise FaceCheckError(Failure.FACE_NOT_LIVE, message)
        chosen = self._gallery.chosen(max(rules.frames_fused, rules.frames_at_least))
        apart = distance(fuse([facing[id(one)] for one in chosen], rules), self._reference)
        match = Match(
            zone=zone(apart, rules),
            distance=round(apart, 3),
            match_at_most=rules.match_at_most,
            staff_at_most=rules.staff_at_most,
            engine=self._engine.name,
            grade=effective_grade(self._engine, self._policy),
            model_digests=self._engine.model_digests + self._instruments.model_digests,
            frames=len(chosen),
            policy_version=rules.version,
        )
        light = round(float(np.mean([one.quality.light for one in chosen])))
        return FaceFindings(self._progress.evidence(self._passed_s, pad), match, light)

    def _passive(self) -> PadScores | None:
        rules = self._policy.pad
        if not self._has_pad:
            return None  # the evidence says so
        scores = summary(self._pad, rules)
        if not is_person(scores, rules):
            message = "The passive check did not see a person. Try again, then staff."
            raise FaceCheckError(Failure.FACE_NOT_LIVE, message)
        return scores

    def _overdue(self) -> FaceCheckError:
        if not self._saw_a_face:
            return FaceCheckError(Failure.NO_FACE, "No face came before the camera. Check its view, then try again.")
        if self._progress.step is Step.FORWARD and self._height.is_off:
            message = "The face stayed too high or too low. Tilt the camera or change its height, then try again."
            return FaceCheckError(Failure.FACE_UNCLEAR, message)
        if self._progress.step is Step.FORWARD:
            message = "No frame was clear enough. Check light and lens, then try again."
            return FaceCheckError(Failure.FACE_UNCLEAR, message)
        return FaceCheckError(Failure.FACE_NOT_LIVE, "The challenge did not end in time. Try again, then staff.")


def _roomy(policy: FacePolicy, challenges: Pair) -> QualityPolicy:
    # Who will be asked to come closer must not stand so near that there is no room for it.
    if Challenge.COME_CLOSER not in challenges:
        return policy.quality
    limit = min(policy.quality.eye_distance_at_most_px, policy.quality.closer_from_at_most_px)
    return replace(policy.quality, eye_distance_at_most_px=limit)


def effective_grade(engine: FaceEngine, policy: FacePolicy) -> Grade:
    """VERIFY only for an engine that can be trusted so far and thresholds that were calibrated for those it serves."""
    return engine.grade if policy.comparison.calibrated else Grade.ASSIST
