# SPDX-License-Identifier: Apache-2.0
"""Examines how warm the processor is.

A Raspberry Pi slows its processor down from 80 degrees on, and graphics too at 85, which it does not let it pass.
Source: Raspberry Pi documentation, "Frequency management and thermal control".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk import device
from kiosk.findings import Code, Figure, Finding, Level, Part, well

if TYPE_CHECKING:
    from kiosk.machine.kernel import Kernel

THROTTLED_FROM_C = 80.0
LIMIT_C = 85.0


def examine(kernel: Kernel) -> Finding:
    """Read the first thermal zone, which on a Raspberry Pi is the processor's."""
    degrees = device.temperature_c(kernel.sys)
    if degrees is None:
        return Finding(part=Part.TEMPERATURE, code=Code.TEMPERATURE_NOT_TOLD, level=Level.UNKNOWN)
    figures = {"temperature": Figure(round(degrees, 1), "°C")}
    if degrees < THROTTLED_FROM_C:
        return well(Part.TEMPERATURE, figures)
    code = Code.TEMPERATURE_AT_LIMIT if degrees >= LIMIT_C else Code.TEMPERATURE_HIGH
    return Finding(part=Part.TEMPERATURE, code=code, level=Level.CARE, figures=figures)
