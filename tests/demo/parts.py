# SPDX-License-Identifier: Apache-2.0
"""Whom the reader of the demonstration may play."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulators.patient import CITIZENS, FINDER, OWNER_OF_A_LOST_CARD

if TYPE_CHECKING:
    from tests.simulators.patient import Citizen
    from tests.simulators.people import PersonId


@dataclass(frozen=True, slots=True)
class Part:
    """A card and the face before the camera."""

    name: str
    citizen: Citizen
    face: PersonId


PARTS = (
    *(Part(f"{citizen.name} {citizen.province}", citizen, citizen.face) for citizen in CITIZENS),
    Part("บัตรของคนอื่น", OWNER_OF_A_LOST_CARD, FINDER),
)
