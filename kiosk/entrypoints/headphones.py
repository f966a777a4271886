# SPDX-License-Identifier: Apache-2.0
"""Whether headphones are in, as the kernel tells it: a switch of an input device, read anew each time.

A jack whose plug the hardware does not feel has no such switch, and a switch that cannot be read counts as out: then
everybody hears, and nothing personal is said. Source: Linux, input-event-codes.h and input.h.
"""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SW_HEADPHONE_INSERT = 0x02
_SWITCH_BYTES = 8  # SW_MAX is 0x10
_EVIOCGSW = 2 << 30 | _SWITCH_BYTES << 16 | ord("E") << 8 | 0x1B  # _IOC(_IOC_READ, 'E', 0x1b, bytes)


def switches(device: Path) -> int:
    """Read which switches of an input device are on, as bits.

    Raises:
        OSError: when the kernel does not say.
    """
    descriptor = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return int.from_bytes(fcntl.ioctl(descriptor, _EVIOCGSW, bytes(_SWITCH_BYTES)), "little")
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class InputSwitchJack:
    """Any jack of the machine that feels its plug."""

    known: Path = Path("/sys/class/input")
    devices: Path = Path("/dev/input")
    read: Callable[[Path], int] = switches

    def plugged(self) -> bool:
        """See `HeadphoneJack`."""
        try:
            return any(self.read(self.devices / name) >> SW_HEADPHONE_INSERT & 1 for name in self._jacks())
        except (OSError, ValueError):
            return False

    def _jacks(self) -> list[str]:
        capable = ((event.name, event / "device" / "capabilities" / "sw") for event in self.known.glob("event*"))
        return [name for name, bits in capable if int(bits.read_text().split()[-1], 16) >> SW_HEADPHONE_INSERT & 1]
