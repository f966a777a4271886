# SPDX-License-Identifier: Apache-2.0
"""Error rates of the passive attack detection on a folder of presentations, in the words of ISO/IEC 30107-3.

`<instrument>/` holds presentations of one species of attack instrument, `bona_fide/` those of people. A presentation is
a clip or a folder of frames, judged as the kiosk judges a visit, or a picture, which stands for a window of itself.
This is the detector alone: the challenge, the comparison and the person watching are not in these rates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kiosk.enrollment.failures import FaultError
from kiosk.face.camera_file import FileCamera
from kiosk.face.evaluation.comparisons import as_filmed
from kiosk.face.evaluation.pairs import PairsError, content_of
from kiosk.face.evaluation.rates import Rate
from kiosk.face.pad import is_person, summary
from kiosk.face.quality import has_company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import AttackDetector, FaceEngine, Picture

BONA_FIDE = "bona_fide"
_PICTURES = frozenset({".jpg", ".jpeg"})
_CLIPS = frozenset({".avi", ".mkv", ".mov", ".mp4", ".webm"})
_CLIP_S = 8.0  # of a clip; a shorter one begins again
_NAME_AT_MOST = 40


class PresentationJudge(Protocol):
    """Classifies one presentation."""

    def is_person(self, frames: Iterator[tuple[Picture, float]], *, still: bool) -> bool | None:
        """Whether frames with their times pass for a person's; None when there is no answer: no face, too few frames.

        `still` says that the frames are one picture and stand for many.
        """


@dataclass(frozen=True, slots=True, eq=False)
class PadJudge:
    """The kiosk's own: every `every_s` one frame with one person in it is scored, both gates judge the window."""

    engine: FaceEngine
    detector: AttackDetector
    policy: FacePolicy

    def is_person(self, frames: Iterator[tuple[Picture, float]], *, still: bool) -> bool | None:
        """See `PresentationJudge`."""
        rules = self.policy.pad
        scores: list[float] = []
        due_s = float("-inf")
        for picture, taken_s in frames:
            if taken_s < due_s:
                continue
            faces = self.engine.detect(picture)
            if not faces or has_company(faces, self.policy.quality):
                continue
            score = self.detector.score(picture, faces[0])
            if score is not None:
                scores.append(score)
                due_s = taken_s + rules.every_s
        if still:
            scores *= rules.frames_at_least
        return is_person(summary(scores, rules), rules) if len(scores) >= rules.frames_at_least else None


@dataclass(frozen=True, slots=True)
class Presentations:
    """What became of one species' presentations, or of the bona fide ones."""

    as_person: int
    as_attack: int
    not_responded: int

    @property
    def apcer(self) -> Rate:
        """Attack presentations classified as bona fide, of those classified."""
        return Rate(self.as_person, self.as_person + self.as_attack)

    @property
    def bpcer(self) -> Rate:
        """Bona fide presentations classified as attacks, of those classified."""
        return Rate(self.as_attack, self.as_person + self.as_attack)


@dataclass(frozen=True, slots=True)
class AttackFindings:
    """All species, the worst first, and the bona fide presentations where there were any."""

    species: dict[str, Presentations]
    bona_fide: Presentations | None


def judge_folder(
    folder: Path, judge: PresentationJudge, told: Callable[[int, int], None] | None = None
) -> AttackFindings:
    """Judge every presentation of the folder.

    Raises:
        PairsError: when it holds no presentation, or its folders bear names that do not fit a table.
    """
    found = _presentations(folder)
    total, done = sum(map(len, found.values())), 0
    findings = {}
    for name, paths in found.items():
        answers = []
        for path in paths:
            still = path.suffix.lower() in _PICTURES
            answers.append(judge.is_person(_frames(path, still=still), still=still))
            done += 1
            if told is not None:
                told(done, total)
        findings[name] = Presentations(answers.count(True), answers.count(False), answers.count(None))
    bona_fide = findings.pop(BONA_FIDE, None)
    return AttackFindings(dict(sorted(findings.items(), key=_worst_first)), bona_fide)


def _worst_first(found: tuple[str, Presentations]) -> tuple[float, float, str]:
    name, presentations = found
    rate = presentations.apcer
    return (-(rate.value or 0.0), -rate.high, name)


def _presentations(folder: Path) -> dict[str, list[Path]]:
    if not folder.is_dir():
        message = "There is no such folder of attacks."
        raise PairsError(message)
    found = {}
    for entry in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = sorted(path for path in entry.iterdir() if path.is_dir() or path.suffix.lower() in _PICTURES | _CLIPS)
        if paths:
            found[entry.name] = paths
    if not found:
        message = f"The folder of attacks holds none. Put one folder for each instrument into it, and {BONA_FIDE}."
        raise PairsError(message)
    if any(len(name) > _NAME_AT_MOST or not name.isprintable() or "|" in name for name in found):
        message = "An instrument's folder has a name that does not fit a table. Use a few plain words."
        raise PairsError(message)
    return found


def _frames(path: Path, *, still: bool) -> Iterator[tuple[Picture, float]]:
    if still:
        picture = as_filmed(content_of(path))
        if picture is not None:
            yield picture, 0.0
        return
    try:
        with FileCamera(path, realtime=False) as camera:
            first = frame = camera.read()
            while frame.taken_s - first.taken_s < _CLIP_S:
                yield frame.picture, frame.taken_s
                frame = camera.read()
    except FaultError:  # a clip that does not play gives no answer
        return
