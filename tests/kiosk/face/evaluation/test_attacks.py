# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kiosk.enrollment.evidence import Grade
from kiosk.face.evaluation.attacks import BONA_FIDE, PadJudge, Presentations, judge_folder
from kiosk.face.evaluation.pairs import PairsError
from kiosk.face.evaluation.rates import Rate
from kiosk.face.policy import DLIB, POLICIES
from kiosk.face.shapes import Box, Embedding, Face, Landmarks, Picture
from tests.kiosk.face.evaluation.folders import specks
from tests.simulators.people import Act, PersonId, clip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

POLICY = POLICIES[DLIB]
RULES = POLICY.pad
FRAMES = RULES.frames_at_least
BLANK = Picture(np.zeros((480, 640, 3), np.uint8))
FACE = Face(Box(200, 100, 200, 200), Landmarks((250, 180), (350, 180), (300, 240)), 1.0)


@dataclass
class OneFace:
    """An engine that sees so many people in every frame."""

    people: int = 1
    name: str = "one-face"
    grade: Grade = Grade.ASSIST
    model_digests: tuple[str, ...] = ()

    def detect(self, picture: Picture) -> list[Face]:
        assert picture.ndim == 3
        return [FACE] * self.people

    def embed(self, picture: Picture, face: Face) -> Embedding:
        raise NotImplementedError


@dataclass
class Scripted:
    """A detector that gives these scores, one after another; the last one again and again."""

    scores: list[float | None]
    seen: int = 0
    model_digests: tuple[str, ...] = ("ab" * 32,)

    def score(self, picture: Picture, face: Face) -> float | None:
        assert (picture.ndim, face) == (3, FACE)
        self.seen += 1
        return self.scores.pop(0) if len(self.scores) > 1 else self.scores[0]


def frames(count: int, *, every_s: float = 1.0) -> Iterator[tuple[Picture, float]]:
    return ((BLANK, n * every_s) for n in range(count))


def judged(*scores: float | None, count: int = FRAMES, still: bool = False) -> bool | None:
    judge = PadJudge(OneFace(), Scripted([*scores]), POLICY)
    return judge.is_person(frames(count), still=still)


def test_a_window_is_judged_by_both_gates() -> None:
    assert judged(0.95)
    assert judged(0.1) is False
    assert judged(*[0.6] * FRAMES) is False  # the least is fine, the median is not


def test_a_window_that_is_too_short_gives_no_answer_unless_it_is_one_picture() -> None:
    assert judged(0.95, count=FRAMES - 1) is None
    assert judged(0.95, count=1, still=True)
    assert judged(None) is None


def test_frames_are_scored_no_more_often_than_at_the_kiosk() -> None:
    detector = Scripted([0.95])
    PadJudge(OneFace(), detector, POLICY).is_person(frames(60, every_s=RULES.every_s / 2.999), still=False)
    assert detector.seen == pytest.approx(20, abs=1)


@pytest.mark.parametrize("people", [0, 2])
def test_frames_without_exactly_one_person_give_no_answer(people: int) -> None:
    assert PadJudge(OneFace(people), Scripted([0.95]), POLICY).is_person(frames(30), still=False) is None


@dataclass
class ByFolder:
    """Answers by the order in which presentations come."""

    answers: list[bool | None]

    def is_person(self, frames: Iterator[tuple[Picture, float]], *, still: bool) -> bool | None:
        assert still
        assert len(list(frames)) == 1
        return self.answers.pop(0)


def test_the_worst_instrument_comes_first_and_people_stand_apart(tmp_path: Path) -> None:
    names = [f"{species}/{n}.jpg" for species in ("a print", BONA_FIDE, "screen") for n in range(4)]
    answers = [False, False, False, True, True, True, False, None, True, True, True, None]
    found = judge_folder(specks(tmp_path, *names), ByFolder(answers))
    assert list(found.species) == ["screen", "a print"]
    assert found.species["screen"] == Presentations(as_person=3, as_attack=0, not_responded=1)
    assert found.species["screen"].apcer == Rate(3, 3)
    assert found.species["a print"].apcer == Rate(1, 4)
    assert found.bona_fide is not None
    assert found.bona_fide.bpcer == Rate(1, 3)


def test_an_instrument_that_never_passed_is_not_called_harmless(tmp_path: Path) -> None:
    found = judge_folder(specks(tmp_path, "mask/1.jpg"), ByFolder([False]))
    assert found.species["mask"].apcer.value is None
    assert found.species["mask"].apcer.high == 1.0


@pytest.mark.parametrize(
    ("names", "sentence"), [((), "holds none"), (("1.jpg",), "holds none"), (("a|b/1.jpg",), "does not fit a table")]
)
def test_a_folder_without_attacks_is_refused(tmp_path: Path, names: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(PairsError, match=sentence):
        judge_folder(specks(tmp_path, *names), ByFolder([]))
    with pytest.raises(PairsError, match="no such folder"):
        judge_folder(tmp_path / "nowhere", ByFolder([]))


def test_a_clip_is_judged_over_its_frames_and_one_that_does_not_play_gives_no_answer(tmp_path: Path) -> None:
    (tmp_path / "print").mkdir()
    (tmp_path / "print" / "broken.avi").write_bytes(b"no film")
    clip(PersonId("demo-1"), tmp_path / "print" / "turned.avi", Act.FLAT_LEFT)
    detector = Scripted([0.95])
    judge = PadJudge(OneFace(), detector, replace(POLICY, pad=replace(RULES, every_s=0.5)))
    found = judge_folder(tmp_path, judge)
    assert found.species["print"] == Presentations(as_person=1, as_attack=0, not_responded=1)
    assert detector.seen == pytest.approx(16, abs=1)  # of eight seconds
