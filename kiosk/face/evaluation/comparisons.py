# SPDX-License-Identifier: Apache-2.0
"""Makes a plan's comparisons with whatever describes faces: the kiosk's own pipeline, or another one beside it.

Each photo is opened once. Pictures are dropped as soon as they are described; descriptions live as long as the caller
keeps `Described`. A comparison of which one side shows no usable face is NaN: it was not made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from kiosk.enrollment.failures import FaceCheckError
from kiosk.face.comparison import fuse
from kiosk.face.evaluation.card import chip_portrait
from kiosk.face.evaluation.pairs import PairsError, content_of
from kiosk.face.features import PictureError, decode_jpeg, resize
from kiosk.face.portrait import reference
from kiosk.face.quality import has_company
from kiosk.face.shapes import Embedding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kiosk.face.evaluation.plan import Pairs, Plan
    from kiosk.face.policy import FacePolicy
    from kiosk.face.shapes import FaceEngine, Picture

Vector = npt.NDArray[np.float32]
"""float32[n]: a face on its describer's own scale, on which distances are Euclidean."""

_PHOTO_PIXELS_AT_MOST = 64_000_000
_CAMERA = (640, 480)  # what the kiosk's camera delivers
_AT_ONCE = 16_384  # pairs; bounds the memory of their difference
_DIGITS = 6


class Describer(Protocol):
    """Describes the one usable face of a picture, or says that there is none."""

    @property
    def name(self) -> str:
        """What stands in a table."""

    def live(self, picture: Picture) -> Vector | None:
        """The person before the camera."""

    def card(self, portrait_jpeg: bytes) -> Vector | None:
        """The chip's portrait."""

    def fused(self, vectors: Sequence[Vector]) -> Vector:
        """One description of several live pictures."""


class KioskDescriber:
    """As the kiosk does it: mirror images averaged, the portrait through the card gate, frames fused."""

    def __init__(self, engine: FaceEngine, policy: FacePolicy) -> None:
        self.name = engine.name
        self._engine = engine
        self._policy = policy

    def live(self, picture: Picture) -> Vector | None:
        """The largest face, unless a second one comes near it in size."""
        faces = self._engine.detect(picture)
        if not faces or has_company(faces, self._policy.quality):
            return None
        return self._engine.embed(picture, faces[0]).values

    def card(self, portrait_jpeg: bytes) -> Vector | None:
        """The portrait that passes the card gate."""
        try:
            return reference(portrait_jpeg, self._engine, self._policy).values
        except FaceCheckError:
            return None

    def fused(self, vectors: Sequence[Vector]) -> Vector:
        """Their mean, on the scale that the policy names."""
        return fuse([Embedding(values) for values in vectors], self._policy.comparison).values


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """One describer's descriptions by the place of their photo; None where it found no usable face."""

    describer: Describer
    live: dict[int, Vector | None] = field(default_factory=dict)
    card: dict[int, Vector | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The distances of a plan's pairs, in the plan's order; NaN where one side could not be described."""

    name: str
    frames: int
    genuine: npt.NDArray[np.float64]
    impostor: npt.NDArray[np.float64]


def describe(
    plan: Plan, portraitist: FaceEngine, describers: Sequence[Describer], told: Callable[[int, int], None] | None = None
) -> tuple[Described, ...]:
    """Open every photo of the plan once and let each describer see it.

    Args:
        plan: what is to be compared.
        portraitist: finds the eyes by which cards are cut; every describer gets the same cards.
        describers: who describes.
        told: is called with how many photos are done, and of how many.
    """
    found = tuple(Described(describer) for describer in describers)
    live, cards = plan.live_places(), plan.card_places()
    places = sorted(live | cards)
    for count, place in enumerate(places, start=1):
        picture = as_filmed(content_of(plan.people.photos[place].path))
        portrait = _portrait(picture, portraitist) if picture is not None and place in cards else None
        for one in found:
            if place in live:
                one.live[place] = None if picture is None else one.describer.live(picture)
            if place in cards:
                one.card[place] = None if portrait is None else one.describer.card(portrait)
        if told is not None:
            told(count, len(places))
    return found


def compare(plan: Plan, described: Described) -> Compared:
    """All distances of the plan.

    Raises:
        PairsError: when not a single true and false pair could be compared.
    """
    visits = _stacked([_visit(described, visit.live, plan.frames) for visit in plan.visits])
    cards = _stacked([described.card.get(place) for place in range(len(plan.people.photos))])
    if visits is None or cards is None:
        message = "In no picture was a face found. Check that they are photographs of faces, not cut too closely."
        raise PairsError(message)
    compared = [_distances(visits, cards, pairs) for pairs in (plan.genuine, plan.impostor)]
    if any(np.isnan(distances).all() for distances in compared):
        message = "Too few pictures show a face for a true and a false pair. Add pictures."
        raise PairsError(message)
    return Compared(described.describer.name, plan.frames, *compared)


def as_filmed(content: bytes) -> Picture | None:
    """A photo as large as fits into a camera's picture, about as before the kiosk; None when it cannot be opened."""
    try:
        picture = decode_jpeg(content, pixels_at_most=_PHOTO_PIXELS_AT_MOST)
    except PictureError:
        return None
    height, width = picture.shape[:2]
    scale = min(_CAMERA[0] / width, _CAMERA[1] / height)
    return resize(picture, max(round(width * scale), 1), max(round(height * scale), 1))


def _portrait(picture: Picture, portraitist: FaceEngine) -> bytes | None:
    faces = portraitist.detect(picture)
    if not faces:
        return None
    return chip_portrait(picture, faces[0].landmarks)


def _visit(described: Described, live: Sequence[int], frames: int) -> Vector | None:
    usable = [vector for vector in (described.live[place] for place in live) if vector is not None][:frames]
    if len(usable) < frames:
        return None
    return usable[0] if frames == 1 else described.describer.fused(usable)


def _stacked(vectors: Sequence[Vector | None]) -> npt.NDArray[np.float64] | None:
    size = next((vector.size for vector in vectors if vector is not None), None)
    if size is None:
        return None
    missing = np.full(size, np.nan)
    return np.stack([missing if vector is None else vector.astype(np.float64) for vector in vectors])


def _distances(
    visits: npt.NDArray[np.float64], cards: npt.NDArray[np.float64], pairs: Pairs
) -> npt.NDArray[np.float64]:
    distances = np.empty(len(pairs))
    for start in range(0, len(pairs), _AT_ONCE):
        some = pairs[start : start + _AT_ONCE]
        distances[start : start + _AT_ONCE] = np.linalg.norm(visits[some[:, 0]] - cards[some[:, 1]], axis=1)
    return np.round(distances, _DIGITS)
