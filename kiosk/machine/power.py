# SPDX-License-Identifier: Apache-2.0
"""Examines a Raspberry Pi's power supply, by what its firmware says of voltage and throttling.

The lower bits are of now. The upper ones say that it has happened: since boot by the firmware's documentation, but the
kernel's raspberrypi-hwmon clears them every two seconds where it runs, and then they are of the last seconds.
Source: Raspberry Pi documentation, "vcgencmd get_throttled"; drivers/firmware/raspberrypi.c and
drivers/hwmon/raspberrypi-hwmon.c of raspberrypi/linux. A kernel without that file tells under-voltage by hwmon alone.
"""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

from kiosk.findings import Code, Figure, Finding, Level, Part, well
from kiosk.machine.kernel import told

if TYPE_CHECKING:
    from kiosk.machine.kernel import Kernel

_FILES = "devices/platform/soc*/soc*:firmware/get_throttled"  # Raspberry Pi OS; `soc/soc:firmware` up to the Pi 4
_HWMON = "class/hwmon/hwmon*"
_HWMON_NAME = "rpi_volt"


class Throttled(IntFlag):
    """The bits of `get_throttled`, by the firmware's own words."""

    UNDER_VOLTAGE_DETECTED = 1 << 0
    ARM_FREQUENCY_CAPPED = 1 << 1
    CURRENTLY_THROTTLED = 1 << 2
    SOFT_TEMPERATURE_LIMIT_ACTIVE = 1 << 3
    UNDER_VOLTAGE_HAS_OCCURRED = 1 << 16
    ARM_FREQUENCY_CAPPING_HAS_OCCURRED = 1 << 17
    THROTTLING_HAS_OCCURRED = 1 << 18
    SOFT_TEMPERATURE_LIMIT_HAS_OCCURRED = 1 << 19


_NOW = Throttled(0xF)
_BEFORE = Throttled(0xF << 16)


def examine(kernel: Kernel) -> Finding:
    """Read the firmware's word, or the kernel's of the voltage alone."""
    bits = _bits(kernel)
    if bits is None:
        return Finding(part=Part.POWER, code=Code.POWER_NOT_TOLD, level=Level.UNKNOWN)
    figures = {"throttled": Figure(f"0x{bits:x}"), "now": Figure(_named(bits & _NOW))}
    figures["has_occurred"] = Figure(_named(bits & _BEFORE))
    code = _worst(bits)
    if code is None:
        return well(Part.POWER, figures)
    return Finding(part=Part.POWER, code=code, level=Level.CARE, figures=figures)


def _bits(kernel: Kernel) -> Throttled | None:
    for file in sorted(kernel.sys.glob(_FILES)):
        try:
            return Throttled(int(told(file) or "", 16) & (_NOW | _BEFORE))
        except ValueError:
            continue
    return _voltage_alone(kernel)


def _voltage_alone(kernel: Kernel) -> Throttled | None:
    """The alarm is of the last two seconds."""
    for sensor in sorted(kernel.sys.glob(_HWMON)):
        if told(sensor / "name") == _HWMON_NAME and (alarm := told(sensor / "in0_lcrit_alarm")) in {"0", "1"}:
            return Throttled.UNDER_VOLTAGE_DETECTED if alarm == "1" else Throttled(0)
    return None


def _worst(bits: Throttled) -> str | None:
    seen = (
        (Throttled.UNDER_VOLTAGE_DETECTED, Code.UNDER_VOLTAGE),
        (_NOW, Code.THROTTLED),
        (Throttled.UNDER_VOLTAGE_HAS_OCCURRED, Code.UNDER_VOLTAGE_BEFORE),
        (_BEFORE, Code.THROTTLED_BEFORE),
    )
    return next((code for mask, code in seen if bits & mask), None)


def _named(bits: Throttled) -> str:
    return ", ".join(str(bit.name).lower() for bit in bits) or "-"
