# SPDX-License-Identifier: Apache-2.0
"""What passed between reader and card as lengths, status words and times: never a byte of any data.

A trace is safe to send to whoever mends the driver. Of a command it keeps the four header bytes and the length; of an
answer the status word and the length. `summed` turns it into figures: how fast, and how often something went wrong.
Source: ISO/IEC 7816-4:2020, 5.1.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from kiosk.card.apdu import SW, SW1
from kiosk.enrollment.failures import CardReadError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kiosk.card.apdu import Transport

_HEADER_SIZE = 4
_STATUS_SIZE = 2


class Exchange(msgspec.Struct, frozen=True, omit_defaults=True):
    """One command and its answer. `at_us` counts from the first command; `error` is the code of what broke instead."""

    command: str  # CLA INS P1 P2, hex
    sent: int
    received: int
    at_us: int
    took_us: int
    status: str = ""
    error: str = ""

    @property
    def is_well(self) -> bool:
        """Whether the card did what it was asked, or is on its way to."""
        well = f"{SW.NO_FURTHER_QUALIFICATION:04X}"
        return not self.error and (self.status == well or self.status[:2] == f"{SW1.DATA_BYTES_STILL_AVAILABLE:02X}")


class Figures(msgspec.Struct, frozen=True):
    """A trace in numbers. `bytes_per_s` counts the bytes that both sides sent over the time of all commands."""

    commands: int
    errors: int
    ms_per_command: float
    bytes_per_s: float


@dataclass(slots=True)
class Traced:
    """Implements `Transport` around another and keeps the trace; it changes nothing."""

    transport: Transport
    exchanges: list[Exchange]
    clock_us: Callable[[], int] = lambda: time.perf_counter_ns() // 1000
    _began_us: int | None = None

    def transmit(self, command: bytes) -> bytes:
        """See `Transport`."""
        began_us = self.clock_us()
        self._began_us = began_us if self._began_us is None else self._began_us
        try:
            response = self.transport.transmit(command)
        except CardReadError as error:
            self._keep(command, b"", began_us, str(error.failure))
            raise
        except FaultError as error:
            self._keep(command, b"", began_us, str(error.fault))
            raise
        self._keep(command, response, began_us, "" if len(response) >= _STATUS_SIZE else "no_status_word")
        return response

    def _keep(self, command: bytes, response: bytes, began_us: int, error: str) -> None:
        assert self._began_us is not None  # noqa: S101 - set by the only caller
        self.exchanges.append(
            Exchange(
                command=command[:_HEADER_SIZE].hex().upper(),
                sent=len(command),
                received=len(response),
                at_us=began_us - self._began_us,
                took_us=self.clock_us() - began_us,
                status="" if error else response[-_STATUS_SIZE:].hex().upper(),
                error=error,
            )
        )


def summed(exchanges: Sequence[Exchange]) -> Figures:
    """Turn a trace into figures; of no command at all they are zero."""
    if not exchanges:
        return Figures(0, 0, 0.0, 0.0)
    took_s = sum(one.took_us for one in exchanges) / 1e6
    carried = sum(one.sent + one.received for one in exchanges)
    return Figures(
        commands=len(exchanges),
        errors=sum(not one.is_well for one in exchanges),
        ms_per_command=round(statistics.median(one.took_us for one in exchanges) / 1000, 3),
        bytes_per_s=round(carried / took_s, 1) if took_s else 0.0,
    )
