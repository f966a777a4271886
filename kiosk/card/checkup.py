# SPDX-License-Identifier: Apache-2.0
"""Examines reader and card for a technician: what is there, how fast it may be, how fast it was, what went wrong.

It reads the card as an enrolment does and keeps nothing of it: no report holds a byte that the card said of its holder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from kiosk.card.atr import ASSUMED_CLOCK_HZ, Atr
from kiosk.card.national_id import CardCopy, Unobserved, read_card
from kiosk.card.parsing import parse
from kiosk.card.pcsc import decoded, open_card, slots
from kiosk.card.reporting import OK
from kiosk.card.trace import Exchange, Figures, Traced, summed
from kiosk.card.watcher import CardState
from kiosk.enrollment.failures import CardReadError, FaultError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.card.pcsc import PcscCard

CARD_ABSENT = "card_absent"  # beside `Failure` and `Fault`, whose codes a report uses as they are


class ReaderSeen(msgspec.Struct, frozen=True):
    """One reader that the service knows."""

    name: str
    card: CardState


class AtrSeen(msgspec.Struct, frozen=True):
    """An answer to reset, and the speed that it allows at this clock."""

    hex: str
    ta1: str | None
    f: int
    d: int
    protocols: tuple[str, ...]
    historical: str
    calls_itself_thai: bool
    clock_hz: int
    clock_is_assumed: bool
    bits_per_s: int
    bytes_per_s: int


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """The report. `technician` is the cause where there is more to say than the code; `troubles` went wrong."""

    code: str
    technician: str = ""
    readers: tuple[ReaderSeen, ...] = ()
    reader: str = ""
    atr: AtrSeen | None = None
    measured: Figures | None = None
    troubles: list[Exchange] = []
    warnings: list[str] = []


def check(wanted: str, recorded: Callable[[Exchange], None] = lambda _exchange: None) -> Checkup:
    """Look at the readers whose name contains `wanted`, and read the card that is in one of them.

    Every exchange is handed to `recorded`, also when the read fails.
    """
    try:
        seen = tuple(ReaderSeen(slot.reader, slot.card) for slot in slots(wanted))
    except FaultError as fault:
        return Checkup(code=str(fault.fault), technician=str(fault))
    if all(reader.card is CardState.ABSENT for reader in seen):
        return Checkup(code=CARD_ABSENT, readers=seen)
    exchanges: list[Exchange] = []
    code, technician, reader, atr, warnings = OK, "", "", None, []
    try:
        with open_card(wanted) as card:
            reader, atr = card.reader, _atr_of(card)
            warnings = _read(Traced(card, exchanges))
    except CardReadError as error:
        code, technician = str(error.failure), str(error)
    except FaultError as error:
        code, technician = str(error.fault), str(error)
    for exchange in exchanges:
        recorded(exchange)
    return Checkup(
        code=code,
        technician=technician,
        readers=seen,
        reader=reader,
        atr=atr,
        measured=summed(exchanges),
        troubles=[exchange for exchange in exchanges if not exchange.is_well],
        warnings=warnings,
    )


def _read(transport: Traced) -> list[str]:
    copy = CardCopy()
    try:
        read_card(transport, copy, Unobserved())
        return sorted(str(warning) for warning in parse(copy.blocks()).warnings)
    finally:
        copy.wipe()


def _atr_of(card: PcscCard) -> AtrSeen | None:
    atr, clock_hz = decoded(card.atr()), card.clock_hz()
    return None if atr is None else _seen(atr, clock_hz or ASSUMED_CLOCK_HZ, is_assumed=clock_hz is None)


def _seen(atr: Atr, clock_hz: int, *, is_assumed: bool) -> AtrSeen:
    return AtrSeen(
        hex=atr.raw.hex().upper(),
        ta1=None if atr.ta1 is None else f"{atr.ta1:02X}",
        f=atr.f,
        d=atr.d,
        protocols=tuple(f"T={protocol}" for protocol in atr.protocols),
        historical="".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in atr.historical),  # noqa: PLR2004 - ASCII
        calls_itself_thai=atr.calls_itself_thai,
        clock_hz=clock_hz,
        clock_is_assumed=is_assumed,
        bits_per_s=round(atr.bits_per_s(clock_hz)),
        bytes_per_s=round(atr.bytes_per_s(clock_hz)),
    )
