# SPDX-License-Identifier: Apache-2.0
"""Where a person stands before the camera, in steps that travel from the person's process to the screen."""

from __future__ import annotations

from typing import Annotated

import msgspec

METER_STEPS = 9
METER_GOOD = range(3, 6)  # the steps between the limits; those below are too little, those above too much

_Step = Annotated[int, msgspec.Meta(ge=0, lt=METER_STEPS)]


class Meters(msgspec.Struct, frozen=True, array_like=True):
    """Where the person is before the camera, on two scales of nine steps; None where nothing is measured.

    `distance` goes from far to near, `light` from dark to bright. Nobody can be known by so few steps.
    """

    distance: _Step | None = None
    light: _Step | None = None
