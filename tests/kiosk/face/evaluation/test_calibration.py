# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kiosk.face.evaluation.calibration import SLICE_PEOPLE_AT_LEAST, Calibration, record_of
from kiosk.face.evaluation.card import BYTES_AT_MOST, HEIGHT, WIDTH, chip_portrait
from kiosk.face.evaluation.comparisons import Compared, Described, KioskDescriber, as_filmed, compare, describe
from kiosk.face.evaluation.pairs import PairsError, People, Photo, Slices, read_people
from kiosk.face.evaluation.plan import Plan, plan_visits
from kiosk.face.evaluation.rates import Scores, operating_point
from kiosk.face.evaluation.record import to_bytes
from kiosk.face.evaluation.report import CANNOT_BE_TOLD, percent, report
from kiosk.face.features import decode_jpeg
from kiosk.face.policy import DLIB, POLICIES
from tests.kiosk.face.evaluation.folders import specks
from tests.simulators.people_folder import people_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from kiosk.face.evaluation.comparisons import Vector
    from kiosk.face.shapes import FaceEngine, Picture

RULES = POLICIES[DLIB].comparison


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return people_folder(tmp_path_factory.mktemp("people"), people=3, pictures=4)


@dataclass(frozen=True)
class Measured:
    calibration: Calibration
    single: Compared


def measure(folder: Path, engine: FaceEngine) -> Measured:
    plan = plan_visits(read_people(folder))
    (described,) = describe(plan, engine, [KioskDescriber(engine, POLICIES[engine.name])])
    compared = compare(plan, described)
    calibration = Calibration(engine.name, engine.model_digests, "generated people", plan, compared)
    return Measured(calibration, compare(plan.with_frames(1), described))


@pytest.fixture(scope="module")
def measured(generated: Path, engine: FaceEngine) -> Measured:
    return measure(generated, engine)


def test_generated_people_are_told_apart(measured: Measured) -> None:
    scores = measured.calibration.scores
    assert len(scores.genuine) == 12
    assert len(scores.impostor) == 6
    assert scores.genuine[-1] < RULES.match_at_most
    assert scores.impostor[0] > RULES.staff_at_most


def test_three_frames_lie_closer_to_the_card_than_one(measured: Measured) -> None:
    fused, single = measured.calibration.compared, measured.single
    assert np.median(fused.genuine) < np.median(single.genuine)


def test_three_people_tell_no_rate_at_all(measured: Measured) -> None:
    record = record_of(measured.calibration)
    assert record.eer is None
    assert record.operating_points == ()
    assert record.cannot_be_told == (1e-2, 1e-3, 1e-4)
    told = report(measured.calibration, measured.single, RULES)
    assert told.count(f"{CANNOT_BE_TOLD} (needs 30,000 false pairs)") == 2
    assert "| 0 %" not in told


def test_the_same_folder_gives_the_same_bytes(generated: Path, engine: FaceEngine, measured: Measured) -> None:
    again = measure(generated, engine)
    assert to_bytes(record_of(again.calibration)) == to_bytes(record_of(measured.calibration))
    assert report(again.calibration, again.single, RULES) == report(measured.calibration, measured.single, RULES)


def test_neither_record_nor_report_names_a_person_or_a_picture(measured: Measured) -> None:
    said = to_bytes(record_of(measured.calibration)).decode() + report(measured.calibration, measured.single, RULES)
    assert "demo-" not in said
    assert ".jpg" not in said
    assert "/tmp" not in said  # noqa: S108 - no path is opened


def test_a_simulated_card_is_what_a_chip_can_store(generated: Path, engine: FaceEngine) -> None:
    picture = as_filmed((generated / "demo-1" / "1.jpg").read_bytes())
    assert picture is not None
    jpeg = chip_portrait(picture, engine.detect(picture)[0].landmarks)
    portrait = decode_jpeg(jpeg, pixels_at_most=WIDTH * HEIGHT)
    assert portrait.shape == (HEIGHT, WIDTH, 3)
    assert BYTES_AT_MOST - 600 < len(jpeg) <= BYTES_AT_MOST
    assert b"\xff\xc0" in jpeg  # SOF0: baseline


@pytest.mark.parametrize(
    ("size", "fitted"), [((480, 640), (480, 640)), ((1200, 900), (480, 360)), ((64, 64), (480, 480))]
)
def test_a_photo_is_brought_to_the_size_of_a_camera_picture(size: tuple[int, int], fitted: tuple[int, int]) -> None:
    import cv2  # noqa: PLC0415 - only to make a picture

    content = cv2.imencode(".jpg", np.full((*size, 3), 90, np.uint8))[1].tobytes()
    picture = as_filmed(content)
    assert picture is not None
    assert picture.shape[:2] == fitted


@dataclass(frozen=True)
class Numbers:
    """Describes a picture by a number that was agreed upon, so that errors can be counted by hand."""

    name: str = "numbers"

    def live(self, picture: Picture) -> Vector | None:
        raise NotImplementedError

    def card(self, portrait_jpeg: bytes) -> Vector | None:
        raise NotImplementedError

    def fused(self, vectors: Sequence[Vector]) -> Vector:
        return np.asarray(np.mean(vectors, axis=0), np.float32)


def agreed(places: Mapping[int, float | None]) -> Described:
    vectors: dict[int, Vector | None] = {
        place: None if value is None else np.array([value], np.float32) for place, value in places.items()
    }
    return Described(Numbers(), live=vectors, card=vectors)


def test_a_visit_takes_the_next_picture_where_one_shows_no_face(tmp_path: Path) -> None:
    names = [f"{name}/{n}.jpg" for name in "ab" for n in range(5)]
    plan = plan_visits(read_people(specks(tmp_path, *names)))
    places = dict(zip(range(10), [0, None, 1, 2, 3, 8, 8, 8, 8, 8], strict=True))
    compared = compare(plan, agreed(places))
    assert compared.genuine[0] == 2  # the mean of 1, 2 and 3, against 0
    assert np.isnan(compared.genuine[1])  # the card shows no face
    assert compared.genuine[2:5].tolist() == pytest.approx([abs(1 - 5 / 3), abs(2 - 4 / 3), 2], abs=1e-6)


def test_pictures_without_a_face_compare_nothing(tmp_path: Path) -> None:
    plan = plan_visits(read_people(specks(tmp_path, "a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg")))
    with pytest.raises(PairsError, match="no picture was a face found"):
        compare(plan, agreed(dict.fromkeys(range(4))))
    with pytest.raises(PairsError, match="Too few pictures"):
        compare(plan, agreed({0: 1.0, 1: None, 2: 1.0, 3: None}))


def many(tmp_path: Path, people: int) -> Plan:
    photos = tuple(Photo(tmp_path / "none.jpg", person) for person in range(people) for _ in range(2))
    return plan_visits(People(tuple(f"p{person:03}" for person in range(people)), photos))


def sliced(plan: Plan, members: dict[str, frozenset[int]]) -> Calibration:
    # Persons below 20 lie close together, everybody else far apart, and no two distances are the same.
    where = {place: (place // 2) ** 2 * (0.01 if place < 40 else 10.0) + 0.001 * (place % 2) for place in range(2 * 40)}
    compared = compare(plan, agreed(where))
    return Calibration("engine", ("ab" * 32,), "numbers", plan, compared, Slices(members, 0))


def test_a_slice_is_measured_at_everybodys_threshold_and_at_its_own(tmp_path: Path) -> None:
    plan = many(tmp_path, 40)
    calibration = sliced(plan, {"close": frozenset(range(20)), "apart": frozenset(range(20, 40))})
    record = record_of(calibration)
    everybody = record.operating_points[0]
    close, apart = record.slices["close"], record.slices["apart"]
    assert everybody.false_matches == 14  # of 1,560; two more lie at one distance, and 16 would be too many
    assert close.fmr_at_threshold[0].fmr_at_threshold.errors == everybody.false_matches
    assert close.fmr_at_threshold[0].fmr_at_threshold.trials == 380
    assert apart.fmr_at_threshold[0].fmr_at_threshold.rate is None
    assert close.own_operating_points[0].threshold < everybody.threshold
    told = report(calibration, None, RULES)
    assert "close" in told
    assert f"{1560 / 380:.2g} at 0.01" in told


def test_a_slice_of_very_few_people_is_only_counted(tmp_path: Path) -> None:
    few = frozenset(range(SLICE_PEOPLE_AT_LEAST - 1))
    calibration = sliced(many(tmp_path, 40), {"few": few})
    assert record_of(calibration).slices["few"].fmr_at_threshold == ()
    assert "fewer than 5 people" in report(calibration, None, RULES)


def test_operating_points_of_a_record_are_those_of_its_scores(tmp_path: Path) -> None:
    calibration = sliced(many(tmp_path, 40), {})
    found = operating_point(calibration.scores, 1e-2).point
    recorded = record_of(calibration).operating_points[0]
    assert found is not None
    assert (recorded.threshold, recorded.false_matches, recorded.impostor) == (
        found.threshold,
        found.fmr.errors,
        found.fmr.trials,
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.0212, "2.12 %"), (1.1e-5, "0.0011 %"), (1e-7, "0.00001 %"), (0.5, "50 %"), (1.0, "100 %"), (0.14162, "14.2 %")],
)
def test_a_percentage_has_three_digits(value: float, shown: str) -> None:
    assert percent(value) == shown


def test_scores_of_a_slice_are_those_of_its_members_on_both_sides(tmp_path: Path) -> None:
    calibration = sliced(many(tmp_path, 40), {})
    scores = calibration.scores_of(frozenset({0, 1, 30}))
    assert isinstance(scores, Scores)
    assert (len(scores.genuine), len(scores.impostor)) == (6, 6)
