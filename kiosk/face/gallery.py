# SPDX-License-Identifier: Apache-2.0
"""The frames of an attempt that are worth keeping: chosen by quality, before anything is compared with anybody.

It knows no portrait and no distance, so that no choice of frames can favour a match.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.face.quality import Quality
    from kiosk.face.shapes import Face, Picture


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Kept:
    """One frame without a flaw."""

    picture: Picture
    face: Face
    quality: Quality


def best(kept: tuple[Kept, ...], limit: int) -> tuple[Kept, ...]:
    """The `limit` best ones, the best first; of equals the earlier."""
    return tuple(sorted(kept, key=lambda one: -one.quality.worth)[:limit])


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Gallery:
    """Frontal frames from before the challenge, between its actions and after it, and one of each action.

    Those between and of the actions only prove that nobody changed places.
    """

    before: tuple[Kept, ...] = ()
    between: tuple[Kept, ...] = ()
    acting: tuple[Kept, ...] = ()
    after: tuple[Kept, ...] = ()

    @property
    def facing(self) -> tuple[Kept, ...]:
        """All that look into the camera."""
        return self.before + self.between + self.after

    def chosen(self, frames: int) -> tuple[Kept, ...]:
        """The best `frames` of those before and after, with at least one of either side where there is one."""
        sides = best(self.before, 1) + best(self.after, 1)
        rest = best(tuple(one for one in self.before + self.after if one not in sides), max(frames - len(sides), 0))
        return best(sides + rest, frames)
