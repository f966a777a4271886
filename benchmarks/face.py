# SPDX-License-Identifier: Apache-2.0
"""Error rates and cost of the face check beside plain library calls, on the same pairs and the same frames.

PAIRS names a folder of people and pictures, or a pairs file that lies in one: their rates are printed, the same in
every run, and a calibration record is written for each engine. Without it people are generated, whose rates mean
nothing about people, and the cost is measured: of that only ratios are printed. Models for OpenCV are looked for where
DIPCHIP_FACE_MODELS says, or beside the checkout; what is absent is left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import face_cost
from benchmarks.face_peers import PlainDlib, PlainOpenCv
from benchmarks.measure import show
from kiosk.entrypoints.calibrate import plan_of
from kiosk.face.engines import ENGINES, EngineChoice, load_engine
from kiosk.face.evaluation.calibration import calibration_of, record_of
from kiosk.face.evaluation.comparisons import KioskDescriber, compare, describe
from kiosk.face.evaluation.pairs import PairsError
from kiosk.face.evaluation.rates import Scores
from kiosk.face.evaluation.record import to_bytes
from kiosk.face.evaluation.report import RATES_HEAD, rate_text, rates_row, way
from kiosk.face.models import demonstration_folder
from kiosk.face.policy import POLICIES
from tests.simulators.people_folder import people_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.face.evaluation.comparisons import Described
    from kiosk.face.evaluation.plan import Plan
    from kiosk.face.shapes import FaceEngine

_BESIDE = Path(__file__).parents[2] / "shared" / "face" / "models"
_RECORDS = Path("build") / "face"

_PI = """\
Raspberry Pi, as its publishers give it and not measured here. OpenCV Zoo, benchmark/README.md (revision 966be4c),
cv.dnn on the processor, milliseconds:

| network                 | Raspberry Pi 4B | Khadas Edge2 (the Pi 5's core) |
|-------------------------|-----------------|--------------------------------|
| YuNet 2023mar, 160x120  | 6.23            | 2.30                           |
| SFace, 150x150          | 68.82           | 28.94                          |"""


def main() -> None:
    """Measure the rates of the pictures that are given; without any, those of generated people, and the cost."""
    models, given = model_folder(), os.environ.get("PAIRS", "")
    try:
        if given:
            _rates(Path(given), models, "pictures given to make bench")
            return
        with tempfile.TemporaryDirectory() as made:
            _rates(people_folder(Path(made)), models, "generated people")
    except PairsError as error:
        sys.exit(f"face: {error}")
    print("\nThese people are generated: the rates show that the harness works and mean nothing about people.")
    face_cost.measure(models)
    print(f"\n{_PI}")


def model_folder() -> Path | None:
    """Where OpenCV's models are; None when they are not here."""
    folder = Path(os.environ.get("DIPCHIP_FACE_MODELS", _BESIDE))
    return folder if _has(folder, EngineChoice.BENCH) or _has(folder, EngineChoice.PRODUCTION) else None


def _has(folder: Path, choice: EngineChoice) -> bool:
    pinned = ENGINES[choice]
    return all((folder / file).exists() for file in (pinned.detector.file, pinned.recogniser.file))


def _rates(folder: Path, models: Path | None, description: str) -> None:
    plan = plan_of(folder)
    rows, habits = [], []
    for choice, engine in _engines(models):
        peer = _peer(choice, models)
        policy = POLICIES[engine.name]
        ours, theirs = describe(plan, engine, [KioskDescriber(engine, policy), peer])
        frames = sorted({plan.frames, 1}, reverse=True)
        rows += [_row(plan.with_frames(each), ours) for each in frames] + [_row(plan.with_frames(1), theirs)]
        zones = (("match", policy.comparison.match_at_most), ("staff looks", policy.comparison.staff_at_most))
        habits += [_habit(plan, ours, zone, threshold) for zone, threshold in zones]
        habits.append(_habit(plan.with_frames(1), theirs, "habit", peer.threshold))
        print(f"Calibration record: {_record(plan, engine, ours, description)}")
    size = f"{len(plan.people.names):,} people, {len(plan.people.photos):,} pictures"
    show(f"face: error rates, {description} ({size})", (*RATES_HEAD, "true pairs not compared"), rows)
    show("face: at the thresholds that are used", ("compared", "zone", "distance at most", "FMR", "FNMR"), habits)


def _engines(models: Path | None) -> Iterator[tuple[EngineChoice, FaceEngine]]:
    yield EngineChoice.DEMONSTRATION, load_engine(EngineChoice.DEMONSTRATION)
    for choice in (EngineChoice.BENCH, EngineChoice.PRODUCTION):
        if models is not None and _has(models, choice):
            yield choice, load_engine(choice, models)


def _peer(choice: EngineChoice, models: Path | None) -> PlainDlib | PlainOpenCv:
    if choice is EngineChoice.DEMONSTRATION or models is None:
        return PlainDlib(demonstration_folder())
    return PlainOpenCv(models, choice)


def _row(plan: Plan, described: Described) -> tuple[str, ...]:
    compared = compare(plan, described)
    scores = Scores.of(compared.genuine, compared.impostor)
    missing = len(compared.genuine) - len(scores.genuine)
    return *rates_row(way(compared.name, compared.frames), scores), f"{missing} of {len(compared.genuine)}"


def _habit(plan: Plan, described: Described, zone: str, threshold: float) -> tuple[str, ...]:
    compared = compare(plan, described)
    at = Scores.of(compared.genuine, compared.impostor).at(threshold)
    name = way(compared.name, compared.frames)
    return name, zone, f"{threshold:g}", rate_text(at.fmr), rate_text(at.fnmr)


def _record(plan: Plan, engine: FaceEngine, described: Described, description: str) -> Path:
    record = record_of(calibration_of(engine, plan, compare(plan, described), description=description))
    _RECORDS.mkdir(parents=True, exist_ok=True)
    path = _RECORDS / f"record-{engine.name}.json"
    path.write_bytes(to_bytes(record))
    return path
