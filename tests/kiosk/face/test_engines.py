# SPDX-License-Identifier: Apache-2.0
"""Any recogniser that is described to it serves behind the port; none that does not fit its description does."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import numpy as np
import pytest

from kiosk.enrollment.evidence import Grade
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.face.comparison import distance
from kiosk.face.engines import ENGINES, EngineChoice, highest_grade, load_engine, load_pinned
from kiosk.face.features import decode_jpeg, mirror, resize
from kiosk.face.models import PAD, YUNET
from tests.simulators.onnx_standin import recogniser
from tests.simulators.people import PersonId, portrait_jpeg
from wire.policy import Order, PinnedEngine, PinnedFile, PinnedRecogniser, RecogniserKind

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import Embedding, FaceEngine, Picture

ANAN = PersonId("demo-1")
SFACE_TEMPLATE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))


@dataclass(frozen=True)
class Shelf:
    """A folder with YuNet and whatever recogniser a test puts there."""

    folder: Path

    def engine(self, content: bytes, kind: RecogniserKind, **fed: Any) -> PinnedEngine:  # noqa: ANN401 - as described
        (self.folder / "standin.onnx").write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        pin: dict[str, Any] = {"unit_length": True, **fed}
        described = PinnedRecogniser("standin.onnx", digest, len(content), kind, **pin)
        return PinnedEngine("test-standin", PinnedFile(YUNET.name, YUNET.sha256, YUNET.size_bytes), described)

    def load(self, content: bytes, kind: RecogniserKind, **fed: Any) -> FaceEngine:  # noqa: ANN401 - as described
        return load_pinned(self.engine(content, kind, **fed), self.folder)


@pytest.fixture
def shelf(tmp_path: Path, model_folder: Path) -> Shelf:
    shutil.copy(model_folder / YUNET.name, tmp_path)
    return Shelf(tmp_path)


@pytest.fixture(scope="module")
def portrait() -> Picture:
    return resize(decode_jpeg(portrait_jpeg(ANAN), pixels_at_most=100_000), 296, 356)


def _described(engine: FaceEngine, picture: Picture) -> Embedding:
    (face,) = engine.detect(picture)
    return engine.embed(picture, face)


def test_sface_s_adapter_averages_opencv_s_own_crop_with_its_mirror_image(shelf: Shelf, portrait: Picture) -> None:
    content = recogniser()
    engine = shelf.load(content, RecogniserKind.SFACE)
    described = _described(engine, portrait)
    sface = cv2.FaceRecognizerSF.create("onnx", np.frombuffer(content, np.uint8), np.empty(0, np.uint8))
    (face,) = engine.detect(portrait)
    box, marks = face.box, face.landmarks
    points = [*marks.right_eye, *marks.left_eye, *marks.nose, *(marks.right_mouth or ()), *(marks.left_mouth or ())]
    row = np.array([box.left, box.top, box.width, box.height, *points, face.score], np.float32)
    chip = sface.alignCrop(portrait, row)
    both = [np.asarray(sface.feature(side), np.float32).ravel() for side in (chip, np.ascontiguousarray(chip[:, ::-1]))]
    mean = sum(side / np.linalg.norm(side) for side in both)
    assert described.values.shape == (128,)
    assert np.allclose(described.values, mean / np.linalg.norm(mean), atol=1e-6)


def test_a_mirrored_person_is_the_same_person(shelf: Shelf, portrait: Picture) -> None:
    engine = shelf.load(recogniser(), RecogniserKind.SFACE)
    own, other = _described(engine, portrait), _described(engine, mirror(portrait))
    assert distance(own, other) < 0.3
    assert np.linalg.norm(own.values) == pytest.approx(1.0, abs=1e-5)


def test_a_network_aligned_to_sface_s_points_sees_what_sface_sees(shelf: Shelf, portrait: Picture) -> None:
    # The points are those of OpenCV's alignCrop: two ways to the same chip, one of them OpenCV's own.
    own = _described(shelf.load(recogniser(), RecogniserKind.SFACE), portrait)
    described = _described(shelf.load(recogniser(), RecogniserKind.TEMPLATE, template=SFACE_TEMPLATE), portrait)
    assert distance(own, described) < 0.01


def test_a_network_with_a_template_is_fed_as_it_is_described(shelf: Shelf, portrait: Picture) -> None:
    def seen(picture: Picture, **fed: Any) -> Any:  # noqa: ANN401 - an array
        told = {"template": SFACE_TEMPLATE, "unit_length": False, **fed}
        return _described(shelf.load(recogniser(), RecogniserKind.TEMPLATE, **told), picture).values

    # The stand-in is a straight line through its input, so what scale and mean do to its numbers is known.
    plain, nothing = seen(portrait), seen(portrait, scale=1e-9)
    assert np.allclose(seen(portrait, scale=0.5), (plain + nothing) / 2, rtol=1e-3, atol=0.05)
    assert np.allclose(seen(portrait, mean=(127.5,) * 3), plain + nothing, rtol=1e-3, atol=0.05)
    assert not np.allclose(seen(portrait, order=Order.BGR), plain, rtol=1e-2, atol=1.0)


def test_a_mean_is_given_in_the_order_that_the_network_sees(shelf: Shelf, portrait: Picture) -> None:
    def seen(**fed: Any) -> Any:  # noqa: ANN401 - an array
        told = {"template": SFACE_TEMPLATE, "unit_length": False, "order": Order.RGB, **fed}
        return _described(shelf.load(recogniser(), RecogniserKind.TEMPLATE, **told), portrait).values

    matrix = np.random.default_rng(0).standard_normal((192, 128)).astype(np.float32)
    red_less = seen(mean=(10.0, 0.0, 0.0)) - seen()
    assert np.allclose(red_less, -10.0 * matrix[:64].sum(axis=0), rtol=1e-2, atol=0.5)


def test_the_side_of_the_chip_is_the_described_one(shelf: Shelf, portrait: Picture) -> None:
    wide = tuple((x * 160 / 112, y * 160 / 112) for x, y in SFACE_TEMPLATE)
    large = shelf.load(recogniser(side_px=160, numbers=512), RecogniserKind.TEMPLATE, template=wide, side_px=160)
    assert _described(large, portrait).values.shape == (512,)


@pytest.mark.parametrize(
    ("content", "kind", "fed"),
    [
        (b"no network at all", RecogniserKind.SFACE, {}),
        (b"no network at all", RecogniserKind.TEMPLATE, {"template": SFACE_TEMPLATE}),
        (recogniser(side_px=160), RecogniserKind.TEMPLATE, {"template": SFACE_TEMPLATE, "side_px": 96}),
        (recogniser(numbers=8), RecogniserKind.SFACE, {}),
    ],
)
def test_a_true_file_that_is_no_such_network_is_not_allowed(
    shelf: Shelf, content: bytes, kind: RecogniserKind, fed: dict[str, Any]
) -> None:
    with pytest.raises(FaultError, match="Install a policy") as caught:
        shelf.load(content, kind, **fed)
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


def test_a_file_of_dlib_s_that_is_no_such_network_is_not_allowed(tmp_path: Path) -> None:
    (tmp_path / "any.dat").write_bytes(b"no network at all")
    digest = hashlib.sha256(b"no network at all").hexdigest()
    described = PinnedRecogniser("any.dat", digest, 17, RecogniserKind.DLIB, unit_length=False)
    with pytest.raises(FaultError) as caught:
        load_pinned(PinnedEngine("test-dlib", PinnedFile("any.dat", digest, 17), described), tmp_path)
    assert caught.value.fault is Fault.MODEL_NOT_ALLOWED


def test_a_described_recogniser_with_one_flipped_bit_is_altered(shelf: Shelf) -> None:
    engine = shelf.engine(recogniser(), RecogniserKind.SFACE)
    content = bytearray(recogniser())
    content[5000] ^= 1
    (shelf.folder / "standin.onnx").write_bytes(content)
    with pytest.raises(FaultError, match="standin") as caught:
        load_pinned(engine, shelf.folder)
    assert caught.value.fault is Fault.MODEL_ALTERED


def test_every_file_that_is_pinned_beside_the_engine_must_be_there_and_intact(shelf: Shelf, model_folder: Path) -> None:
    files = tuple(PinnedFile(model.name, model.sha256, model.size_bytes) for model in PAD.files)
    engine = msgspec.structs.replace(shelf.engine(recogniser(), RecogniserKind.SFACE), further=files)
    with pytest.raises(FaultError) as caught:
        load_pinned(engine, shelf.folder)
    assert caught.value.fault is Fault.MODEL_MISSING
    for model in PAD.files:
        shutil.copy(model_folder / model.name, shelf.folder)
    assert load_pinned(engine, shelf.folder).name == "test-standin"


def test_an_engine_without_a_folder_says_what_to_set() -> None:
    with pytest.raises(FaultError, match=r"models in kiosk\.toml") as caught:
        load_engine(EngineChoice.PRODUCTION)
    assert caught.value.fault is Fault.MODEL_MISSING


def test_only_digests_decide_how_far_an_engine_may_be_trusted(shelf: Shelf) -> None:
    assert highest_grade(ENGINES[EngineChoice.PRODUCTION]) is Grade.VERIFY
    assert highest_grade(shelf.engine(recogniser(), RecogniserKind.SFACE)) is Grade.VERIFY
    for choice in (EngineChoice.DEMONSTRATION, EngineChoice.BENCH):
        renamed = msgspec.structs.replace(ENGINES[choice], name="trust-me")
        assert highest_grade(renamed) is Grade.ASSIST


def test_an_engine_says_what_it_was_loaded_from(shelf: Shelf) -> None:
    engine = shelf.load(recogniser(), RecogniserKind.SFACE)
    assert engine.model_digests == (YUNET.sha256, hashlib.sha256(recogniser()).hexdigest())
