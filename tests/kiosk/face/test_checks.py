# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.evidence import Challenge, Grade, Zone
from kiosk.enrollment.failures import FaceCheckError, Failure, Fault, FaultError
from kiosk.enrollment.states import Prompt
from kiosk.face.attempt import Announcer
from kiosk.face.camera_v4l2 import FileCamera
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.policy import DLIB, POLICIES
from kiosk.face.shapes import Frame, Picture
from tests.kiosk.face.conftest import Booth, Watching
from tests.simulators.people import Act, PersonId, clip_in, crowd, darkness, empty_room, portrait_jpeg

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import FaceEngine

ANAN, BUSABA = PersonId("demo-1"), PersonId("demo-4")
TURNS = [(Act.LEFT, Challenge.TURN_LEFT), (Act.RIGHT, Challenge.TURN_RIGHT)]


@pytest.mark.parametrize(("act", "challenge"), TURNS)
def test_a_person_who_turns_as_asked_matches_their_own_portrait(
    booth: Booth, clips: Path, seen: Watching, act: Act, challenge: Challenge
) -> None:
    findings = booth.examine(clip_in(clips, ANAN, act), portrait_jpeg(ANAN), challenge, seen)
    assert findings.liveness.passed
    assert findings.liveness.challenges == (challenge,)
    assert findings.match.zone is Zone.MATCH
    assert findings.match.frames >= 3
    assert findings.match.grade is Grade.ASSIST
    assert seen.prompts == [Prompt.STAND_HERE, Prompt(challenge.value), Prompt.FACE_FORWARD]


def test_another_persons_portrait_is_no_match(booth: Booth, clips: Path, seen: Watching) -> None:
    findings = booth.examine(clip_in(clips, ANAN, Act.LEFT), portrait_jpeg(BUSABA), Challenge.TURN_LEFT, seen)
    assert findings.liveness.passed
    assert findings.match.zone is Zone.NO_MATCH


@pytest.mark.parametrize(("act", "challenge"), [(Act.RIGHT, Challenge.TURN_LEFT), (Act.LEFT, Challenge.TURN_RIGHT)])
def test_turning_the_other_way_is_not_live(
    booth: Booth, clips: Path, seen: Watching, act: Act, challenge: Challenge
) -> None:
    with pytest.raises(FaceCheckError, match="other way") as caught:
        booth.examine(clip_in(clips, ANAN, act), portrait_jpeg(ANAN), challenge, seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


@pytest.mark.parametrize("act", [Act.FRONT, Act.FLAT_LEFT])
def test_a_still_person_and_a_turned_print_are_not_live(booth: Booth, clips: Path, seen: Watching, act: Act) -> None:
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(clip_in(clips, ANAN, act), portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


def test_somebody_else_after_the_turn_is_not_live(booth: Booth, clips: Path, seen: Watching) -> None:
    # A film cut: the first person turns, the second one looks into the camera after it.
    one, other = (_frames(clip_in(clips, person, Act.LEFT)) for person in (ANAN, BUSABA))
    swapped = clips / "swapped.avi"
    writer = cv2.VideoWriter(str(swapped), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    for image in one[:32] + other[32:]:
        writer.write(image)
    writer.release()
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(swapped, portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


def _frames(path: Path) -> list[cv2.typing.MatLike]:
    capture, images = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        images.append(read[1])
    return images


def test_nobody_before_the_camera_fails_closed(booth: Booth, clips: Path, seen: Watching) -> None:
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(empty_room(clips / "empty.avi"), portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen, attempt_s=2.0)
    assert caught.value.failure is Failure.NO_FACE
    assert Prompt.NO_FACE in seen.prompts


def test_a_dark_room_is_told(booth: Booth, clips: Path, seen: Watching) -> None:
    with pytest.raises(FaceCheckError):
        booth.examine(darkness(clips / "dark.avi"), portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen, attempt_s=2.0)
    assert Prompt.TOO_DARK in seen.prompts


def test_two_people_are_asked_to_be_one_and_never_judged(booth: Booth, clips: Path, seen: Watching) -> None:
    video = crowd((ANAN, BUSABA), clips / "crowd.avi")
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(video, portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen, attempt_s=2.5)
    assert caught.value.failure is Failure.FACE_UNCLEAR
    assert seen.prompts == [Prompt.STAND_HERE, Prompt.ONE_PERSON]


def test_stop_ends_the_attempt_at_the_next_frame(booth: Booth, clips: Path) -> None:
    seen = Watching(stop_at=Prompt.TURN_LEFT)
    with pytest.raises(FaceCheckError, match="stopped"):
        booth.examine(clip_in(clips, ANAN, Act.LEFT), portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen)
    assert seen.prompts[-1] is Prompt.TURN_LEFT


def test_previews_are_small_mirrored_and_not_too_many(booth: Booth, clips: Path, seen: Watching) -> None:
    video = clip_in(clips, ANAN, Act.LEFT)
    booth.examine(video, portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen)
    assert {(width, height, len(rgb)) for width, height, rgb in seen.previews} == {(56, 42, 56 * 42 * 3)}
    assert 10 <= len(seen.previews) <= 40  # 3 to 4 s of film at about 8 a second
    shown = np.frombuffer(seen.previews[0][2], np.uint8).reshape(42, 56, 3).astype(int)
    small = cv2.resize(_frames(video)[0], (56, 42), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    assert np.abs(shown - small[:, ::-1]).mean() < 3 < np.abs(shown - small).mean()


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8\xff\xd9", b"GIF89a" + bytes(20)])
def test_a_portrait_that_is_no_picture_is_unusable(booth: Booth, clips: Path, seen: Watching, jpeg: bytes) -> None:
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(clip_in(clips, ANAN, Act.LEFT), jpeg, Challenge.TURN_LEFT, seen)
    assert caught.value.failure is Failure.CARD_PORTRAIT_UNUSABLE


def test_a_portrait_with_a_tiny_face_is_unusable(booth: Booth, clips: Path, seen: Watching) -> None:
    small = cv2.resize(_frames(clip_in(clips, ANAN, Act.LEFT))[0], (166, 124), interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", small)[1].tobytes()
    with pytest.raises(FaceCheckError, match="too small") as caught:
        booth.examine(clip_in(clips, ANAN, Act.LEFT), jpeg, Challenge.TURN_LEFT, seen)
    assert caught.value.failure is Failure.CARD_PORTRAIT_UNUSABLE


def test_an_engine_of_grade_assist_is_refused_where_it_is_not_allowed(engine: FaceEngine, clips: Path) -> None:
    check = FaceCheck(load_engine=lambda: engine, camera=FileCamera(clip_in(clips, ANAN, Act.LEFT), realtime=False))
    with pytest.raises(FaultError, match="assist") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


class _Uncalibrated:
    """An engine that may be graded VERIFY, under its shipped policy, which is an estimate."""

    name = "opencv-yunet-sface"
    grade = Grade.VERIFY
    model_digests = ("0" * 64,)

    def __init__(self, engine: FaceEngine) -> None:
        self.detect = engine.detect
        self.embed = engine.embed


def test_thresholds_that_nobody_calibrated_are_refused_in_live(engine: FaceEngine, clips: Path) -> None:
    camera = FileCamera(clip_in(clips, ANAN, Act.LEFT), realtime=False)
    check = FaceCheck(load_engine=lambda: _Uncalibrated(engine), camera=camera)
    with pytest.raises(FaultError, match="calibrate") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


def test_a_video_file_is_no_camera_in_live(engine: FaceEngine, clips: Path) -> None:
    shipped = POLICIES[_Uncalibrated.name]
    calibrated = replace(shipped, comparison=replace(shipped.comparison, calibrated=True))
    check = FaceCheck(
        load_engine=lambda: _Uncalibrated(engine),
        camera=FileCamera(clip_in(clips, ANAN, Act.LEFT), realtime=False),
        policies={_Uncalibrated.name: calibrated},
    )
    with pytest.raises(FaultError, match="video file") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.CAMERA_ABSENT


def test_a_kiosk_with_camera_and_models_is_ready(booth: Booth, clips: Path) -> None:
    booth.check(FileCamera(clip_in(clips, ANAN, Act.LEFT), realtime=False), Challenge.TURN_LEFT).check_ready()


def test_a_kiosk_without_a_camera_is_not_ready(booth: Booth, tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        booth.check(FileCamera(tmp_path / "absent.avi"), Challenge.TURN_LEFT).check_ready()
    assert caught.value.fault is Fault.CAMERA_ABSENT


class _StuckSensor(FileCamera):
    """A sensor whose driver hands out its first frame again and again."""

    is_sensor = True
    first: Picture | None = None

    def read(self) -> Frame:
        frame = super().read()
        self.first = frame.picture if self.first is None else self.first
        return Frame(self.first, frame.taken_s, frame.sequence)


def test_a_sensor_that_repeats_one_frame_is_frozen(booth: Booth, clips: Path) -> None:
    camera = _StuckSensor(clip_in(clips, ANAN, Act.LEFT), realtime=False)
    with pytest.raises(FaultError) as caught:
        booth.check(camera, Challenge.TURN_LEFT).check_ready()
    assert caught.value.fault is Fault.CAMERA_FROZEN


def test_a_covered_sensor_is_dark_and_not_frozen(booth: Booth, clips: Path) -> None:
    booth.check(_StuckSensor(darkness(clips / "covered.avi"), realtime=False), Challenge.TURN_LEFT).check_ready()


def test_a_film_of_one_still_picture_is_not_frozen(booth: Booth, tmp_path: Path) -> None:
    gradient = np.tile(np.linspace(0, 255, 640, dtype=np.uint8)[None, :, None], (480, 1, 3))
    writer = cv2.VideoWriter(str(tmp_path / "still.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    for _ in range(15):
        writer.write(gradient)
    writer.release()
    booth.check(FileCamera(tmp_path / "still.avi", realtime=False), Challenge.TURN_LEFT).check_ready()


@pytest.mark.parametrize(("act", "challenge"), TURNS)
def test_the_opencv_engine_tells_people_apart_too(
    model_folder: Path, clips: Path, act: Act, challenge: Challenge
) -> None:
    bench = Booth(load_engine(EngineChoice.BENCH, model_folder))
    video = clip_in(clips, ANAN, act)
    own = bench.examine(video, portrait_jpeg(ANAN), challenge, Watching())
    other = bench.examine(video, portrait_jpeg(BUSABA), challenge, Watching())
    assert (own.match.zone, other.match.zone) == (Zone.MATCH, Zone.NO_MATCH)
    assert own.liveness.parallax >= 0.13


def test_a_print_turned_before_the_opencv_engine_is_not_live(model_folder: Path, clips: Path, seen: Watching) -> None:
    bench = Booth(load_engine(EngineChoice.BENCH, model_folder))
    with pytest.raises(FaceCheckError) as caught:
        bench.examine(clip_in(clips, ANAN, Act.FLAT_LEFT), portrait_jpeg(ANAN), Challenge.TURN_LEFT, seen)
    assert caught.value.failure is Failure.FACE_NOT_LIVE


def test_hints_are_spaced_so_that_they_can_be_read_but_the_challenge_does_not_wait(seen: Watching) -> None:
    announcer = Announcer(seen, POLICIES[DLIB])
    announcer.hint(Prompt.NO_FACE, 10.0)
    announcer.hint(Prompt.TOO_DARK, 11.1)
    announcer.hint(Prompt.COME_CLOSER, 11.3)
    announcer.hint(Prompt.COME_CLOSER, 13.0)
    announcer.ask(Prompt.TURN_LEFT, 13.1)
    assert seen.prompts == [Prompt.NO_FACE, Prompt.COME_CLOSER, Prompt.TURN_LEFT]
