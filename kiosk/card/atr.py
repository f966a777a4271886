# SPDX-License-Identifier: Apache-2.0
"""What a card says of itself at reset: how fast it can speak, by which protocols, and what it calls itself.

It decides nothing: whether a card is a national ID card is for SELECT to say.
Source: ISO/IEC 7816-3:2006, 8 (answer to reset), tables 7 and 8 (F and D), 10.2 (T=0 characters).
"""

from __future__ import annotations

from dataclasses import dataclass

DEFAULT_F, DEFAULT_D = 372, 1  # without TA1
ASSUMED_CLOCK_HZ = 4_000_000  # of readers that do not say
# T=0: a start bit, eight data bits, parity and two guard bits. No card known adds guard time.
_ETU_PER_BYTE = 12
_THAI = b"TH NID"  # the historical bytes of every Thai national ID card known, for words only


@dataclass(frozen=True, slots=True)
class Atr:
    """A decoded answer to reset. `ta1` is None where the card keeps to the default speed."""

    raw: bytes
    ta1: int | None
    f: int
    d: int
    protocols: tuple[int, ...]
    historical: bytes

    @property
    def calls_itself_thai(self) -> bool:
        """Whether the historical bytes are a Thai national ID card's."""
        return self.historical.startswith(_THAI)

    def bits_per_s(self, clock_hz: int) -> float:
        """The fastest speed that card and clock allow."""
        return clock_hz * self.d / self.f

    def bytes_per_s(self, clock_hz: int) -> float:
        """As `bits_per_s`, in bytes of T=0: the bound that no reader passes."""
        return self.bits_per_s(clock_hz) / _ETU_PER_BYTE
