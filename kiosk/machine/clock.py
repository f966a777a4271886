# SPDX-License-Identifier: Apache-2.0
"""Examines the clock: whether it can be right, whether it is kept right, and how far the controller's is from it.

It sets nothing: the door's `Date` has whole seconds and comes from the network, so it only raises a doubt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk import device
from kiosk.findings import OK, Code, Figure, Finding, Level, Part
from wire.events import ClockSync

if TYPE_CHECKING:
    from datetime import datetime

DIFFERS_S = 60.0  # far more than the second of a `Date` and the way of its answer


def examine(
    now: datetime, sync: tuple[ClockSync, int | None], door_ahead_s: float | None, since_boot_s: float
) -> Finding:
    """Judge the clock. `sync` is what the kernel says; `door_ahead_s` None where no door answered."""
    state, error_ms = sync
    figures = {"wall": Figure(now.isoformat(" ", "seconds")), "since_boot": Figure(int(since_boot_s), "s")}
    if error_ms is not None:
        figures["error_bound"] = Figure(error_ms, "ms")
    if door_ahead_s is not None:
        figures["door_ahead"] = Figure(round(door_ahead_s), "s")
    code, level = _judged(now, state, door_ahead_s)
    return Finding(part=Part.CLOCK, code=code, level=level, figures=figures)


def _judged(now: datetime, state: ClockSync, door_ahead_s: float | None) -> tuple[str, Level]:
    if not device.clock_is_possible(now):
        return Code.CLOCK_WRONG, Level.FAULT
    if door_ahead_s is not None and abs(door_ahead_s) > DIFFERS_S:
        return Code.CLOCK_DIFFERS, Level.CARE
    if state is ClockSync.UNSYNCED:
        return Code.CLOCK_UNSYNCED, Level.CARE
    return (OK, Level.WELL) if state is ClockSync.SYNCED else (Code.CLOCK_NOT_TOLD, Level.UNKNOWN)
