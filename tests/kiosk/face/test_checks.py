# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from kiosk.enrollment.evidence import Challenge, Grade, Zone
from kiosk.enrollment.failures import FaceCheckError, Failure, Fault, FaultError
from kiosk.enrollment.measures import METER_GOOD, Meters
from kiosk.enrollment.states import Prompt
from kiosk.face.camera_file import FileCamera
from kiosk.face.challenges import Drawer
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.policy import POLICIES
from kiosk.face.shapes import Frame, Picture
from tests.kiosk.face.conftest import Booth, Watching
from tests.simulators.people import Act, PersonId, clip_in, crowd, darkness, empty_room, portrait_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.face.challenges import Pair
    from kiosk.face.shapes import FaceEngine

ANAN, BUSABA = PersonId("demo-1"), PersonId("demo-4")
LEFT_THEN_UP: Pair = (Challenge.TURN_LEFT, Challenge.LOOK_UP)
ACTS = (Act.LEFT, Act.UP)
ACTED = {
    Challenge.TURN_LEFT: Act.LEFT,
    Challenge.TURN_RIGHT: Act.RIGHT,
    Challenge.LOOK_UP: Act.UP,
    Challenge.COME_CLOSER: Act.CLOSER,
}
TURNED_OR_LIFTED = (Challenge.TURN_LEFT, Challenge.TURN_RIGHT, Challenge.LOOK_UP)
ASKED_AS = {Challenge.COME_CLOSER: Prompt.LEAN_IN}


@pytest.mark.parametrize(
    "asked",
    [
        (Challenge.TURN_LEFT, Challenge.TURN_RIGHT),
        (Challenge.LOOK_UP, Challenge.TURN_RIGHT),
        (Challenge.COME_CLOSER, Challenge.TURN_LEFT),
    ],
)
def test_a_person_who_does_as_asked_matches_their_own_portrait(
    booth: Booth, clips: Path, seen: Watching, asked: Pair
) -> None:
    film = clip_in(clips, ANAN, *(ACTED[action] for action in asked))
    findings = booth.examine(film, portrait_jpeg(ANAN), asked, seen)
    assert findings.liveness.passed
    assert findings.liveness.challenges == asked
    assert findings.liveness.pad is None
    assert findings.liveness.duration_ms < 8000
    assert findings.match.zone is Zone.MATCH
    assert findings.match.frames == 3
    assert findings.match.grade is Grade.ASSIST
    assert 40 < findings.light < 220
    prompts = [Prompt.STAND_HERE]
    for action in asked:
        prompts.append(ASKED_AS.get(action) or Prompt(action.value))
        prompts += [Prompt.FACE_FORWARD] if action in TURNED_OR_LIFTED else []
    assert seen.prompts == prompts


def test_another_persons_portrait_is_no_match(booth: Booth, clips: Path, seen: Watching) -> None:
    findings = booth.examine(clip_in(clips, ANAN, *ACTS), portrait_jpeg(BUSABA), LEFT_THEN_UP, seen)
    assert findings.liveness.passed
    assert findings.match.zone is Zone.NO_MATCH


def test_nobody_before_the_camera_fails_closed(booth: Booth, clips: Path, seen: Watching) -> None:
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(empty_room(clips / "empty.avi"), portrait_jpeg(ANAN), LEFT_THEN_UP, seen, attempt_s=2.0)
    assert caught.value.failure is Failure.NO_FACE
    assert Prompt.NO_FACE in seen.prompts


def test_a_dark_room_is_told(booth: Booth, clips: Path, seen: Watching) -> None:
    with pytest.raises(FaceCheckError):
        booth.examine(darkness(clips / "dark.avi"), portrait_jpeg(ANAN), LEFT_THEN_UP, seen, attempt_s=2.0)
    assert Prompt.TOO_DARK in seen.prompts


def test_two_people_are_asked_to_be_one_and_never_judged(booth: Booth, clips: Path, seen: Watching) -> None:
    video = crowd((ANAN, BUSABA), clips / "crowd.avi")
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(video, portrait_jpeg(ANAN), LEFT_THEN_UP, seen, attempt_s=2.5)
    assert caught.value.failure is Failure.FACE_UNCLEAR
    assert seen.prompts == [Prompt.STAND_HERE, Prompt.ONE_PERSON]


def test_stop_ends_the_attempt_at_the_next_frame(booth: Booth, clips: Path) -> None:
    seen = Watching(stop_at=Prompt.TURN_LEFT)
    with pytest.raises(FaceCheckError, match="stopped"):
        booth.examine(clip_in(clips, ANAN, *ACTS), portrait_jpeg(ANAN), LEFT_THEN_UP, seen)
    assert seen.prompts[-1] is Prompt.TURN_LEFT


@pytest.fixture(scope="module")
def shown(booth: Booth, clips: Path) -> Watching:
    """What a screen shows of one attempt that succeeds."""
    watching = Watching()
    booth.examine(clip_in(clips, ANAN, *ACTS), portrait_jpeg(ANAN), LEFT_THEN_UP, watching)
    return watching


def test_previews_are_small_mirrored_and_not_too_many(clips: Path, shown: Watching) -> None:
    video, seen = clip_in(clips, ANAN, *ACTS), shown
    assert {(width, height, len(rgb)) for width, height, rgb in seen.previews} == {(240, 180, 240 * 180 * 3)}
    assert 60 <= len(seen.previews) <= 130  # 6 to 8 s of film, 10 to 16 a second
    preview = np.frombuffer(seen.previews[0][2], np.uint8).reshape(180, 240, 3).astype(int)
    with FileCamera(video, realtime=False) as camera:
        first = camera.read().picture
    small = cv2.resize(first, (240, 180), interpolation=cv2.INTER_AREA)[:, :, ::-1]
    assert np.abs(preview - small[:, ::-1]).mean() < 3 < np.abs(preview - small).mean()


def test_the_meters_of_an_attempt_are_good_before_and_after_the_challenge_and_seldom_move(shown: Watching) -> None:
    placed = [meters for meters in shown.meters if meters != Meters()]
    assert placed
    assert {meters.distance in METER_GOOD and meters.light in METER_GOOD for meters in placed} == {True}
    assert shown.meters[0] in placed
    assert Meters() in shown.meters
    assert len(shown.meters) <= len(shown.previews) / 4


def test_a_portrait_that_is_no_picture_is_unusable_and_no_camera_is_opened(booth: Booth, seen: Watching) -> None:
    with pytest.raises(FaceCheckError) as caught:
        booth.examine(Path("nowhere.avi"), b"", LEFT_THEN_UP, seen)
    assert caught.value.failure is Failure.CARD_PORTRAIT_UNUSABLE
    assert seen.prompts == []


def test_an_engine_of_grade_assist_is_refused_where_it_is_not_allowed(engine: FaceEngine, clips: Path) -> None:
    check = FaceCheck(load_engine=lambda: engine, camera=FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False))
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
    camera = FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False)
    check = FaceCheck(load_engine=lambda: _Uncalibrated(engine), camera=camera)
    with pytest.raises(FaultError, match="calibrate") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


def test_a_video_file_is_no_camera_in_live(engine: FaceEngine, clips: Path) -> None:
    shipped = POLICIES[_Uncalibrated.name]
    calibrated = replace(shipped, comparison=replace(shipped.comparison, calibrated=True))
    check = FaceCheck(
        load_engine=lambda: _Uncalibrated(engine),
        camera=FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False),
        policies={_Uncalibrated.name: calibrated},
    )
    with pytest.raises(FaultError, match="video file") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.CAMERA_ABSENT


def test_a_kiosk_with_camera_and_models_is_ready(booth: Booth, clips: Path) -> None:
    booth.check(FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False), LEFT_THEN_UP).check_ready()


def test_a_kiosk_without_a_camera_is_not_ready(booth: Booth, tmp_path: Path) -> None:
    with pytest.raises(FaultError) as caught:
        booth.check(FileCamera(tmp_path / "absent.avi"), LEFT_THEN_UP).check_ready()
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
    camera = _StuckSensor(clip_in(clips, ANAN, *ACTS), realtime=False)
    with pytest.raises(FaultError) as caught:
        booth.check(camera, LEFT_THEN_UP).check_ready()
    assert caught.value.fault is Fault.CAMERA_FROZEN


class _Played(FileCamera):
    """A film that is fed to the kiosk in a sensor's place."""

    is_sensor = True


def test_a_film_that_a_sensor_showed_before_is_known_when_it_comes_again(booth: Booth, clips: Path) -> None:
    check = booth.check(_Played(clip_in(clips, ANAN, *ACTS), realtime=False), LEFT_THEN_UP)
    check.check_ready()
    with pytest.raises(FaultError, match="what it has shown") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.CAMERA_FROZEN


def test_a_covered_sensor_is_dark_and_not_frozen(booth: Booth, clips: Path) -> None:
    booth.check(_StuckSensor(darkness(clips / "covered.avi"), realtime=False), LEFT_THEN_UP).check_ready()


def test_a_film_of_one_still_picture_is_not_frozen(booth: Booth, tmp_path: Path) -> None:
    gradient = np.tile(np.linspace(0, 255, 640, dtype=np.uint8)[None, :, None], (480, 1, 3))
    writer = cv2.VideoWriter(str(tmp_path / "still.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 15, (640, 480))
    for _ in range(15):
        writer.write(gradient)
    writer.release()
    booth.check(FileCamera(tmp_path / "still.avi", realtime=False), LEFT_THEN_UP).check_ready()


def test_the_opencv_engine_tells_people_apart_too(model_folder: Path, clips: Path) -> None:
    bench = Booth(load_engine(EngineChoice.BENCH, model_folder))
    video = clip_in(clips, ANAN, *ACTS)
    own = bench.examine(video, portrait_jpeg(ANAN), LEFT_THEN_UP, Watching())
    other = bench.examine(video, portrait_jpeg(BUSABA), LEFT_THEN_UP, Watching())
    assert (own.match.zone, other.match.zone) == (Zone.MATCH, Zone.NO_MATCH)
    assert own.liveness.parallax >= POLICIES[bench.engine.name].challenge.parallax_at_least


@pytest.mark.parametrize(
    "asked", [(Challenge.BLINK, Challenge.TURN_LEFT), (Challenge.TURN_RIGHT, Challenge.OPEN_MOUTH)]
)
def test_where_a_mesh_is_installed_lids_and_lips_are_judged(
    equipped: Booth, clips: Path, seen: Watching, asked: Pair
) -> None:
    acts = {**ACTED, Challenge.BLINK: Act.BLINK, Challenge.OPEN_MOUTH: Act.MOUTH}
    film = clip_in(clips, BUSABA, *(acts[action] for action in asked))
    findings = equipped.examine(film, portrait_jpeg(BUSABA), asked, seen)
    assert findings.liveness.challenges == asked
    assert findings.liveness.pad is not None
    assert findings.liveness.pad.frames >= 8
    assert findings.match.zone is Zone.MATCH
    assert len(findings.match.model_digests) == 5


def test_a_policy_that_asks_for_the_passive_check_does_not_serve_without_it(engine: FaceEngine, clips: Path) -> None:
    shipped = POLICIES[engine.name]
    check = FaceCheck(
        load_engine=lambda: engine,
        camera=FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False),
        allow_assist=True,
        policies={engine.name: replace(shipped, pad=replace(shipped.pad, required=True))},
    )
    with pytest.raises(FaultError, match="passive check") as caught:
        check.check_ready()
    assert caught.value.fault is Fault.MODEL_MISSING


def test_no_attempt_of_a_session_can_be_asked_what_an_earlier_one_was(engine: FaceEngine, clips: Path) -> None:
    offered: list[Sequence[Pair]] = []

    def first(pairs: Sequence[Pair]) -> Pair:
        offered.append(pairs)
        return pairs[0]

    check = FaceCheck(
        load_engine=lambda: engine,
        camera=FileCamera(clip_in(clips, ANAN, *ACTS), realtime=False),
        allow_assist=True,
        drawer=Drawer(first),
    )
    stopped = Watching()
    stopped.stop.set()
    for _ in range(2):
        with pytest.raises(FaceCheckError, match="stopped"):
            check.examine(portrait_jpeg(ANAN), stopped, stopped.stop)
    assert offered[0][0] not in offered[1]
    assert len(offered[1]) == 9
