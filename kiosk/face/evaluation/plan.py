# SPDX-License-Identifier: Apache-2.0
"""Which pictures are compared with which, decided before any engine has seen them, so that every engine gets the same.

1. A visit is a person before the camera: live pictures, of which the first usable ones are fused.
2. A true pair is a visit against a card made from a picture of that person that is not in it: each of a person's first
   ten pictures is the card once.
3. A false pair is one visit of a person against one card of every other person.
Somebody with too few pictures for a visit still has a card.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from kiosk.face.evaluation.pairs import PairsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.face.evaluation.pairs import NamedPairs, People

Pairs = npt.NDArray[np.int32]
"""int32[n, 2]: the place of a visit, the place of a photo that becomes a card."""

PICTURES_AT_MOST = 10  # of one person, so that nobody outweighs the others
FUSED_FRAMES = 3
_PEOPLE_AT_LEAST = 2


@dataclass(frozen=True, slots=True)
class Visit:
    """Places of live photos, in the order in which they are tried; as many as the plan says must be usable."""

    person: int
    live: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """All comparisons to be made."""

    people: People
    frames: int
    visits: tuple[Visit, ...]
    genuine: Pairs
    impostor: Pairs

    def persons(self, pairs: Pairs) -> npt.NDArray[np.int32]:
        """int32[n, 2]: whose visit and whose card."""
        of_visits = np.array([visit.person for visit in self.visits], np.int32)
        of_photos = np.array([photo.person for photo in self.people.photos], np.int32)
        return np.stack([of_visits[pairs[:, 0]], of_photos[pairs[:, 1]]], axis=1)

    def live_places(self) -> frozenset[int]:
        """Photos that must be described as live."""
        return frozenset(place for visit in self.visits for place in visit.live)

    def card_places(self) -> frozenset[int]:
        """Photos that must be made into cards."""
        return frozenset(np.concatenate([self.genuine[:, 1], self.impostor[:, 1]]).tolist())

    def with_frames(self, frames: int) -> Plan:
        """The same visits and cards, so many frames fused."""
        return Plan(self.people, frames, self.visits, self.genuine, self.impostor)


def plan_visits(people: People, fused: int = FUSED_FRAMES) -> Plan:
    """As the kiosk compares, `fused` frames at once; single frames where no two people have one picture more.

    Raises:
        PairsError: when there are not two people, one of them with two pictures.
    """
    each = [places[:PICTURES_AT_MOST] for places in people.of_each()]
    enough = sum(len(places) > fused for places in each)
    frames = fused if enough >= _PEOPLE_AT_LEAST else 1
    if len(each) < _PEOPLE_AT_LEAST or max(map(len, each)) <= frames:
        message = "There must be at least two people, one of them with two pictures."
        raise PairsError(message)
    visits: list[Visit] = []
    genuine: list[tuple[int, int]] = []
    impostor: list[tuple[int, int]] = []
    for person, places in enumerate(each):
        if len(places) <= frames:
            continue
        impostor += [(len(visits), other[0]) for stranger, other in enumerate(each) if stranger != person]
        for turn, card in enumerate(places):
            genuine.append((len(visits), card))
            visits.append(Visit(person, (*places[turn + 1 :], *places[:turn])))
    return Plan(people, frames, tuple(visits), _array(genuine), _array(impostor))


def plan_pairs(people: People, pairs: NamedPairs) -> Plan:
    """As a pairs file says: one live picture against one card.

    Raises:
        PairsError: when it has no true or no false pair.
    """
    if not pairs.genuine or not pairs.impostor:
        message = "The pairs file needs pairs of one person and pairs of two people."
        raise PairsError(message)
    order = sorted({live for live, _ in (*pairs.genuine, *pairs.impostor)})
    place = {live: count for count, live in enumerate(order)}
    visits = tuple(Visit(people.photos[live].person, (live,)) for live in order)
    genuine, impostor = ([(place[live], card) for live, card in kind] for kind in (pairs.genuine, pairs.impostor))
    return Plan(people, 1, visits, _array(genuine), _array(impostor))


def _array(pairs: Sequence[tuple[int, int]]) -> Pairs:
    return np.array(pairs, np.int32).reshape(-1, 2)
