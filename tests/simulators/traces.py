# SPDX-License-Identifier: Apache-2.0
"""What one person's face could leave behind, as bytes to look for: of marked frames, a marked portrait, an embedding.

A frame is looked for by runs of a row, in every order of colours that a library could have it in, whole and halved. It
cannot be found once it was encoded anew or scaled otherwise; the preview on the screen is such a picture.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from kiosk.face.camera_file import FileCamera
from kiosk.face.features import decode_jpeg, resize
from kiosk.face.shapes import Picture
from tests.simulators import needles
from tests.simulators.disguises import of_portrait
from tests.simulators.patient import Citizen
from tests.simulators.people import FPS
from tests.simulators.scene import Scene

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.face.shapes import FaceEngine
    from tests.simulators.card import CardHolder

STRIP_ROWS = 48  # of the frame's top, above every head
RUN = 32  # pixels of one row: what is looked for of a picture
FLOATS = 4  # of an embedding
_VARIED_BYTES = 12  # different bytes in a run: less is a plain that other pictures have too
_PORTRAIT_PIXELS = 1_000_000
Needles = dict[str, bytes]


class MarkedScene(Scene):
    """A scene in which every frame of a person carries a strip of noise that no other person's frame has."""

    mark = 0

    def _show(self, clip: Path) -> None:
        marked = clip.parent / f"marked-{self.mark}" / clip.name
        if self.mark and not marked.exists():
            marked.parent.mkdir(exist_ok=True)
            _mark(clip, marked, self.mark)
        super()._show(marked if self.mark else clip)


def _strip(mark: int) -> Picture:
    return Picture(np.random.default_rng(mark).integers(0, 256, (STRIP_ROWS, 640, 3), np.uint8))


def _mark(clip: Path, to: Path, mark: int) -> None:
    part = to.with_name(f".{to.name}.avi")
    capture = cv2.VideoCapture(str(clip))
    # OpenCV's own encoder keeps one quality; FFmpeg's changes it from frame to frame, and with it the mark's pixels.
    writer = cv2.VideoWriter(str(part), cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), FPS, (640, 480))
    while (read := capture.read())[0]:
        read[1][:STRIP_ROWS] = _strip(mark)
        writer.write(read[1])
    writer.release()
    part.replace(to)


@dataclass(frozen=True, slots=True, repr=False)
class Marked(Citizen):
    """A citizen whose portrait is in no other test's hands."""

    def holder(self) -> CardHolder:
        holder = Citizen.holder(self)
        portrait = decode_jpeg(holder.portrait_jpeg, pixels_at_most=_PORTRAIT_PIXELS)
        portrait[:16, :48] = _strip(self.seed)[:16, :48]
        for quality in range(90, 20, -3):
            jpeg = cv2.imencode(".jpg", portrait, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
            if len(jpeg) <= len(holder.portrait_jpeg):
                break
        return replace(holder, portrait_jpeg=jpeg)


def _runs(label: str, picture: Picture, rows: tuple[int, ...]) -> Needles:
    """Runs of a picture's rows in every order of colours that a library could have them in."""
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    packed = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_YUYV)
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    forms = {
        "bgr": picture,
        "rgb": picture[:, :, ::-1],
        "bgra": cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA),
        "mirrored bgr": picture[:, ::-1],
        "mirrored rgb": picture[:, ::-1, ::-1],
        "grey": grey,
        "y": luma,
        "yuyv": packed,
        "float bgr": picture.astype(np.float32),
        "float grey": grey.astype(np.float32),
    }
    runs = {
        f"{label} {form} {row}": np.ascontiguousarray(pixels[row, 64 : 64 + RUN]).tobytes()
        for form, pixels in forms.items()
        for row in rows
    }
    return {name: run for name, run in runs.items() if len(set(run)) >= _VARIED_BYTES}


def _embedding_needles(engine: FaceEngine, portrait: Picture) -> Needles:
    (face,) = engine.detect(portrait)
    values = engine.embed(portrait, face).values
    return {
        f"embedding {order}{kind} {at}": values[at : at + FLOATS].astype(f"{order}{kind}").tobytes()
        for order in "<>"
        for kind in ("f4", "f8")
        for at in (0, 41, 100)
    }


class Traces:
    """What one person could leave behind."""

    def __init__(self, citizen: Citizen, engine: FaceEngine, clip: Path) -> None:
        jpeg = citizen.holder().portrait_jpeg
        portrait = decode_jpeg(jpeg, pixels_at_most=_PORTRAIT_PIXELS)
        twice = resize(portrait, portrait.shape[1] * 2, portrait.shape[0] * 2)  # the kiosk looks at it enlarged
        with FileCamera(clip, realtime=False) as camera:
            self.frame = camera.read().picture
        self.needles = of_portrait(jpeg) | _embedding_needles(engine, twice)
        self.needles |= _runs("frame", self.frame, (5, 21, 37))
        self.needles |= _runs("half", resize(self.frame, 320, 240), (3, 11, 19))
        self.needles |= _runs("portrait", portrait, (20, 90)) | _runs("enlarged", twice, (40, 180))

    def in_bytes(self, content: bytes) -> set[str]:
        """The kinds of what is found: frame, half, portrait, enlarged, embedding."""
        return kinds(needles.Needles(self.needles).names(content))


def kinds(names: set[str]) -> set[str]:
    """What the needles of these names are of."""
    return {name.split()[0] for name in names}
