# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from kiosk.face.comparison import distance
from kiosk.face.features import decode_jpeg, resize
from tests.simulators.people import PEOPLE, PORTRAIT_BYTES, PersonId, portrait_jpeg

if TYPE_CHECKING:
    from kiosk.face.shapes import Embedding, FaceEngine


@pytest.fixture(scope="module")
def described(engine: FaceEngine) -> dict[PersonId, Embedding]:
    found = {}
    for person in PEOPLE:
        picture = decode_jpeg(portrait_jpeg(person), pixels_at_most=100_000)
        picture = resize(picture, 296, 356)
        faces = engine.detect(picture)
        assert len(faces) == 1
        found[person] = engine.embed(picture, faces[0])
    return found


def test_every_two_demonstration_people_are_two_people_to_the_engine(described: dict[PersonId, Embedding]) -> None:
    assert len(described) >= 7
    closest = min(distance(described[one], described[other]) for one, other in combinations(described, 2))
    assert closest > 0.55  # averaged with the mirror image; the staff zone ends at 0.45


def test_a_portrait_is_what_a_chip_can_store() -> None:
    for person in PEOPLE:
        jpeg = portrait_jpeg(person)
        assert len(jpeg) <= PORTRAIT_BYTES
        assert decode_jpeg(jpeg, pixels_at_most=148 * 178).shape == (178, 148, 3)
        assert b"\xff\xc0" in jpeg  # SOF0: baseline


def test_a_person_is_made_the_same_every_time() -> None:
    assert portrait_jpeg(PersonId("demo-1")) == portrait_jpeg(PersonId("demo-1"))
    assert portrait_jpeg(PersonId("demo-1")) != portrait_jpeg(PersonId("demo-2"))
