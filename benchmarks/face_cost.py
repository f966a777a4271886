# SPDX-License-Identifier: Apache-2.0
"""What one face attempt costs beside the bare library calls in it, on the same frames.

An attempt is run once and its calls to the networks are written down. Then the whole attempt and those calls alone,
made straight to OpenCV or dlib on the same pictures and places, are timed in turns. What the ratio exceeds 1 by is the
kiosk's own: quality, challenge, freshness, previews, fusing.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

import cv2
import numpy as np

from benchmarks.face_bare import BareDlib, BareOpenCv, Call
from benchmarks.measure import compare, show
from kiosk.enrollment.evidence import Challenge
from kiosk.face.challenges import Drawer
from kiosk.face.checks import FaceCheck
from kiosk.face.engines import EngineChoice, load_engine
from kiosk.face.instruments import NOTHING_INSTALLED, Instruments, load_instruments
from kiosk.face.models import demonstration_folder
from kiosk.face.shapes import Frame, Picture
from tests.simulators.people import FPS, Act, PersonId, clip, portrait_jpeg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from kiosk.enrollment.evidence import Grade
    from kiosk.enrollment.measures import Meters
    from kiosk.enrollment.states import Prompt
    from kiosk.face.shapes import AttackDetector, Embedding, Face, FaceEngine, Mesh, MeshFinder

_PERSON = PersonId("demo-1")
_ASKED, _DONE = (Challenge.TURN_LEFT, Challenge.LOOK_UP), (Act.LEFT, Act.UP)
_ROUNDS = 7
_WANTED_FPS = 10.0
_LIMIT = 1.2


def measure(models: Path | None) -> None:
    """Measure dlib, and where their models are OpenCV, alone and with the attack detector and the mesh beside it."""
    with tempfile.TemporaryDirectory() as folder:
        film = _pictures(clip(_PERSON, Path(folder) / "film.avi", *_DONE))
    portrait = portrait_jpeg(_PERSON)
    rows, rates = [], []
    for kit in _kits(models):
        attempt = partial(_attempt, kit, film, portrait)
        calls, shown = _listened(kit, film, portrait)
        ratio = compare(attempt, partial(_bare, kit, calls), rounds=_ROUNDS)
        counted = Counter(call.what for call in calls)
        rows.append(
            (kit.name, ", ".join(f"{count} {what}" for what, count in counted.items()), *ratio.columns(), _LIMIT)
        )
        fps = shown.frames / min(_seconds(attempt) for _ in range(3))
        previews = shown.previews * FPS / shown.frames
        rates.append((kit.name, f"{fps / _WANTED_FPS:.1f}", f"{previews / _WANTED_FPS:.2f}"))
    costs = ("engine", "its calls", "ratio", "middle half", "limit")
    show("face: one attempt over the bare library calls in it", costs, rows)
    paces = ("engine", "frames that can be taken", f"previews shown, before a camera of {FPS} frames/s")
    show(f"face: over {_WANTED_FPS:g} frames a second, detection and everything else running", paces, rates)


@dataclass(frozen=True, slots=True, eq=False)
class _Kit:
    """An engine, what is installed beside it, and who makes their calls bare."""

    name: str
    engine: FaceEngine
    instruments: Instruments
    bare: BareDlib | BareOpenCv


def _kits(models: Path | None) -> Iterator[_Kit]:
    engine = load_engine(EngineChoice.DEMONSTRATION)
    yield _Kit(engine.name, engine, NOTHING_INSTALLED, BareDlib(demonstration_folder()))
    if models is not None:
        engine, bare = load_engine(EngineChoice.BENCH, models), BareOpenCv(models)
        yield _Kit(engine.name, engine, NOTHING_INSTALLED, bare)
        beside = load_instruments(models)
        if beside.attack_detector.model_digests and beside.mesh_finder.model_digests:
            yield _Kit(f"{engine.name}, attack detector, mesh", engine, beside, bare)


@dataclass
class _Listening:
    """An engine that writes down what it is asked."""

    engine: FaceEngine
    calls: list[Call] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.engine.name

    @property
    def grade(self) -> Grade:
        return self.engine.grade

    @property
    def model_digests(self) -> tuple[str, ...]:
        return self.engine.model_digests

    def detect(self, picture: Picture) -> list[Face]:
        self.calls.append(Call("detect", picture))
        return self.engine.detect(picture)

    def embed(self, picture: Picture, face: Face) -> Embedding:
        self.calls.append(Call("embed", picture, face))
        return self.engine.embed(picture, face)


@dataclass
class _ListeningDetector:
    """An attack detector that writes down what it is asked."""

    detector: AttackDetector
    calls: list[Call]

    @property
    def model_digests(self) -> tuple[str, ...]:
        return self.detector.model_digests

    def score(self, picture: Picture, face: Face) -> float | None:
        if self.model_digests:
            self.calls.append(Call("score", picture, face))
        return self.detector.score(picture, face)


@dataclass
class _ListeningFinder:
    """A mesh finder that writes down what it is asked."""

    finder: MeshFinder
    calls: list[Call]

    @property
    def model_digests(self) -> tuple[str, ...]:
        return self.finder.model_digests

    def find(self, picture: Picture, face: Face) -> Mesh | None:
        if self.model_digests:
            self.calls.append(Call("mesh", picture, face))
        return self.finder.find(picture, face)


@dataclass
class _Film:
    """A camera that plays pictures out of memory, at the times that they were filmed at."""

    pictures: list[Picture]
    sequence: int = 0
    is_sensor: bool = False

    def open(self) -> None:
        self.sequence = 0

    def read(self) -> Frame:
        self.sequence += 1
        picture = self.pictures[(self.sequence - 1) % len(self.pictures)]
        return Frame(picture, self.sequence / FPS, self.sequence)

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass
class _Shown:
    """What a screen saw of an attempt."""

    previews: int = 0
    frames: int = 0

    def prompted(self, prompt: Prompt) -> None:
        pass

    def previewed(self, width: int, height: int, rgb: bytes) -> None:  # noqa: ARG002 - the port's signature
        self.previews += 1

    def measured(self, meters: Meters) -> None:
        pass


def _attempt(kit: _Kit, film: list[Picture], portrait: bytes) -> _Shown:
    camera, shown = _Film(film), _Shown()
    check = FaceCheck(
        load_engine=lambda: kit.engine,
        load_instruments=lambda: kit.instruments,
        camera=camera,
        allow_assist=True,
        drawer=Drawer(lambda _: _ASKED),
    )
    check.examine(portrait, shown, threading.Event())
    shown.frames = camera.sequence
    return shown


def _listened(kit: _Kit, film: list[Picture], portrait: bytes) -> tuple[list[Call], _Shown]:
    listening = _Listening(kit.engine)
    beside = Instruments(
        _ListeningDetector(kit.instruments.attack_detector, listening.calls),
        _ListeningFinder(kit.instruments.mesh_finder, listening.calls),
    )
    shown = _attempt(replace(kit, engine=listening, instruments=beside), film, portrait)
    return listening.calls, shown


def _bare(kit: _Kit, calls: list[Call]) -> None:
    for call in calls:
        kit.bare.make(call)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _pictures(path: Path) -> list[Picture]:
    film = cv2.VideoCapture(str(path))
    found = []
    while (read := film.read())[0]:
        found.append(Picture(np.asarray(read[1], np.uint8)))
    return found
