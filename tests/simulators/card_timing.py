# SPDX-License-Identifier: Apache-2.0
"""How long a command takes on T=0, as a model: bytes on the wire, the card's own time, and the way through USB.

Nothing here was measured on a real card. The wire follows the standard; a millisecond for the card's own work and one
for USB, each command, are assumptions.
Source: ISO/IEC 7816-3:2006, 7 and 8.3 (F, D), 10.2 (a character and its guard time), 10.3 (header, procedure byte, SW).
"""

from __future__ import annotations

from dataclasses import dataclass

# ISO/IEC 7816-3, tables 7 and 8; what is reserved there is not here.
_F = {0: 372, 1: 372, 2: 558, 3: 744, 4: 1116, 5: 1488, 6: 1860, 9: 512, 10: 768, 11: 1024, 12: 1536, 13: 2048}
_D = {1: 1, 2: 2, 3: 4, 4: 8, 5: 16, 6: 32, 7: 64, 8: 12, 9: 20}
_HAS_TA1 = 0x10
_ETU_A_BYTE = 12
_HEADER_SIZE = 5
_PROCEDURE_SIZE = 1  # the card's consent to data, either way
_STATUS_SIZE = 2


@dataclass(frozen=True, slots=True)
class Timing:
    """A card's speed in a reader. Without negotiation (PPS) it stays at F = 372, D = 1."""

    f: int = 372
    d: int = 1
    clock_hz: float = 4e6
    card_s: float = 0.001
    usb_s: float = 0.001

    @classmethod
    def of(cls, atr: bytes, *, clock_hz: float = 4e6) -> Timing:
        """The speed that a card offers in its ATR, taken by the reader."""
        if not atr[1] & _HAS_TA1:
            return cls(clock_hz=clock_hz)
        return cls(_F[atr[2] >> 4], _D[atr[2] & 0x0F], clock_hz)

    @property
    def bytes_per_s(self) -> float:
        """The bound that no reader passes."""
        return self.clock_hz * self.d / self.f / _ETU_A_BYTE

    def duration_s(self, command: bytes, response: bytes) -> float:
        """How long a command and its answer take."""
        return wire_size(command, response) / self.bytes_per_s + self.card_s + self.usb_s


def wire_size(command: bytes, response: bytes) -> int:
    """Count the bytes between reader and card: header, procedure byte, data of one direction, status word."""
    if len(response) < _STATUS_SIZE:
        return len(command) + len(response)  # a mute card: nothing more comes
    data_size = len(command) - _HEADER_SIZE + len(response) - _STATUS_SIZE
    return _HEADER_SIZE + (_PROCEDURE_SIZE + data_size if data_size else 0) + _STATUS_SIZE
