# SPDX-License-Identifier: Apache-2.0
"""One face attempt, frame by frame: quality, challenge, frontal frames before and after it, comparison.

It reads no clock: time is what the frames say. It keeps pictures only until it is done with them, in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from kiosk.enrollment.evidence import Challenge, FaceFindings, Grade, Match
from kiosk.enrollment.failures import FaceCheckError, Failure
from kiosk.enrollment.states import Prompt
from kiosk.face.comparison import distance, fuse, one_person, zone
from kiosk.face.features import mirror, resize, rgb_bytes
from kiosk.face.liveness import Cause, Progress, Step, advance
from kiosk.face.quality import Quality, assess, has_company

if TYPE_CHECKING:
    from kiosk.enrollment.ports import FaceObserver
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import Embedding, Face, FaceEngine, Frame, Picture

_ASK = {Challenge.TURN_LEFT: Prompt.TURN_LEFT, Challenge.TURN_RIGHT: Prompt.TURN_RIGHT}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class _Kept:
    picture: Picture
    face: Face
    sharpness: float
    light: float


class Announcer:
    """Tells the observer prompts and previews, no more often than a person can read them."""

    def __init__(self, observer: FaceObserver, policy: FacePolicy) -> None:
        self._observer = observer
        self._policy = policy
        self._prompt: Prompt | None = None
        self._prompted_s = float("-inf")
        self._previewed_s = float("-inf")

    def hint(self, prompt: Prompt, now_s: float) -> None:
        """Say it unless something else was said a moment ago."""
        if now_s - self._prompted_s >= self._policy.prompt_every_s:
            self.ask(prompt, now_s)

    def ask(self, prompt: Prompt, now_s: float) -> None:
        """Say it at once, when it is new: the challenge does not wait."""
        if prompt is not self._prompt:
            self._prompt, self._prompted_s = prompt, now_s
            self._observer.prompted(prompt)

    def preview(self, frame: Frame) -> None:
        """Show the frame small and mirrored, unless one was shown just now."""
        if frame.taken_s - self._previewed_s < self._policy.preview_every_s:
            return
        self._previewed_s = frame.taken_s
        width, height = self._policy.preview_width, self._policy.preview_height
        self._observer.previewed(width, height, rgb_bytes(mirror(resize(frame.picture, width, height))))


class Attempt:
    """Feed it frames with `see` until that returns the findings."""

    def __init__(
        self,
        *,
        engine: FaceEngine,
        policy: FacePolicy,
        reference: Embedding,
        challenge: Challenge,
        announcer: Announcer,
    ) -> None:
        self._engine = engine
        self._policy = policy
        self._reference = reference
        self._announcer = announcer
        self._progress = Progress(challenge)
        self._before: list[_Kept] = []
        self._after: list[_Kept] = []
        self._after_seen = 0
        self._began_s: float | None = None
        self._passed_s = 0.0
        self._saw_a_face = False

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
        if self._progress.step is Step.PASSED:
            findings = self._collect(frame, faces)
        else:
            findings = None
            self._follow(frame, faces)
        if findings is None and now_s - self._began_s > self._policy.attempt_s:
            raise self._overdue()
        return findings

    def _follow(self, frame: Frame, faces: list[Face]) -> None:
        alone = faces[0] if faces and not has_company(faces, self._policy.quality) else None
        if self._progress.step is Step.FORWARD:
            alone = self._settled(frame, faces)
        step = self._progress.step
        self._progress = advance(self._progress, alone, frame.taken_s, self._policy.challenge)
        if self._progress.step is not step:
            self._stepped(frame.taken_s)

    def _settled(self, frame: Frame, faces: list[Face]) -> Face | None:
        quality = assess(frame.picture, faces, self._policy.quality)
        if quality.hint is not None:
            self._before.clear()
            self._announcer.hint(quality.hint, frame.taken_s)
            return None
        self._keep(self._before, frame, faces[0], quality)
        return faces[0]

    def _stepped(self, now_s: float) -> None:
        match self._progress.step:
            case Step.TURN:
                self._announcer.ask(_ASK[self._progress.challenge], now_s)
            case Step.BACK:
                self._announcer.ask(Prompt.FACE_FORWARD, now_s)
            case Step.PASSED:
                self._passed_s = now_s
            case Step.FAILED:
                cause = self._progress.cause or Cause.TRACK_LOST
                raise FaceCheckError(Failure.FACE_NOT_LIVE, f"The challenge failed: {cause}. Try again, then staff.")

    def _collect(self, frame: Frame, faces: list[Face]) -> FaceFindings | None:
        quality = assess(frame.picture, faces, self._policy.quality)
        if quality.hint is not None:
            self._announcer.hint(quality.hint, frame.taken_s)
        else:
            self._keep(self._after, frame, faces[0], quality)
            self._after_seen += 1
        if self._after_seen > self._policy.comparison.frames_each:
            return self._findings()
        if frame.taken_s - self._passed_s > self._policy.after_s:
            raise FaceCheckError(Failure.FACE_UNCLEAR, "No clear frontal frame followed the challenge. Try again.")
        return None

    def _keep(self, kept: list[_Kept], frame: Frame, face: Face, quality: Quality) -> None:
        kept.append(_Kept(frame.picture, face, quality.sharpness, quality.light))
        kept.sort(key=lambda one: -one.sharpness)
        del kept[self._policy.comparison.frames_each :]

    def _findings(self) -> FaceFindings:
        rules = self._policy.comparison
        embeddings = [self._engine.embed(one.picture, one.face) for one in (*self._before, *self._after)]
        if not one_person(embeddings, rules):
            message = "The face before the challenge is not the face after it. Try again, then staff."
            raise FaceCheckError(Failure.FACE_NOT_LIVE, message)
        apart = distance(fuse(embeddings, rules), self._reference)
        match = Match(
            zone=zone(apart, rules),
            distance=round(apart, 3),
            match_at_most=rules.match_at_most,
            staff_at_most=rules.staff_at_most,
            engine=self._engine.name,
            grade=effective_grade(self._engine, self._policy),
            model_digests=self._engine.model_digests,
            frames=len(embeddings),
            policy_version=rules.version,
        )
        light = round(float(np.mean([one.light for one in (*self._before, *self._after)])))
        return FaceFindings(self._progress.evidence(self._passed_s), match, light)

    def _overdue(self) -> FaceCheckError:
        if not self._saw_a_face:
            return FaceCheckError(Failure.NO_FACE, "No face came before the camera. Check its view, then try again.")
        if self._progress.step is Step.FORWARD:
            message = "No frame was clear enough. Check light and lens, then try again."
            return FaceCheckError(Failure.FACE_UNCLEAR, message)
        return FaceCheckError(Failure.FACE_NOT_LIVE, "The challenge did not end in time. Try again, then staff.")


def effective_grade(engine: FaceEngine, policy: FacePolicy) -> Grade:
    """VERIFY only for an engine that can be trusted so far and thresholds that were calibrated for those it serves."""
    return engine.grade if policy.comparison.calibrated else Grade.ASSIST
