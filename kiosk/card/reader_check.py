# SPDX-License-Identifier: Apache-2.0
"""Examines the card reader for `dipchip-kiosk doctor`: no card is needed, and nobody's is read."""

from __future__ import annotations

from kiosk.card.checkup import CARD_ABSENT, Checkup, ReaderSeen, check
from kiosk.card.pcsc import slots
from kiosk.enrollment.failures import Fault, FaultError
from kiosk.findings import OK, Figure, Finding, Level, Part


def examine(wanted: str, *, serves: bool) -> Finding:
    """Look at the readers whose name contains `wanted`, and read a card that is in one while nobody is served."""
    checkup = _seen(wanted) if serves else check(wanted)
    code = OK if checkup.code == CARD_ABSENT else checkup.code
    figures = {"readers": Figure(len(checkup.readers))}
    if checkup.readers:
        figures["names"] = Figure(", ".join(reader.name for reader in checkup.readers))
        figures["card"] = Figure(", ".join(sorted({str(reader.card) for reader in checkup.readers})))
    if checkup.measured is not None:
        figures["per_command"] = Figure(round(checkup.measured.ms_per_command, 2), "ms")
        figures["errors"] = Figure(checkup.measured.errors)
    return Finding(part=Part.READER, code=code, level=_level(code), figures=figures, technician=checkup.technician)


def _level(code: str) -> Level:
    if code == OK:
        return Level.WELL
    return Level.FAULT if code in set(Fault) else Level.CARE  # of a card, which may be a poor one


def _seen(wanted: str) -> Checkup:
    try:
        return Checkup(code=OK, readers=tuple(ReaderSeen(slot.reader, slot.card) for slot in slots(wanted)))
    except FaultError as fault:
        return Checkup(code=str(fault.fault), technician=str(fault))
