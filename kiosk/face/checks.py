# SPDX-License-Identifier: Apache-2.0
"""The session's `FaceExaminer`: proves camera and models fit, judges the portrait and runs an attempt.

No picture, landmark or embedding outlives `examine`; none is written, logged or put into an exception.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from kiosk.enrollment.evidence import Grade
from kiosk.enrollment.failures import FaceCheckError, Failure, Fault, FaultError
from kiosk.enrollment.states import Prompt
from kiosk.face.announcer import Announcer
from kiosk.face.attempt import Attempt, effective_grade
from kiosk.face.challenges import Drawer
from kiosk.face.freshness import Freshness
from kiosk.face.instruments import NOTHING_INSTALLED, Instruments
from kiosk.face.policy import POLICIES
from kiosk.face.portrait import reference

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Mapping

    from kiosk.enrollment.evidence import FaceFindings
    from kiosk.enrollment.ports import FaceObserver
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import Camera, FaceEngine, Frame

_READY_FRAMES = 12  # more than `Freshness` needs to call a camera frozen


class FaceCheck:
    """Compares the person before `camera` with a portrait.

    Args:
        load_engine: verifies and loads the models; called once, at the first use.
        load_instruments: the same for what is installed beside the engine.
        camera: is opened for each attempt and closed after it.
        allow_assist: whether an engine of grade ASSIST and a video file may serve; only under TEST and DEMO.
        drawer: draws the challenges; a person must not be able to foresee them.
        policies: the rules of each engine by its name.
    """

    def __init__(
        self,
        *,
        load_engine: Callable[[], FaceEngine],
        camera: Camera,
        load_instruments: Callable[[], Instruments] = lambda: NOTHING_INSTALLED,
        allow_assist: bool = False,
        drawer: Drawer | None = None,
        policies: Mapping[str, FacePolicy] = POLICIES,
    ) -> None:
        self._load_engine = load_engine
        self._camera = camera
        self._allow_assist = allow_assist
        self._load_instruments = load_instruments
        self._drawer = drawer or Drawer()
        self._policies = policies
        self._freshness = Freshness()  # over all attempts: a film of one is known at the next
        self._engine: FaceEngine | None = None
        self._instruments: Instruments | None = None

    def check_ready(self) -> None:
        """Verify and load the models, and take frames.

        Raises:
            FaultError: MODEL_MISSING, MODEL_ALTERED, MODEL_NOT_ALLOWED, CAMERA_ABSENT or CAMERA_FROZEN.
        """
        _, policy = self._ready_engine()
        self._ready_instruments(policy)
        for _ in islice(self._frames(), _READY_FRAMES):
            pass

    def examine(self, portrait_jpeg: bytes, observer: FaceObserver, stop: threading.Event) -> FaceFindings:
        """Run one attempt.

        Raises:
            FaceCheckError: when it could not be judged; FACE_UNCLEAR also when `stop` ended it.
            FaultError: when camera or models fail.
        """
        engine, policy = self._ready_engine()
        instruments = self._ready_instruments(policy)
        announcer = Announcer(observer, policy)
        attempt = Attempt(
            engine=engine,
            instruments=instruments,
            policy=policy,
            reference=reference(portrait_jpeg, engine, policy),
            challenges=self._drawer.draw(mesh=bool(instruments.mesh_finder.model_digests)),
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
        with self._camera as camera:
            while True:
                frame = camera.read()
                self._freshness.check(frame, is_sensor=camera.is_sensor)
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

    def _ready_instruments(self, policy: FacePolicy) -> Instruments:
        instruments = self._instruments or self._load_instruments()
        if policy.pad.required and not instruments.attack_detector.model_digests:
            message = "This policy asks for the passive check, and its models are not installed. Install the pad pack."
            raise FaultError(Fault.MODEL_MISSING, message)
        self._instruments = instruments
        return instruments
