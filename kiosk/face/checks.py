# SPDX-License-Identifier: Apache-2.0
"""The session's `FaceExaminer`: proves camera and models fit, judges the portrait and runs an attempt.

No picture, landmark or embedding outlives `examine`; none is written, logged or put into an exception.
"""

from __future__ import annotations

import secrets
from itertools import islice
from typing import TYPE_CHECKING

from kiosk.enrollment.evidence import Challenge, Grade
from kiosk.enrollment.failures import FaceCheckError, Failure, Fault, FaultError
from kiosk.enrollment.states import Prompt
from kiosk.face.attempt import Announcer, Attempt, effective_grade
from kiosk.face.features import PictureError, decode_jpeg, resize
from kiosk.face.freshness import Freshness
from kiosk.face.policy import POLICIES

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from kiosk.enrollment.evidence import FaceFindings
    from kiosk.enrollment.ports import FaceObserver
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import Camera, Embedding, FaceEngine, Frame, Picture

_READY_FRAMES = 12  # more than `Freshness` needs to call a camera frozen
_PORTRAIT_GROWTH = 2  # measured: every card portrait is found after enlarging it twice


class FaceCheck:
    """Compares the person before `camera` with a portrait.

    Args:
        load_engine: verifies and loads the models; called once, at the first use.
        camera: is opened for each attempt and closed after it.
        allow_assist: whether an engine of grade ASSIST and a video file may serve; only under TEST and DEMO.
        choose: draws the challenge; a person must not be able to foresee it.
        policies: the rules of each engine by its name.
    """

    def __init__(
        self,
        *,
        load_engine: Callable[[], FaceEngine],
        camera: Camera,
        allow_assist: bool = False,
        choose: Callable[[tuple[Challenge, ...]], Challenge] = secrets.choice,
        policies: Mapping[str, FacePolicy] = POLICIES,
    ) -> None:
        self._load_engine = load_engine
        self._camera = camera
        self._allow_assist = allow_assist
        self._choose = choose
        self._policies = policies
        self._engine: FaceEngine | None = None

    def check_ready(self) -> None:
        """Verify and load the models, and take frames.

        Raises:
            FaultError: MODEL_MISSING, MODEL_ALTERED, MODEL_NOT_ALLOWED, CAMERA_ABSENT or CAMERA_FROZEN.
        """
        self._ready_engine()
        for _ in islice(self._frames(), _READY_FRAMES):
            pass

    def examine(self, portrait_jpeg: bytes, observer: FaceObserver, stop: threading.Event) -> FaceFindings:
        """Run one attempt.

        Raises:
            FaceCheckError: when it could not be judged; FACE_UNCLEAR also when `stop` ended it.
            FaultError: when camera or models fail.
        """
        engine, policy = self._ready_engine()
        announcer = Announcer(observer, policy)
        attempt = Attempt(
            engine=engine,
            policy=policy,
            reference=_reference(portrait_jpeg, engine, policy),
            challenge=self._choose((Challenge.TURN_LEFT, Challenge.TURN_RIGHT)),
            announcer=announcer,
        )
        for count, frame in enumerate(self._frames()):
            if stop.is_set():
                break
            if count == 0:
                announcer.ask(Prompt.STAND_HERE, frame.taken_s)
            findings = attempt.see(frame)
            if findings is not None:
                return findings
        raise FaceCheckError(Failure.FACE_UNCLEAR, "The attempt was stopped. Nothing needs to be done.")

    def _frames(self) -> Iterator[Frame]:
        if not (self._camera.is_sensor or self._allow_assist):
            message = "A video file stands in for the camera and may not serve LIVE. Set face camera to pi or usb."
            raise FaultError(Fault.CAMERA_ABSENT, message)
        freshness = Freshness()
        with self._camera as camera:
            while True:
                frame = camera.read()
                freshness.check(frame, is_sensor=camera.is_sensor)
                yield frame

    def _ready_engine(self) -> tuple[FaceEngine, FacePolicy]:
        engine = self._engine or self._load_engine()
        policy = self._policies.get(engine.name)
        if policy is None:
            message = f"No thresholds are known for the face engine {engine.name}. Install a policy for it."
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message)
        if effective_grade(engine, policy) is not Grade.VERIFY and not self._allow_assist:
            message = (
                f"The face engine {engine.name} with policy {policy.comparison.version} is of grade assist and may not"
                " serve LIVE. To serve it, calibrate the production models and sign a policy with their record;"
                " otherwise use the profile test."
            )
            raise FaultError(Fault.MODEL_NOT_ALLOWED, message)
        self._engine = engine
        return engine, policy


def _reference(portrait_jpeg: bytes, engine: FaceEngine, policy: FacePolicy) -> Embedding:
    picture = _portrait(portrait_jpeg, policy)
    faces = engine.detect(picture)
    if len(faces) != 1:
        message = "The chip's portrait does not show exactly one face that the engine finds. Staff must help."
        raise FaceCheckError(Failure.CARD_PORTRAIT_UNUSABLE, message)
    if faces[0].landmarks.eye_distance < policy.portrait_eyes_at_least_px * _PORTRAIT_GROWTH:
        message = "The face in the chip's portrait is too small to compare. Staff must help."
        raise FaceCheckError(Failure.CARD_PORTRAIT_UNUSABLE, message)
    return engine.embed(picture, faces[0])


def _portrait(portrait_jpeg: bytes, policy: FacePolicy) -> Picture:
    try:
        picture = decode_jpeg(portrait_jpeg, pixels_at_most=policy.portrait_pixels_at_most)
    except PictureError as error:
        message = "The chip's portrait is not a picture that can be opened. Staff must help."
        raise FaceCheckError(Failure.CARD_PORTRAIT_UNUSABLE, message) from error
    return resize(picture, picture.shape[1] * _PORTRAIT_GROWTH, picture.shape[0] * _PORTRAIT_GROWTH)
